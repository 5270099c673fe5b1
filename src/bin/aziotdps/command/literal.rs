//! A JSON object as people type it on a command line: JSON; else Python's notation, `{'site': True}`, as `az` takes it;
//! else the short one, `{site:north,floor:3}`, for shells that eat quotes.

use aziotdps::model::Members;
use serde_json::{Number, Value};
use std::iter::Peekable;
use std::str::CharIndices;

const FORMS: &str = r#"accepted are a JSON object, such as {"site":"north"}, and @ with the path of a file of one"#;

/// So deep may lists and objects be in each other: what a JSON reader takes.
const DEPTH: usize = 128;

/// Reads an object.
///
/// # Errors
/// Where the text stops being one, and what is accepted. Shows nothing of it.
pub fn object(text: &str) -> Result<Members, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => return Ok(members),
        Ok(_) => return Err(format!("it is JSON but not an object; {FORMS}")),
        Err(_) => {}
    }
    let mut reader = Reader { text, rest: text.char_indices().peekable(), depth: 0 };
    match reader.value(true).and_then(|value| reader.end().map(|()| value)) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(format!("it is not an object; {FORMS}")),
        Err(at) => {
            let before = &text[..at];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            Err(format!("it is not a JSON object (line {line}, column {column}); {FORMS}"))
        }
    }
}

/// A value, or where it is none.
type Read<T> = Result<T, usize>;

struct Reader<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    depth: usize,
}

impl Reader<'_> {
    /// `bare`: whether a word without quotes may be a text.
    fn value(&mut self, bare: bool) -> Read<Value> {
        match self.next_mark() {
            Some('{') => self.nested(Self::members),
            Some('[') => self.nested(|reader| reader.elements(bare)),
            Some('\'' | '"') => self.quoted().map(Value::String),
            _ => self.word(bare),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Read<Value>) -> Read<Value> {
        if self.depth == DEPTH {
            return Err(self.at());
        }
        self.depth += 1;
        self.rest.next();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn members(&mut self) -> Read<Value> {
        let mut members = Members::new();
        while !self.take('}') {
            // A name without quotes is the short notation, which has none in its values either.
            let bare = !matches!(self.next_mark(), Some('\'' | '"'));
            let name = if bare { self.bare_word()?.to_owned() } else { self.quoted()? };
            self.expect(':')?;
            let value = self.value(bare)?;
            members.insert(name, value);
            if !self.take(',') {
                self.expect('}')?;
                break;
            }
        }
        Ok(Value::Object(members))
    }

    fn elements(&mut self, bare: bool) -> Read<Value> {
        let mut elements = Vec::new();
        while !self.take(']') {
            elements.push(self.value(bare)?);
            if !self.take(',') {
                self.expect(']')?;
                break;
            }
        }
        Ok(Value::Array(elements))
    }

    fn word(&mut self, bare: bool) -> Read<Value> {
        let at = self.at();
        let word = self.bare_word()?;
        Ok(match word {
            "True" | "true" => Value::Bool(true),
            "False" | "false" => Value::Bool(false),
            "None" | "null" => Value::Null,
            word => match word.parse::<Number>() {
                Ok(number) => Value::Number(number),
                Err(_) if bare => Value::String(word.to_owned()),
                Err(_) => return Err(at),
            },
        })
    }

    fn bare_word(&mut self) -> Read<&str> {
        self.next_mark();
        let start = self.at();
        while self.rest.next_if(|(_, c)| !c.is_whitespace() && !r#"{}[]:,'""#.contains(*c)).is_some() {}
        let word = &self.text[start..self.at()];
        if word.is_empty() { Err(start) } else { Ok(word) }
    }

    fn quoted(&mut self) -> Read<String> {
        let start = self.at();
        let mut text = String::new();
        let quote = self.rest.next().map(|(_, quote)| quote);
        while let Some((at, character)) = self.rest.next() {
            match character {
                '\\' => self.escape(&mut text).ok_or(at)?,
                character if Some(character) == quote => return Ok(text),
                character => text.push(character),
            }
        }
        Err(start)
    }

    /// Python's escapes; what is none stays as it is.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let (_, character) = self.rest.next()?;
        let coded = |digits: usize, reader: &mut Self| {
            let digits: String = reader.rest.by_ref().take(digits).map(|(_, digit)| digit).collect();
            u32::from_str_radix(&digits, 16).ok()
        };
        let escaped = match character {
            '\n' => return Some(()),
            '\\' | '\'' | '"' | '/' => character,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'x' => char::from_u32(coded(2, self)?)?,
            'u' => char::from_u32(coded(4, self)?)?,
            'U' => char::from_u32(coded(8, self)?)?,
            other => {
                text.push('\\');
                other
            }
        };
        text.push(escaped);
        Some(())
    }

    /// The next character that is no white space, which stays.
    fn next_mark(&mut self) -> Option<char> {
        while self.rest.next_if(|(_, character)| character.is_whitespace()).is_some() {}
        self.rest.peek().map(|(_, character)| *character)
    }

    fn take(&mut self, mark: char) -> bool {
        self.next_mark() == Some(mark) && self.rest.next().is_some()
    }

    fn expect(&mut self, mark: char) -> Read<()> {
        if self.take(mark) { Ok(()) } else { Err(self.at()) }
    }

    fn end(&mut self) -> Read<()> {
        if self.next_mark().is_none() { Ok(()) } else { Err(self.at()) }
    }

    fn at(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        object(text).map_or_else(|why| why, |members| Value::Object(members).to_string())
    }

    #[test]
    fn every_notation_gives_the_same() {
        for (text, json) in [
            (r#"{"a":1.50,"b":[null]}"#, r#"{"a":1.50,"b":[null]}"#),
            ("{'version':'1'}", r#"{"version":"1"}"#),
            ("{'a': {'b': [True, False, None, -1.50, 'x',],},}", r#"{"a":{"b":[true,false,null,-1.50,"x"]}}"#),
            (r#"{'it\'s': "\u00e4\x41\\n\d"}"#, r#"{"it's":"äA\\n\\d"}"#),
            ("{}", "{}"),
            (
                " { site : north , floor:3, at:{lat:1.5}, on:true, l:[a,b] } ",
                r#"{"site":"north","floor":3,"at":{"lat":1.5},"on":true,"l":["a","b"]}"#,
            ),
            ("{n:123456789012345678901234567890}", r#"{"n":123456789012345678901234567890}"#),
        ] {
            assert_eq!(read(text), json, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_told_by_its_place_and_not_shown() {
        for (text, place) in [
            ("{", "line 1, column 2"),
            (r#"{"a":tru}"#, "line 1, column 6"),
            ("{'a':secret}", "line 1, column 6"),
            ("{'a':'secret}", "line 1, column 6"),
            ("{'a':1\n 'b':2}", "line 2, column 2"),
            ("{'a':1} secret", "line 1, column 9"),
            ("{a=secret}", "line 1, column 10"),
            (r"{'a':'\xsecret'}", "line 1, column 7"),
            ("", "line 1, column 1"),
        ] {
            let refused = object(text).unwrap_err();
            assert!(refused.contains(place) && !refused.contains("secret"), "{text}: {refused}");
        }
        for (text, why) in [("[1]", "not an object"), ("secret", "not an object"), ("['secret']", "not an object")] {
            let refused = object(text).unwrap_err();
            assert!(refused.contains(why) && !refused.contains("secret"), "{refused}");
        }
        let deep = "{a:".repeat(100_000);
        assert!(object(&deep).is_err());
    }
}
