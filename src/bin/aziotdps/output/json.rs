//! JSON, as `az` lays it out and colours it.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

const NAME: &[u8] = b"\x1b[94m";
const TEXT: &[u8] = b"\x1b[33m";
const NUMBER: &[u8] = b"\x1b[34m";
const WORD: &[u8] = b"\x1b[94m";
const END: &[u8] = b"\x1b[0m";

/// The text of `value`, without a line break at its end.
pub fn text(value: &Value, colored: bool) -> io::Result<String> {
    let mut text = Vec::new();
    if colored {
        let formatter = Colored { inner: PrettyFormatter::new(), in_name: false };
        value.serialize(&mut Serializer::with_formatter(&mut text, formatter))?;
    } else {
        value.serialize(&mut Serializer::with_formatter(&mut text, PrettyFormatter::new()))?;
    }
    String::from_utf8(text).map_err(io::Error::other)
}

struct Colored {
    inner: PrettyFormatter<'static>,
    in_name: bool,
}

fn within<W: ?Sized + Write>(color: &[u8], writer: &mut W, text: &[u8]) -> io::Result<()> {
    writer.write_all(color)?;
    writer.write_all(text)?;
    writer.write_all(END)
}

impl Formatter for Colored {
    fn write_null<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        within(WORD, writer, b"null")
    }

    fn write_bool<W: ?Sized + Write>(&mut self, writer: &mut W, value: bool) -> io::Result<()> {
        within(WORD, writer, if value { b"true" } else { b"false" })
    }

    // Every number: the crate keeps them as text.
    fn write_number_str<W: ?Sized + Write>(&mut self, writer: &mut W, value: &str) -> io::Result<()> {
        within(NUMBER, writer, value.as_bytes())
    }

    fn begin_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.in_name { NAME } else { TEXT })?;
        self.inner.begin_string(writer)
    }

    fn end_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_string(writer)?;
        writer.write_all(END)
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.inner.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.inner.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_name = true;
        self.inner.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_name = false;
        self.inner.end_object_key(writer)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_all_that_is_added() {
        let value = serde_json::from_str(r#"{"a":"x\ny","b":[1.50,true,null,{}],"c":{"d":[]}}"#).unwrap();
        let plain = text(&value, false).unwrap();
        let colored = text(&value, true).unwrap();
        assert!(colored.contains("\x1b[94m\"a\"\x1b[0m: \x1b[33m\"x\\ny\"\x1b[0m"), "{colored}");
        assert!(colored.contains("\x1b[34m1.50\x1b[0m"), "{colored}");
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    }
}
