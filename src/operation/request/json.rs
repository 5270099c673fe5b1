//! JSON that may come as text.

use super::structure::check_text;
use crate::error::{Error, Result};
use crate::model::{Members, has_reserved_text};
use serde_json::Value;

/// Makes sure that `value` is a JSON object. A text is parsed.
///
/// # Errors
/// [`crate::error::Code::InvalidArgument`] for anything else; never shows the text.
pub fn json_object(value: &mut Option<Value>, parameter: &str) -> Result<()> {
    match value {
        None | Some(Value::Object(_)) => Ok(()),
        Some(Value::String(text)) if has_reserved_text(text) => {
            Err(Error::argument(parameter, format!("The text of ⟨{parameter}⟩ has a member name that is reserved.")))
        }
        Some(Value::String(text)) => {
            match check_text(text, parameter).map(|()| serde_json::from_str::<Members>(text))? {
                Ok(members) => {
                    *value = Some(Value::Object(members));
                    Ok(())
                }
                Err(error) => {
                    let position = format!("line {}, column {}", error.line(), error.column());
                    Err(Error::argument(
                        parameter,
                        format!(
                            "The text of ⟨{parameter}⟩ is not a JSON object ({position}): its names and texts stand in double quotes, as in {{\"a\":\"b\"}}."
                        ),
                    ))
                }
            }
        }
        Some(_) => {
            Err(Error::argument(parameter, format!("⟨{parameter}⟩ is a JSON object, or a text that contains one.")))
        }
    }
}
