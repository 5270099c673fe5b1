//! What one running operation works with.

use super::Connection;
use crate::error::Result;
use crate::events::Events;
use crate::http::{Authorize, Request, Response};
use std::sync::Arc;

/// What one running operation works with.
#[derive(Debug)]
pub struct Context {
    /// What the session was connected with when the operation started.
    pub connection: Arc<Connection>,
    /// What the operation tells its host.
    pub events: Events,
}

impl Context {
    /// Sends `request` with `credentials` over the connection's transport.
    ///
    /// # Errors
    /// Those of [`crate::http::Transport::send_authorized`].
    pub async fn send(&self, request: Request, credentials: &impl Authorize) -> Result<Response> {
        self.connection.transport.send_authorized(request, credentials, &self.events).await
    }
}
