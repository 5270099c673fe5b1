//! `--query`: JMESPath, with numbers as they came.

use jpx_core::Expression;
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
        jpx_core::compile(text).map(Self).map_err(|error| error.to_string())
    }

    /// What it finds in `value`.
    ///
    /// # Errors
    /// Why it does not go with that value.
    pub fn search(&self, value: &Value) -> Result<Value, String> {
        self.0.search(value).map_err(|error| format!("The query cannot be answered. {error}"))
    }
}
