//! Credentials: shared access signatures, Microsoft Entra tokens, client certificates.

mod client_certificate;
mod entra;
mod sas;
mod sign_in;

pub use client_certificate::client_certificate;
pub use entra::{Account, Authority, ClientSecret, SuppliedTokens};
pub use sas::{ConnectionString, SharedAccessKey, is_host_name, other_host, sign};
pub use sign_in::{Audience, SignIn};
