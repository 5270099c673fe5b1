//! Requests that need an `Authorization` header.

use super::{Request, Response, Transport};
use crate::error::Result;
use crate::events::Events;
use secrecy::SecretString;

/// A source of `Authorization` headers.
pub trait Authorize {
    /// The header's value, good for a request that is sent now.
    ///
    /// # Errors
    /// Those of signing in.
    fn authorization(&self) -> impl Future<Output = Result<SecretString>> + Send;

    /// Drops cached credentials that the server did not accept. Returns whether there may be others.
    fn forget(&self) -> bool;
}

/// No `Authorization` header.
pub enum Anonymous {}

impl Authorize for Anonymous {
    async fn authorization(&self) -> Result<SecretString> {
        match *self {}
    }

    fn forget(&self) -> bool {
        match *self {}
    }
}

impl Transport {
    /// Sends `request` with the header that `credentials` supply; after a 401, once more with new ones.
    ///
    /// # Errors
    /// Those of signing in, and those of [`Transport::send`].
    pub async fn send_authorized(
        &self,
        request: Request,
        credentials: &impl Authorize,
        events: &Events,
    ) -> Result<Response> {
        let first = self.attempts(&request, Some(credentials), events).await?;
        if first.status != 401 || !credentials.forget() {
            return Ok(first);
        }
        events.verbose("401: signing in again".to_owned());
        let again = self.attempts(&request, Some(credentials), events).await;
        first.followed_by(again, request.is_write)
    }
}
