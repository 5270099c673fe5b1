//! Values with tabs between them, as `az` writes them: a line for a record, a column for each of its members. An object
//! is an empty column, a list the count of what is in it, and the words are Python's.

use serde_json::Value;

/// A line for each element of a list, or one for anything else.
pub fn text(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(row).collect(),
        other => row(other),
    }
}

/// One line.
pub fn row(value: &Value) -> String {
    let cells: Vec<String> = match value {
        Value::Object(members) => members.values().map(cell).collect(),
        Value::Array(values) => values.iter().map(cell).collect(),
        Value::Bool(truth) => vec![truth.to_string()],
        // On its own it may have any character.
        Value::String(text) => vec![text.clone()],
        other => vec![cell(other)],
    };
    cells.join("\t") + "\n"
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        // A row stays a row.
        Value::String(text) => text.replace(char::is_control, " "),
        Value::Array(values) => values.len().to_string(),
        Value::Object(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_those_of_az() {
        let record = json!({"a": "x", "b": null, "c": {"d": 1}, "e": [1, 2], "f": true, "g": "1\t2"});
        assert_eq!(row(&record), "x\tNone\t\t2\tTrue\t1 2\n");
        for (value, text) in [
            (json!(["a", "b"]), "a\nb\n"),
            (json!([["a", 1], [null, false]]), "a\t1\nNone\tFalse\n"),
            (json!([true, null]), "true\nNone\n"),
            (json!("two\nlines"), "two\nlines\n"),
            (json!(false), "false\n"),
            (json!([]), ""),
        ] {
            assert_eq!(super::text(&value), text);
        }
    }
}
