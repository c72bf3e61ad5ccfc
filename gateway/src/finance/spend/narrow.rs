//! What a query is narrowed to, as a cut of the roll-ups.

use shared::{
    id::{Id, Kind},
    view::spend::{Dimension, SpendQuery},
};
use uuid::Uuid;

use crate::storage::tables::spend::Cut;

/// A value that no dimension has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no id of a {}: {expected}", dimension.as_str())]
pub(super) struct NarrowError {
    dimension: Dimension,
    value: String,
    expected: String,
}

impl NarrowError {
    pub(super) const fn dimension(&self) -> Dimension {
        self.dimension
    }
}

/// The cut that a query is narrowed to, of all time.
pub(super) fn narrowed(query: &SpendQuery) -> Result<Cut, NarrowError> {
    let mut cut = Cut::default();
    for (dimension, value) in &query.only {
        match dimension {
            Dimension::Model => cut.model = Some(value.clone()),
            Dimension::Provider => cut.provider = Some(value.clone()),
            Dimension::Team => cut.team = Some(id::<shared::id::Team>(*dimension, value)?),
            Dimension::User => cut.user = Some(id::<shared::id::User>(*dimension, value)?),
            Dimension::Key => cut.key = Some(id::<shared::id::ApiKey>(*dimension, value)?),
        }
    }
    Ok(cut)
}

/// The nil UUID, which stands for none, where the value is empty.
fn id<K: Kind>(dimension: Dimension, value: &str) -> Result<Uuid, NarrowError> {
    if value.is_empty() {
        return Ok(Uuid::nil());
    }
    let id = value.parse::<Id<K>>().map_err(|error| NarrowError {
        dimension,
        value: value.to_owned(),
        expected: error.to_string(),
    })?;
    Ok(id.uuid())
}

/// What narrows a query to the rows of an id.
pub(super) fn value<K: Kind>(id: Uuid) -> String {
    if id.is_nil() { String::new() } else { Id::<K>::from_uuid(id).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(dimension: Dimension, value: &str) -> SpendQuery {
        SpendQuery { only: [(dimension, value.to_owned())].into(), ..SpendQuery::default() }
    }

    #[test]
    fn an_id_narrows_to_its_rows_and_none_to_those_without_one() {
        let id = Uuid::from_u128(7);
        let value = value::<shared::id::User>(id);
        assert_eq!(narrowed(&only(Dimension::User, &value)).unwrap().user, Some(id));
        assert_eq!(narrowed(&only(Dimension::Key, "")).unwrap().key, Some(Uuid::nil()));
        assert_eq!(narrowed(&only(Dimension::Provider, "")).unwrap().provider, Some(String::new()));
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_its_name() {
        let error = narrowed(&only(Dimension::Team, "user_7")).unwrap_err().to_string();
        assert!(error.contains("`user_7` is no id of a team"), "{error}");
    }
}
