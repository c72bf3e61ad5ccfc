//! A field of many, which this API takes as a list or as its only item.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error},
};
use serde_json::value::RawValue;

/// The items; `null` is none.
#[derive(Debug)]
pub(super) struct Repeated<T>(pub(super) Vec<T>);

impl<T> Default for Repeated<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Repeated<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let items = match raw.get() {
            "null" => Ok(Vec::new()),
            list if list.starts_with('[') => serde_json::from_str(list),
            item => serde_json::from_str(item).map(|item| vec![item]),
        };
        items.map(Self).map_err(D::Error::custom)
    }
}
