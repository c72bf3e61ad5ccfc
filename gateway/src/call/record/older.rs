//! Records as gateways before the first release wrote them: JSON, with the verdicts as a list.

use serde::de::{DeserializeOwned, Error};
use serde_json::Value;

/// Whether a record is of this form; the records of today begin with another byte.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'{')
}

/// Reads such a record.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut record: Value = serde_json::from_slice(bytes)?;
    let call = match record.pointer("/intent/so_far") {
        Some(_) => record.pointer_mut("/intent/so_far"),
        None => record.pointer_mut("/finish"),
    };
    let verdicts = call
        .and_then(|call| call.get_mut("verdicts"))
        .ok_or_else(|| serde_json::Error::missing_field("verdicts"))?;
    *verdicts = Value::from(verdicts.to_string());
    serde_json::from_value(record)
}
