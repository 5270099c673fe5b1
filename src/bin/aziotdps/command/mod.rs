//! The commands: nouns, their verbs, and what each one may be given.
//!
//! | file | what it holds |
//! |---|---|
//! | `enrollment`, `enrollment_group`, `registration`, `device`, `device_key`, `dps` | the nouns |
//! | `verb` | what verbs of several nouns have in common |
//! | `content` | what enrollments are made of, for the nouns to put together |
//! | `literal` | a twin as it is typed |

pub mod content;
pub mod device;
pub mod device_key;
pub mod dps;
pub mod enrollment;
pub mod enrollment_group;
mod literal;
pub mod registration;
pub mod verb;
