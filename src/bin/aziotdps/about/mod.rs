//! What people and shells are told about the program itself.

mod completion;
mod help;
mod man;

pub use completion::{Completion, tree};
pub use help::{Help, grouped};
pub use man::Man;
