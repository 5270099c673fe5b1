//! Pages of a query: their size, and the continuation token.

use crate::emulator::base64;
use crate::emulator::errors::{Result, bad_request};
use crate::emulator::record::store::{Collection, Position};
use crate::emulator::request::Request;
use crate::emulator::response::Response;
use crate::emulator::service::Service;
use serde::{Deserialize, Serialize};

/// The content of a continuation token, which is valid for the listing that gave it only.
#[derive(Serialize, Deserialize)]
struct Token {
    collection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    after: Position,
}

/// One listing: a collection, or the registrations of one group.
pub(super) struct Listing<'a> {
    pub(super) collection: Collection,
    pub(super) owner: Option<&'a str>,
    /// The `x-ms-item-type` of the response.
    pub(super) item_type: &'static str,
}

impl Listing<'_> {
    /// The page that `request` asks for, each record shown by `show`.
    pub(super) fn page(
        &self,
        service: &Service,
        request: &Request,
        show: impl Fn(&str) -> Result<String>,
    ) -> Result<Response> {
        let (after, limit) = (self.after(request)?, limit(request, service.page_size)?);
        let page = service.store.page(self.collection, self.owner, &after, limit)?;
        let records = page.texts.iter().map(|text| show(text)).collect::<Result<Vec<_>>>()?;
        Ok(self.response(&records, page.more))
    }

    /// No records, and a continuation token for the page that `request` asks for.
    pub(super) fn empty_page(&self, request: &Request) -> Result<Response> {
        Ok(self.response(&[], Some(self.after(request)?)))
    }

    fn response(&self, records: &[String], more: Option<Position>) -> Response {
        let response = Response::json_text(200, format!("[{}]", records.join(",")))
            .header("X-Content-Type-Options", "nosniff")
            .header("x-ms-item-type", self.item_type);
        let Some(after) = more else { return response };
        let token = Token {
            collection: self.collection.name().to_owned(),
            owner: self.owner.map(str::to_ascii_lowercase),
            after,
        };
        match serde_json::to_vec(&token) {
            Ok(token) => response.header("x-ms-continuation", base64::encode(token)),
            Err(_) => response,
        }
    }

    fn after(&self, request: &Request) -> Result<Position> {
        let Some(text) = request.header("x-ms-continuation").filter(|text| !text.is_empty()) else {
            return Ok(Position::START);
        };
        base64::decode(text)
            .and_then(|bytes| serde_json::from_slice::<Token>(&bytes).ok())
            .filter(|token| token.collection == self.collection.name())
            .filter(|token| token.owner == self.owner.map(str::to_ascii_lowercase))
            .map(|token| token.after)
            .ok_or_else(|| bad_request("x-ms-continuation is not a token of this query."))
    }
}

/// The most records a page may have: as many as asked for, at most `largest`. Zero asks for the default.
fn limit(request: &Request, largest: usize) -> Result<usize> {
    let Some(text) = request.header("x-ms-max-item-count") else { return Ok(largest) };
    match text.trim().parse::<usize>() {
        Ok(0) => Ok(largest),
        Ok(count) => Ok(count.min(largest)),
        Err(_) => Err(bad_request("x-ms-max-item-count must be an integer.")),
    }
}
