//! The cases of nodes that keep their open calls in the database.

use gateway::storage::{
    Database, Tx,
    tables::{
        nodes::{self, BusyNode},
        open_calls::{self, OpenCallRow},
    },
};
use tokio::task::JoinSet;
use uuid::Uuid;

const GONE: Uuid = Uuid::from_u128(1);
const LONG_AGO: i64 = 1_000;
const NOW: i64 = 100_000;
const CALLS: u128 = 300;

fn call(number: u128) -> OpenCallRow {
    OpenCallRow { call_id: Uuid::from_u128(0x100 + number), record: vec![7; 20] }
}

/// A node that was heard of long ago, with calls under way, and one without.
async fn begin(database: &Database) -> BusyNode {
    let mut tx = database.begin().await.unwrap();
    assert!(nodes::heard(&mut tx, GONE, LONG_AGO).await.unwrap());
    assert!(nodes::heard(&mut tx, Uuid::from_u128(2), LONG_AGO).await.unwrap());
    let calls: Vec<_> = (0..CALLS).map(call).collect();
    open_calls::add_all(&mut tx, GONE, calls.into_iter()).await.unwrap();
    tx.commit().await.unwrap();
    let silent = nodes::with_open_calls(database).await.unwrap();
    assert_eq!(silent, [BusyNode { node_id: GONE, heard_at: LONG_AGO }]);
    silent[0]
}

async fn calls_of(tx: &mut Tx, node: Uuid) -> usize {
    open_calls::of_node(tx, node).await.unwrap().len()
}

pub(crate) async fn a_silent_node_is_taken_over_by_exactly_one(database: Database) {
    let silent = begin(&database).await;
    let mut others = JoinSet::new();
    for number in 10..18 {
        let database = database.clone();
        others.spawn(async move {
            let by = Uuid::from_u128(number);
            let mut tx = database.begin().await.unwrap();
            let is_ours = nodes::adopt(&mut tx, silent, by, NOW).await.unwrap();
            if is_ours {
                assert_eq!(calls_of(&mut tx, GONE).await, 300);
                open_calls::hand_over(&mut tx, GONE, by).await.unwrap();
            }
            tx.commit().await.unwrap();
            is_ours.then_some(by)
        });
    }
    let adopters: Vec<_> = others.join_all().await.into_iter().flatten().collect();
    let [adopter] = adopters[..] else { panic!("one of them: {adopters:?}") };
    let busy = nodes::with_open_calls(&database).await.unwrap();
    assert!(busy.is_empty(), "whoever has them now was not heard of: {busy:?}");
    let mut tx = database.begin().await.unwrap();
    assert_eq!((calls_of(&mut tx, GONE).await, calls_of(&mut tx, adopter).await), (0, 300));
    assert!(!nodes::is_its_own(&mut tx, GONE).await.unwrap());
    assert!(!nodes::stays_its_own(&mut tx, GONE).await.unwrap());
    assert!(!nodes::heard(&mut tx, GONE, NOW).await.unwrap(), "it comes too late");
}

pub(crate) async fn a_node_that_is_heard_of_meanwhile_is_not_taken_over(database: Database) {
    let silent = begin(&database).await;
    let mut tx = database.begin().await.unwrap();
    assert!(nodes::heard(&mut tx, GONE, NOW).await.unwrap());
    assert!(!nodes::adopt(&mut tx, silent, Uuid::from_u128(9), NOW).await.unwrap());
    assert!(nodes::stays_its_own(&mut tx, GONE).await.unwrap());
    assert!(!nodes::is_its_own(&mut tx, Uuid::from_u128(77)).await.unwrap(), "nobody knows it");
    tx.commit().await.unwrap();
}

pub(crate) async fn open_calls_are_replaced_and_removed_by_their_ids(database: Database) {
    begin(&database).await;
    let mut tx = database.begin().await.unwrap();
    let more = OpenCallRow { record: vec![9; 5_000], ..call(3) };
    open_calls::replace(&mut tx, more.clone()).await.unwrap();
    let ended: Vec<_> = (0..CALLS).filter(|number| *number != 3).map(|n| call(n).call_id).collect();
    open_calls::remove_all(&mut tx, &ended).await.unwrap();
    assert_eq!(open_calls::of_node(&mut tx, GONE).await.unwrap(), [more]);
    tx.commit().await.unwrap();
}

pub(crate) async fn nodes_are_found_that_were_heard_of_lately(database: Database) {
    begin(&database).await;
    let mut tx = database.begin().await.unwrap();
    let here = Uuid::from_u128(3);
    assert!(nodes::heard(&mut tx, here, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let lately = nodes::heard_since(&database, LONG_AGO + 1).await.unwrap();
    assert_eq!(lately, [BusyNode { node_id: here, heard_at: NOW }]);
    assert_eq!(nodes::heard_since(&database, LONG_AGO).await.unwrap().len(), 3);
}
