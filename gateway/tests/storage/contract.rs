//! The cases.

use std::{collections::BTreeMap, time::Duration};

use gateway::{
    kernel::Ids,
    storage::{
        Database, Dialect, StorageError,
        tables::{
            budget_windows::{self, Settlement, WindowKey},
            calls::{self, CallRow},
            sign_in_links,
            spend::{self, Amounts, Cut, Dimensions},
            teams::{self, TeamRow},
            users::{self, UserRow},
        },
    },
};
use sea_query::{Alias, Expr, ExprTrait, Query};
use shared::{
    Timestamp,
    id::{Request, Team, User},
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

fn spend_at_most(limit_nanos: i64, amount_nanos: i64, budget: Uuid) -> sea_query::UpdateStatement {
    let spent = || Expr::col(Alias::new("spent_nanos"));
    Query::update()
        .table(Alias::new("budget_windows"))
        .value(Alias::new("spent_nanos"), spent().add(amount_nanos))
        .and_where(Expr::col(Alias::new("budget_id")).eq(budget))
        .and_where(spent().add(amount_nanos).lte(limit_nanos))
        .take()
}

pub(crate) async fn a_conditional_update_lets_exactly_one_of_many_through(database: Database) {
    let budget = Ids::seeded(1).next::<Team>(NOW).uuid();
    let mut tx = database.begin().await.unwrap();
    let window = WindowKey { budget_id: budget, start_at: 0 };
    let settlement = Settlement { leased_nanos: 0, free_nanos: 100 };
    budget_windows::settle(&mut tx, Uuid::nil(), window, settlement).await.unwrap();
    tx.commit().await.unwrap();
    let tries = (0..20).map(|_| {
        let database = database.clone();
        tokio::spawn(async move {
            let mut tx = database.begin().await.unwrap();
            let matched = tx.execute(&spend_at_most(1_000, 900, budget)).await.unwrap();
            tx.commit().await.unwrap();
            matched
        })
    });
    let mut through = 0;
    for task in tries.collect::<Vec<_>>() {
        through += task.await.unwrap();
    }
    assert_eq!(through, 1);
}

pub(crate) async fn an_update_that_changes_nothing_counts_the_matched_row(database: Database) {
    let budget = Ids::seeded(2).next::<Team>(NOW).uuid();
    let mut tx = database.begin().await.unwrap();
    let window = WindowKey { budget_id: budget, start_at: 0 };
    let settlement = Settlement { leased_nanos: 0, free_nanos: 100 };
    budget_windows::settle(&mut tx, Uuid::nil(), window, settlement).await.unwrap();
    assert_eq!(tx.execute(&spend_at_most(1_000, 0, budget)).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

pub(crate) fn call(ids: &Ids, at: Timestamp) -> CallRow {
    CallRow {
        id: ids.next::<Request>(at).uuid(),
        node_id: Uuid::nil(),
        started_at: at.micros(),
        duration_micros: 5,
        surface: "openai_chat".to_owned(),
        outcome: "finished".to_owned(),
        status: 200,
        problem_code: None,
        user_id: Some(ids.next::<User>(at).uuid()),
        team_id: None,
        key_id: None,
        model: "größe-✓-模型".to_owned(),
        provider: Some("p".to_owned()),
        upstream_model: None,
        input_tokens: 1,
        cached_input_tokens: 2,
        cache_write_tokens: 3,
        output_tokens: 4,
        reasoning_tokens: 5,
        cache_write_1h_tokens: 6,
        audio_input_tokens: 7,
        audio_output_tokens: 8,
        image_input_tokens: 9,
        image_output_tokens: 10,
        price_version: Some("price_1".to_owned()),
        service_tier: None,
        asked_model: Some("größtes".to_owned()),
        audit_sequence: None,
        audit_hash: None,
        cost_nanos: i64::MAX,
        is_estimated: 0,
        is_priced: 1,
        raw_usage: Some("{\"b\":1, \"a\":2}".to_owned()),
        verdicts: "[{\"emoji\":\"🧬\"}]".to_owned(),
    }
}

pub(crate) async fn a_row_comes_back_as_it_went_in(database: Database) {
    let ids = Ids::seeded(3);
    let mut row = call(&ids, NOW);
    row.audit_sequence = Some(1);
    row.audit_hash = Some(vec![7; 32]);
    let mut tx = database.begin().await.unwrap();
    calls::add_all(&mut tx, [row.clone()].into_iter()).await.unwrap();
    tx.commit().await.unwrap();
    let found = calls::find_all(&database, &[row.id]).await.unwrap();
    assert_eq!(format!("{found:?}"), format!("{:?}", vec![row]));
}

async fn add_calls(database: &Database, count: i64) -> Vec<Uuid> {
    let ids = Ids::seeded(4);
    let rows: Vec<_> = (0..count).map(|n| call(&ids, NOW.plus_seconds(n))).collect();
    let expected = rows.iter().map(|row| row.id).collect();
    let mut tx = database.begin().await.unwrap();
    calls::add_all(&mut tx, rows.into_iter()).await.unwrap();
    tx.commit().await.unwrap();
    expected
}

pub(crate) async fn a_bulk_insert_beyond_the_parameter_limit_keeps_every_row(database: Database) {
    // 34 columns times 3,000 rows are more parameters than any of the three takes at once.
    let expected = add_calls(&database, 3_000).await;
    let found = calls::page(&database, None, 5_000).await.unwrap();
    assert_eq!(found.len(), expected.len());
}

pub(crate) async fn keyset_pages_follow_the_order_of_ids_without_gap_or_repeat(database: Database) {
    let expected = add_calls(&database, 25).await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = calls::page(&database, after, 10).await.unwrap();
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|row| row.id));
        after = seen.last().copied();
    }
    assert_eq!(seen, expected);
}

pub(crate) async fn sums_of_money_are_exact_integers(database: Database) {
    let at = |model: &str, hour_at| Dimensions {
        hour_at,
        team_id: Uuid::nil(),
        user_id: Uuid::nil(),
        key_id: Uuid::nil(),
        model: model.to_owned(),
        provider: "p".to_owned(),
    };
    let amounts = |cost_nanos| Amounts { calls: 1, tokens: 2, cost_nanos, unpriced_calls: 0 };
    let mut tx = database.begin().await.unwrap();
    for (model, hour, cost) in
        [("a", 0, 9_007_199_254_740_993), ("a", 1, 1), ("a", 1, 1), ("b", 0, 5)]
    {
        let booking = BTreeMap::from([(at(model, hour), amounts(cost))]);
        spend::add_all(&mut tx, &booking).await.unwrap();
    }
    tx.commit().await.unwrap();
    let cut = Cut { from: 0, until: 2, ..Cut::default() };
    let mut snapshot = database.snapshot().await.unwrap();
    let mut sums = spend::by_model(&mut snapshot, &cut).await.unwrap();
    sums.sort_by(|x, y| x.name.cmp(&y.name));
    let found: Vec<_> = sums.iter().map(|sum| (&*sum.name, sum.calls, sum.cost_nanos)).collect();
    assert_eq!(found, [("a", 3, 9_007_199_254_740_995), ("b", 1, 5)]);
}

fn team(ids: &Ids, name: &str) -> TeamRow {
    TeamRow {
        id: ids.next::<Team>(NOW).uuid(),
        name: name.to_owned(),
        name_key: name.to_lowercase(),
    }
}

pub(crate) async fn a_transaction_that_is_dropped_leaves_nothing(database: Database) {
    let mut tx = database.begin().await.unwrap();
    teams::add(&mut tx, &team(&Ids::seeded(5), "Ghosts"), 0).await.unwrap();
    drop(tx);
    assert!(teams::list(&database).await.unwrap().is_empty());
}

pub(crate) async fn a_taken_key_is_a_conflict(database: Database) {
    let ids = Ids::seeded(6);
    let mut tx = database.begin().await.unwrap();
    teams::add(&mut tx, &team(&ids, "Research"), 0).await.unwrap();
    let error = teams::add(&mut tx, &team(&ids, "RESEARCH"), 0).await.unwrap_err();
    assert!(matches!(error, StorageError::Conflict(_)), "{error:?}");
}

pub(crate) async fn text_is_compared_byte_by_byte(database: Database) {
    let ids = Ids::seeded(7);
    let mut tx = database.begin().await.unwrap();
    // A database that folds accents would refuse the second.
    for name in ["resume", "résumé"] {
        teams::add(&mut tx, &team(&ids, name), 0).await.unwrap();
    }
    assert!(teams::find(&mut tx, "RESUME").await.unwrap().is_none());
    assert!(teams::find(&mut tx, "résumé").await.unwrap().is_some());
}

pub(crate) async fn a_sign_in_link_works_once(database: Database) {
    let ids = Ids::seeded(8);
    let team = team(&ids, "Admins");
    let user = UserRow {
        id: ids.next::<User>(NOW).uuid(),
        team_id: team.id,
        email: "a@b".to_owned(),
        email_key: "a@b".to_owned(),
        name: "A".to_owned(),
        role: "member".to_owned(),
        password_hash: None,
        disabled_at: None,
    };
    let hash = [7_u8; 32];
    let mut tx = database.begin().await.unwrap();
    teams::add(&mut tx, &team, 0).await.unwrap();
    users::add(&mut tx, &user, 0).await.unwrap();
    sign_in_links::add(&mut tx, Uuid::nil(), user.id, &hash, 0, 100).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = database.begin().await.unwrap();
    assert_eq!(sign_in_links::redeem(&mut tx, &hash, 200).await.unwrap(), None, "expired");
    assert_eq!(sign_in_links::redeem(&mut tx, &hash, 50).await.unwrap(), Some(user.id));
    assert_eq!(sign_in_links::redeem(&mut tx, &hash, 50).await.unwrap(), None, "used");
}

pub(crate) async fn a_value_that_does_not_fit_is_refused_and_never_cut(database: Database) {
    let mut tx = database.begin().await.unwrap();
    let long = team(&Ids::seeded(9), &"x".repeat(300));
    let added = teams::add(&mut tx, &long, 0).await;
    match database.dialect() {
        // Its columns of text have no length.
        Dialect::Sqlite => {
            added.unwrap();
            assert!(teams::find(&mut tx, &long.name_key).await.unwrap().is_some());
        }
        Dialect::Postgres | Dialect::MySql => {
            assert!(matches!(added.unwrap_err(), StorageError::Driver(_)));
        }
    }
}

pub(crate) async fn two_nodes_that_begin_a_row_each_do_not_wait_for_each_other(database: Database) {
    if !database.dialect().is_shared() {
        return; // one writer at a time
    }
    let at = |model: &str| Dimensions {
        hour_at: 0,
        team_id: Uuid::nil(),
        user_id: Uuid::nil(),
        key_id: Uuid::nil(),
        model: model.to_owned(),
        provider: "p".to_owned(),
    };
    let amounts = Amounts { calls: 1, tokens: 2, cost_nanos: 3, unpriced_calls: 0 };
    // Each looks for its row where there is none, between the same two others, and then makes it.
    let (mut first, mut second) =
        (database.begin().await.unwrap(), database.begin().await.unwrap());
    for (tx, model) in [(&mut first, "a"), (&mut second, "c")] {
        let missing = Query::update()
            .table(Alias::new("spend_hourly"))
            .value(Alias::new("calls"), 1)
            .and_where(Expr::col(Alias::new("hour_at")).eq(0))
            .and_where(Expr::col(Alias::new("model")).eq(model))
            .take();
        assert_eq!(tx.execute(&missing).await.unwrap(), 0);
    }
    let both = async {
        spend::add_all(&mut first, &BTreeMap::from([(at("b"), amounts)])).await.unwrap();
        spend::add_all(&mut second, &BTreeMap::from([(at("d"), amounts)])).await.unwrap();
    };
    // Neither waits for the other to end.
    tokio::time::timeout(Duration::from_secs(5), both).await.unwrap();
    first.commit().await.unwrap();
    second.commit().await.unwrap();
}
