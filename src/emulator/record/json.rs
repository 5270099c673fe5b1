//! Helpers for the JSON members of records.

use crate::model::{Members, Record};
use serde_json::Value;

/// The members in `order`, then the others in theirs.
pub(super) fn ordered(mut members: Members, order: &[&str]) -> Record {
    let mut record = Members::with_capacity(members.len());
    for name in order {
        if let Some((name, value)) = members.shift_remove_entry(*name) {
            record.insert(name, value);
        }
    }
    record.append(&mut members);
    Record(record)
}

/// Removes every null of a structure that the service itself defines.
pub(super) fn drop_nulls(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(drop_nulls);
    }
}

/// Checks the form of a twin, and removes the nulls among its own members. What is inside the collections is the user's
/// and stays. `None` where it is not a twin.
pub(crate) fn normalize_twin(value: &mut Value) -> Option<()> {
    let twin = value.as_object_mut()?;
    twin.retain(|_, part| !part.is_null());
    if let Some(properties) = twin.get_mut("properties") {
        properties.as_object_mut()?.retain(|_, part| !part.is_null());
    }
    let collections = [twin.get("tags"), twin.get("properties").and_then(|properties| properties.get("desired"))];
    collections.into_iter().flatten().all(Value::is_object).then_some(())
}
