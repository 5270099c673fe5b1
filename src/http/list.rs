//! Lists in responses. Their items stay text until they are needed: as values they take many times their size.

use super::Response;
use crate::error::{Code, Error, Result};
use crate::model::{Record, has_reserved_text};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The largest number of items in one page; the service sends at most 1,000.
const ITEMS: usize = 10_000;

/// The largest item, in bytes: a twin has at most 40 KiB, and the rest of a record less.
const ITEM_BYTES: usize = 1 << 20;

/// The number of pages without items that are read in a row.
const EMPTY_PAGES: u32 = 1_000;

/// The items of a JSON array.
struct Items(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Bounded;

        impl<'de> Visitor<'de> for Bounded {
            type Value = Items;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> std::result::Result<Items, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = array.next_element::<Box<RawValue>>()? {
                    if items.len() == ITEMS || item.get().len() > ITEM_BYTES {
                        return Err(A::Error::custom("beyond the limits"));
                    }
                    items.push(item);
                }
                Ok(Items(items))
            }
        }

        deserializer.deserialize_seq(Bounded)
    }
}

impl Response {
    /// The records of the body, a JSON array, each still to be parsed by [`parse_record`].
    ///
    /// # Errors
    /// [`Code::UnexpectedResponse`] if it is something else, or larger than a page can be.
    pub fn records(&self) -> Result<Vec<Box<RawValue>>> {
        self.json::<Items>("a list of records").map(|items| items.0)
    }
}

/// Parses a record of a list.
///
/// # Errors
/// [`Code::UnexpectedResponse`] if it is no record.
pub fn parse_record(text: &RawValue) -> Result<Record> {
    let record = if has_reserved_text(text.get()) { None } else { serde_json::from_str(text.get()).ok() };
    record.ok_or_else(|| Error::new(Code::UnexpectedResponse, "The service's list has an item that is not a record."))
}

/// Follows the pages of a list, and notices if they do not end.
#[derive(Debug, Default)]
pub struct Pages {
    seen: HashSet<u64>,
    empty: u32,
}

impl Pages {
    /// Notes that a page refers to the next one by `token`.
    ///
    /// # Errors
    /// [`Code::UnexpectedResponse`] if the token has been used before, or too many pages in a row were empty.
    pub fn follow(&mut self, token: &str, page_is_empty: bool) -> Result<()> {
        self.empty = if page_is_empty { self.empty + 1 } else { 0 };
        let mut hasher = DefaultHasher::new();
        token.hash(&mut hasher);
        let message = if !self.seen.insert(hasher.finish()) {
            "The service's list does not end: a page refers to an earlier one as the next."
        } else if self.empty > EMPTY_PAGES {
            "The service's list does not end: it goes on with empty pages."
        } else {
            return Ok(());
        };
        Err(Error::new(Code::UnexpectedResponse, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded_by_what_a_page_can_be() {
        let parse = |text: &str| serde_json::from_str::<Items>(text).map(|items| items.0.len());
        assert_eq!(parse(r#"[{"a":1},{}]"#).unwrap(), 2);
        assert!(parse(&format!("[{}1]", "1,".repeat(ITEMS))).is_err());
        assert!(parse(&format!("[\"{}\"]", "1".repeat(ITEM_BYTES))).is_err());
        assert!(parse("{}").is_err());
    }

    #[test]
    fn a_list_that_does_not_end_is_noticed() {
        let mut pages = Pages::default();
        pages.follow("a", false).unwrap();
        pages.follow("b", false).unwrap();
        assert!(pages.follow("a", false).unwrap_err().message().contains("an earlier one"));
        let mut pages = Pages::default();
        let ends = (0..=EMPTY_PAGES).find_map(|page| pages.follow(&page.to_string(), true).err());
        assert!(ends.unwrap().message().contains("empty pages"));
    }
}
