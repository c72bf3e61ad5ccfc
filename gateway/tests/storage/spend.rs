//! The cases of the roll-ups: whatever the cut and the dimension, the parts are the whole.

use std::collections::BTreeMap;

use gateway::storage::{
    Database,
    tables::spend::{self, Amounts, Cut, Dimensions, SumRow},
};
use uuid::Uuid;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
/// 2026-09-20T00:00:00Z.
const START: i64 = 1_789_862_400_000_000;
const HOURS: i64 = 10 * 24;

fn at(hour: i64, number: u128) -> Dimensions {
    Dimensions {
        hour_at: START + hour * HOUR,
        team_id: Uuid::from_u128(number % 3),
        user_id: Uuid::from_u128(number % 7),
        key_id: Uuid::from_u128(number % 11),
        model: format!("m{}", number % 4),
        provider: format!("p{}", number % 2),
    }
}

fn one(cost_nanos: i64) -> Amounts {
    Amounts { calls: 1, tokens: cost_nanos % 1_000, cost_nanos, unpriced_calls: cost_nanos % 2 }
}

/// Three bookings in each hour of ten days, the second half of them a batch later.
async fn fill(database: &Database) -> Vec<(Dimensions, Amounts)> {
    let mut all = Vec::new();
    for half in 0..2 {
        let mut batch: BTreeMap<Dimensions, Amounts> = BTreeMap::new();
        for number in 0..u128::try_from(HOURS * 3).unwrap() {
            let hour = i64::try_from(number).unwrap() / 3;
            let cost = i64::try_from(number * number % 9_973 + half).unwrap();
            let at = at(hour, number * 5 + half);
            *batch.entry(at.clone()).or_default() += one(cost);
            all.push((at, one(cost)));
        }
        let mut tx = database.begin().await.unwrap();
        spend::add_all(&mut tx, &batch).await.unwrap();
        tx.commit().await.unwrap();
    }
    all
}

fn sum<K>(rows: &[SumRow<K>]) -> (i64, i64, i64, i64) {
    let of = |value: fn(&SumRow<K>) -> i64| rows.iter().map(value).sum();
    (
        of(|row| row.calls),
        of(|row| row.tokens),
        of(|row| row.cost_nanos),
        of(|row| row.unpriced_calls),
    )
}

pub(crate) async fn every_dimension_of_every_cut_adds_up_to_the_same(database: Database) {
    let all = fill(&database).await;
    let whole = Cut { from: START, until: START + HOURS * HOUR, ..Cut::default() };
    let cuts = [
        whole.clone(),
        // Within a day; over midnight; whole days; a month of a zone that is not UTC.
        Cut { from: START + 3 * HOUR, until: START + 9 * HOUR, ..Cut::default() },
        Cut { from: START + 20 * HOUR, until: START + 30 * HOUR, ..Cut::default() },
        Cut { from: START + DAY, until: START + 3 * DAY, ..Cut::default() },
        Cut { from: START + 22 * HOUR, until: START + 8 * DAY + 22 * HOUR, ..Cut::default() },
        Cut { user: Some(Uuid::from_u128(3)), ..whole.clone() },
        Cut { team: Some(Uuid::from_u128(1)), from: START + 5 * HOUR, ..whole.clone() },
        Cut { key: Some(Uuid::from_u128(9)), provider: Some("p1".to_owned()), ..whole.clone() },
        Cut { model: Some("m2".to_owned()), until: START + 5 * DAY + HOUR, ..whole.clone() },
        Cut { model: Some("nothing".to_owned()), ..whole.clone() },
        Cut { from: START, until: START, ..Cut::default() },
    ];
    for cut in cuts {
        let expected = all.iter().filter(|(at, _)| is_in(&cut, at)).fold(
            (0, 0, 0, 0),
            |(calls, tokens, cost, unpriced), (_, amounts)| {
                (
                    calls + amounts.calls,
                    tokens + amounts.tokens,
                    cost + amounts.cost_nanos,
                    unpriced + amounts.unpriced_calls,
                )
            },
        );
        let mut snapshot = database.snapshot().await.unwrap();
        assert_eq!(sum(&spend::by_model(&mut snapshot, &cut).await.unwrap()), expected, "{cut:?}");
        assert_eq!(sum(&spend::by_provider(&mut snapshot, &cut).await.unwrap()), expected);
        assert_eq!(sum(&spend::by_team(&mut snapshot, &cut).await.unwrap()), expected);
        assert_eq!(sum(&spend::by_user(&mut snapshot, &cut).await.unwrap()), expected);
        assert_eq!(sum(&spend::by_key(&mut snapshot, &cut).await.unwrap()), expected);
        assert_eq!(sum(&spend::by_hour(&mut snapshot, &cut).await.unwrap()), expected);
    }
}

fn is_in(cut: &Cut, at: &Dimensions) -> bool {
    let is = |wanted: Option<Uuid>, found: Uuid| wanted.is_none_or(|wanted| wanted == found);
    let named =
        |wanted: &Option<String>, found: &String| wanted.as_ref().is_none_or(|name| name == found);
    (cut.from..cut.until).contains(&at.hour_at)
        && is(cut.user, at.user_id)
        && is(cut.team, at.team_id)
        && is(cut.key, at.key_id)
        && named(&cut.model, &at.model)
        && named(&cut.provider, &at.provider)
}

pub(crate) async fn one_snapshot_sees_one_moment(database: Database) {
    fill(&database).await;
    let cut = Cut { from: START, until: START + HOURS * HOUR, ..Cut::default() };
    let mut snapshot = database.snapshot().await.unwrap();
    let before = sum(&spend::by_model(&mut snapshot, &cut).await.unwrap());
    let mut tx = database.begin().await.unwrap();
    spend::add_all(&mut tx, &BTreeMap::from([(at(1, 1), one(1_000_000))])).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(sum(&spend::by_user(&mut snapshot, &cut).await.unwrap()), before);
    drop(snapshot);
    let mut later = database.snapshot().await.unwrap();
    assert_eq!(sum(&spend::by_user(&mut later, &cut).await.unwrap()).2, before.2 + 1_000_000);
}
