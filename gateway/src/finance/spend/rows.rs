//! A period's spend by one dimension: the dearest with their names, and the others as one.

use std::collections::HashMap;

use shared::{
    Id, Money,
    id::{ApiKey, Team, User},
    view::spend::{Dimension, SpendBy, SpendRow, Spent},
};
use uuid::Uuid;

use super::narrow;
use crate::{
    identity::Directory,
    storage::{
        Snapshot, StorageError,
        tables::{
            api_keys,
            spend::{self, Cut, SumRow},
        },
    },
};

/// The most rows that a table of the page has.
const MOST_ROWS: usize = 25;

/// The spend of a cut by a dimension; by model it has been read already.
pub(super) async fn by(
    dimension: Dimension,
    snapshot: &mut Snapshot,
    directory: &Directory,
    cut: &Cut,
    models: &[SumRow<String>],
) -> Result<SpendBy, StorageError> {
    Ok(match dimension {
        Dimension::Model => Dearest::of(models.to_vec()).named(dimension, Labels::same),
        Dimension::Provider => {
            Dearest::of(spend::by_provider(snapshot, cut).await?).named(dimension, Labels::same)
        }
        Dimension::Team => Dearest::of(spend::by_team(snapshot, cut).await?)
            .named(dimension, |id| Labels::team(directory, id)),
        Dimension::User => Dearest::of(spend::by_user(snapshot, cut).await?)
            .named(dimension, |id| Labels::user(directory, id)),
        Dimension::Key => {
            let dearest = Dearest::of(spend::by_key(snapshot, cut).await?);
            let names = key_names(snapshot, dearest.rows.iter().map(|row| row.name)).await?;
            dearest.named(dimension, |id| Labels::key(&names, id))
        }
    })
}

/// What the value of a dimension is called, whether or not something was spent.
pub(super) async fn name(
    dimension: Dimension,
    snapshot: &mut Snapshot,
    directory: &Directory,
    cut: &Cut,
) -> Result<String, StorageError> {
    let id = |id: Option<Uuid>| id.unwrap_or_default();
    Ok(match dimension {
        Dimension::Model => cut.model.clone().unwrap_or_default(),
        Dimension::Provider => cut.provider.clone().unwrap_or_default(),
        Dimension::Team => Labels::team(directory, id(cut.team)).name,
        Dimension::User => Labels::user(directory, id(cut.user)).name,
        Dimension::Key => {
            let names = key_names(snapshot, cut.key).await?;
            Labels::key(&names, id(cut.key)).name
        }
    })
}

async fn key_names(
    snapshot: &mut Snapshot,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, StorageError> {
    Ok(api_keys::names_of(snapshot, ids).await?.into_iter().collect())
}

/// What narrows to a row, and what people call it.
struct Labels {
    value: String,
    name: String,
}

impl Labels {
    fn same(name: String) -> Self {
        Self { value: name.clone(), name }
    }

    /// An id that nobody has any more is its own name; none has no name.
    fn of(value: String, name: Option<&str>) -> Self {
        Self { name: name.map_or_else(|| value.clone(), str::to_owned), value }
    }

    fn team(directory: &Directory, id: Uuid) -> Self {
        Self::of(narrow::value::<Team>(id), directory.team_name(Id::from_uuid(id)))
    }

    fn user(directory: &Directory, id: Uuid) -> Self {
        Self::of(narrow::value::<User>(id), directory.user_name(Id::from_uuid(id)))
    }

    fn key(names: &HashMap<Uuid, String>, id: Uuid) -> Self {
        Self::of(narrow::value::<ApiKey>(id), names.get(&id).map(String::as_str))
    }
}

/// The dearest rows, and what the others are together.
struct Dearest<K> {
    rows: Vec<SumRow<K>>,
    others: i64,
    others_spent: Spent,
}

impl<K: Ord> Dearest<K> {
    fn of(mut sums: Vec<SumRow<K>>) -> Self {
        sums.sort_by(|a, b| b.cost_nanos.cmp(&a.cost_nanos).then_with(|| a.name.cmp(&b.name)));
        let others = if sums.len() > MOST_ROWS { sums.split_off(MOST_ROWS) } else { Vec::new() };
        Self {
            rows: sums,
            others: i64::try_from(others.len()).unwrap_or(i64::MAX),
            others_spent: total(&others),
        }
    }

    fn named(self, dimension: Dimension, labels: impl Fn(K) -> Labels) -> SpendBy {
        let row = |sum: SumRow<K>| {
            let spent = total(std::slice::from_ref(&sum));
            let Labels { value, name } = labels(sum.name);
            SpendRow { value, name, spent }
        };
        SpendBy {
            dimension,
            rows: self.rows.into_iter().map(row).collect(),
            others: self.others,
            others_spent: self.others_spent,
        }
    }
}

/// What rows are together.
pub(super) fn total<K>(sums: &[SumRow<K>]) -> Spent {
    Spent {
        calls: sums.iter().map(|sum| sum.calls).sum(),
        tokens: sums.iter().map(|sum| sum.tokens).sum(),
        cost: sums.iter().map(|sum| Money::from_nanos(sum.cost_nanos)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(name: i64) -> SumRow<i64> {
        SumRow { name, calls: 1, tokens: 10, cost_nanos: name, unpriced_calls: 0 }
    }

    #[test]
    fn what_does_not_fit_into_the_table_is_in_its_last_line() {
        let sums: Vec<_> = (0..100).map(sum).collect();
        let all = total(&sums);
        let by = Dearest::of(sums).named(Dimension::Model, |name| Labels::same(name.to_string()));
        assert_eq!((by.rows.len(), by.others), (25, 75));
        assert_eq!((by.rows[0].name.as_str(), by.rows[24].name.as_str()), ("99", "75"));
        let shown: Money = by.rows.iter().map(|row| row.spent.cost).sum();
        assert_eq!(shown + by.others_spent.cost, all.cost);
        assert_eq!(by.others_spent.calls, 75);
    }
}
