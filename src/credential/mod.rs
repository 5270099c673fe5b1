//! How this library proves who it is: shared access signatures and Entra tokens.

mod entra;
mod sas;

pub use entra::{Account, Authority, ClientSecret, SuppliedTokens, TokenCache};
pub(crate) use sas::is_host_name;
pub use sas::{ConnectionString, SharedAccessKey, sign};
