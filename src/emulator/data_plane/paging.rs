//! Pages of a query: how many, from where, and the token that leads on.

use crate::emulator::base64;
use crate::emulator::errors::{Result, bad_request};
use crate::emulator::record::store::{Collection, Place, Store};
use crate::emulator::request::{Answer, Request};
use crate::model::Record;
use serde::{Deserialize, Serialize};

/// What a continuation token holds: good for the listing that gave it and for no other.
#[derive(Serialize, Deserialize)]
struct Token {
    collection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    after: Place,
}

/// One listing: a collection, or the registrations of one group.
pub(crate) struct Listing<'a> {
    pub(crate) collection: Collection,
    pub(crate) owner: Option<&'a str>,
    /// The `x-ms-item-type` of the answer.
    pub(crate) item_type: &'static str,
}

impl Listing<'_> {
    /// The page that `request` asks for, each record shown by `show`.
    pub(crate) fn page(
        &self,
        store: &Store,
        request: &Request,
        largest: usize,
        show: impl Fn(&Record) -> Record,
    ) -> Result<Answer> {
        let page = store.page(self.collection, self.owner, &self.after(request)?, size(request, largest)?)?;
        let records: Vec<Record> = page.records.iter().map(show).collect();
        Ok(self.answer(&records, page.more))
    }

    /// No records, and a token that leads on from where `request` stands.
    pub(crate) fn empty_page(&self, request: &Request) -> Result<Answer> {
        Ok(self.answer(&[], Some(self.after(request)?)))
    }

    fn answer(&self, records: &[Record], more: Option<Place>) -> Answer {
        let answer = Answer::json(200, &records)
            .header("X-Content-Type-Options", "nosniff")
            .header("x-ms-item-type", self.item_type);
        let Some(after) = more else { return answer };
        let token = Token {
            collection: self.collection.name().to_owned(),
            owner: self.owner.map(str::to_ascii_lowercase),
            after,
        };
        match serde_json::to_vec(&token) {
            Ok(token) => answer.header("x-ms-continuation", base64::encode(token)),
            Err(_) => answer,
        }
    }

    fn after(&self, request: &Request) -> Result<Place> {
        let Some(text) = request.header("x-ms-continuation").filter(|text| !text.is_empty()) else {
            return Ok(Place::START);
        };
        base64::decode(text)
            .and_then(|bytes| serde_json::from_slice::<Token>(&bytes).ok())
            .filter(|token| token.collection == self.collection.name())
            .filter(|token| token.owner == self.owner.map(str::to_ascii_lowercase))
            .map(|token| token.after)
            .ok_or_else(|| bad_request("x-ms-continuation is not a token of this query."))
    }
}

/// How many records a page may have: what was asked for, at most `largest`. Zero asks for the service's own size.
fn size(request: &Request, largest: usize) -> Result<usize> {
    let Some(text) = request.header("x-ms-max-item-count") else { return Ok(largest) };
    match text.trim().parse::<usize>() {
        Ok(0) => Ok(largest),
        Ok(count) => Ok(count.min(largest)),
        Err(_) => Err(bad_request("x-ms-max-item-count must be an integer.")),
    }
}
