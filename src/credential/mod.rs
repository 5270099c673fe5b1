//! Credentials: shared access signatures and Microsoft Entra tokens.

mod entra;
mod sas;
mod sign_in;

pub use entra::{Account, Authority, ClientSecret, SuppliedTokens};
pub use sas::{ConnectionString, SharedAccessKey, is_host_name, other_host, sign};
pub use sign_in::{Audience, SignIn};
