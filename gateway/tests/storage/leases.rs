//! The cases of leases and events.

use gateway::storage::{
    Database, StorageError,
    tables::{
        budget_leases,
        budget_windows::{self, BudgetWindowRow, Settlement, WindowKey},
        events::{self, EventRow},
    },
};
use uuid::Uuid;

const WINDOW: WindowKey = WindowKey { budget_id: Uuid::from_u128(9), start_at: 1 };
const LIMIT: i64 = 1_000;
const NOW: i64 = 7;

const fn node(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn begin(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    budget_windows::begin(&mut tx, WINDOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lease(database: &Database, of: Uuid, amount: i64) -> bool {
    let mut tx = database.begin().await.unwrap();
    let is_leased = budget_windows::lease(&mut tx, of, WINDOW, amount, LIMIT, NOW).await.unwrap();
    tx.commit().await.unwrap();
    is_leased
}

async fn settle(database: &Database, of: Uuid, leased_nanos: i64, free_nanos: i64) {
    let mut tx = database.begin().await.unwrap();
    let settlement = Settlement { leased_nanos, free_nanos };
    budget_windows::settle(&mut tx, of, WINDOW, settlement).await.unwrap();
    tx.commit().await.unwrap();
}

async fn window(database: &Database, of: Uuid) -> BudgetWindowRow {
    budget_windows::list_since(database, of, 0).await.unwrap().remove(0)
}

pub(crate) async fn nodes_together_never_lease_more_than_the_limit(database: Database) {
    begin(&database).await;
    let asked = (0..20).map(|number| {
        let database = database.clone();
        tokio::spawn(async move { lease(&database, node(number % 3), 150).await })
    });
    let mut granted = 0;
    for task in asked.collect::<Vec<_>>() {
        granted += i64::from(task.await.unwrap());
    }
    assert_eq!(granted, LIMIT / 150);
    assert_eq!(window(&database, node(0)).await.leased_nanos, granted * 150);
    let leases = budget_leases::list_open(&database).await.unwrap();
    assert_eq!(leases.iter().map(|lease| lease.leased_nanos).sum::<i64>(), granted * 150);
}

pub(crate) async fn what_is_settled_is_no_longer_leased_and_each_node_sees_the_others_part(
    database: Database,
) {
    if !database.dialect().is_shared() {
        return begin(&database).await; // one node is alone there and leases nothing
    }
    begin(&database).await;
    assert!(lease(&database, node(1), 300).await);
    assert!(lease(&database, node(2), 500).await);
    settle(&database, node(1), 120, 5).await;
    let seen = window(&database, node(1)).await;
    assert_eq!((seen.spent_nanos, seen.leased_nanos), (125, 680));
    assert_eq!((seen.own_spent_nanos, seen.own_leased_nanos), (125, 180));
    let seen = window(&database, node(2)).await;
    assert_eq!((seen.own_spent_nanos, seen.own_leased_nanos), (0, 500));
    let seen = window(&database, node(3)).await;
    assert_eq!((seen.own_spent_nanos, seen.own_leased_nanos), (0, 0));
}

pub(crate) async fn a_bill_beyond_the_lease_counts_whole(database: Database) {
    if !database.dialect().is_shared() {
        settle(&database, node(1), 0, 5).await;
        settle(&database, node(1), 0, 7).await;
        assert_eq!(window(&database, node(1)).await.spent_nanos, 12);
        return;
    }
    begin(&database).await;
    assert!(lease(&database, node(1), 300).await);
    assert!(lease(&database, node(2), 500).await);
    settle(&database, node(1), 310, 0).await;
    settle(&database, node(1), 20, 0).await;
    let seen = window(&database, node(1)).await;
    assert_eq!((seen.spent_nanos, seen.leased_nanos), (330, 500));
    assert_eq!((seen.own_spent_nanos, seen.own_leased_nanos), (330, 0));
    assert!(!lease(&database, node(1), 171).await);
    assert!(lease(&database, node(1), 170).await);
    // A node that has leased nothing at all is billed too: its lease was closed meanwhile.
    settle(&database, node(3), 40, 0).await;
    assert_eq!(window(&database, node(3)).await.spent_nanos, 370);
}

pub(crate) async fn what_is_given_back_can_be_leased_by_another_node(database: Database) {
    begin(&database).await;
    assert!(lease(&database, node(1), 1_000).await);
    assert!(!lease(&database, node(2), 1).await);
    let mut tx = database.begin().await.unwrap();
    budget_windows::give_back(&mut tx, node(1), WINDOW, 400, NOW).await.unwrap();
    budget_windows::want(&mut tx, WINDOW, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!lease(&database, node(2), 401).await);
    assert!(lease(&database, node(2), 400).await);
    assert_eq!(window(&database, node(2)).await.wanted_at, NOW);
}

pub(crate) async fn an_occasion_is_told_once(database: Database) {
    let event = |number, occasion: &str| EventRow {
        id: Uuid::from_u128(number),
        at: NOW,
        kind: "budget.threshold".to_owned(),
        occasion: occasion.to_owned(),
        detail: "{}".to_owned(),
    };
    for (number, occasion, is_new) in [(1, "a", true), (2, "a", false), (3, "A", true)] {
        let mut tx = database.begin().await.unwrap();
        let told = events::add(&mut tx, event(number, occasion)).await;
        assert_eq!(told.is_ok(), is_new, "{occasion}");
        match told {
            Ok(()) => tx.commit().await.unwrap(),
            Err(error) => assert!(matches!(error, StorageError::Conflict(_)), "{error}"),
        }
    }
    assert!(events::has(&database, "a").await.unwrap());
    assert!(!events::has(&database, "b").await.unwrap());
    let told = events::page(&database, None, 10).await.unwrap();
    assert_eq!(told.iter().map(|event| event.id.as_u128()).collect::<Vec<_>>(), [3, 1]);
}
