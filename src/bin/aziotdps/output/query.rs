//! `--query`: JMESPath, with numbers as they came.

use jpx_core::{Expression, JmespathError};
use serde_json::Value;

/// A query that was understood.
#[derive(Clone, Debug)]
pub struct Query(Expression<'static>);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        jpx_core::compile(text).map(Self).map_err(|error| place(&error))
    }

    /// What it finds in `value`.
    ///
    /// # Errors
    /// Why it does not go with that value.
    pub fn search(&self, value: &Value) -> Result<Value, String> {
        self.0.search(value).map_err(|error| format!("The query does not go with what was found: {}.", place(&error)))
    }
}

/// What is wrong, and where. The query itself is not shown again: it may be something else in the wrong place.
fn place(error: &JmespathError) -> String {
    format!("{} (line {}, column {})", error.reason, error.line(), error.column() + 1)
}
