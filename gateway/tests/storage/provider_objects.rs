//! Files and batches that callers keep at providers.

use gateway::{
    kernel::Ids,
    storage::{
        Database, StorageError,
        tables::provider_objects::{self, ObjectPage, ProviderObjectRow},
    },
};
use shared::{
    Timestamp,
    id::{ProviderObject, Request, Team, User},
};
use uuid::Uuid;

const NOW: i64 = 1_790_000_000_000_000;

fn row(ids: &Ids, kind: &str, vendor_id: &str) -> ProviderObjectRow {
    row_made(0, ids, kind, vendor_id)
}

/// Ids are in the order of the milliseconds in which they are made.
fn row_made(after_millis: i64, ids: &Ids, kind: &str, vendor_id: &str) -> ProviderObjectRow {
    let now = Timestamp::from_micros(NOW + after_millis * 1_000);
    ProviderObjectRow {
        id: ids.next::<ProviderObject>(now).uuid(),
        kind: kind.to_owned(),
        provider: "openai".to_owned(),
        vendor_id: vendor_id.to_owned(),
        user_id: ids.next::<User>(now).uuid(),
        team_id: ids.next::<Team>(now).uuid(),
        key_id: None,
        purpose: Some("batch".to_owned()),
        model: Some("größe".to_owned()),
        endpoint: Some("/v1/responses".to_owned()),
        requests: 3,
        input_tokens: i64::MAX,
        longest_input_tokens: 2,
        output_tokens: 0,
        request_id: Some(ids.next::<Request>(now).uuid()),
        reserved_nanos: 7,
        body: format!("{{\"top_p\": 1.00, \"text\": \"{}\"}}", "👋".repeat(30_000)),
        created_at: NOW,
        settled_at: None,
    }
}

async fn add(database: &Database, row: &ProviderObjectRow) -> Result<(), StorageError> {
    let mut tx = database.begin().await?;
    provider_objects::add(&mut tx, row).await?;
    tx.commit().await
}

async fn find(database: &Database, row: &ProviderObjectRow) -> Option<ProviderObjectRow> {
    provider_objects::find(database, &row.kind, &row.vendor_id, row.user_id).await.unwrap()
}

async fn settle(database: &Database, id: Uuid, body: Option<&str>) -> bool {
    let mut tx = database.begin().await.unwrap();
    let settled = provider_objects::settle(&mut tx, id, body, NOW + 5).await.unwrap();
    tx.commit().await.unwrap();
    settled
}

pub(crate) async fn an_object_comes_back_as_it_went_in_to_its_owner_alone(database: Database) {
    let row = row(&Ids::seeded(1), "batch", "batch_1");
    add(&database, &row).await.unwrap();
    assert_eq!(find(&database, &row).await.as_ref(), Some(&row));
    for (kind, vendor_id, user) in [
        ("file", "batch_1", row.user_id),
        ("batch", "Batch_1", row.user_id),
        ("batch", "batch_1", row.team_id),
    ] {
        let found = provider_objects::find(&database, kind, vendor_id, user).await.unwrap();
        assert_eq!(found, None, "{kind} {vendor_id}");
    }
}

pub(crate) async fn an_id_of_a_provider_is_there_once_for_each_kind(database: Database) {
    let ids = Ids::seeded(2);
    let first = row(&ids, "file", "file-1");
    add(&database, &first).await.unwrap();
    let again = row(&ids, "file", "file-1");
    assert!(matches!(add(&database, &again).await, Err(StorageError::Conflict(_))));
    add(&database, &row(&ids, "batch", "file-1")).await.unwrap();
    let elsewhere = ProviderObjectRow { provider: "groq".to_owned(), ..again };
    add(&database, &elsewhere).await.unwrap();
    assert_eq!(find(&database, &first).await.as_ref(), Some(&first), "each user's own");
}

pub(crate) async fn pages_go_both_ways_and_show_nobody_elses(database: Database) {
    let ids = Ids::seeded(3);
    let owner = ids.next::<User>(Timestamp::from_micros(NOW)).uuid();
    let mut made = Vec::new();
    for number in 0..5 {
        let name = format!("file-{number}");
        let purpose = Some(if number == 2 { "vision" } else { "batch" }.to_owned());
        let row = row_made(number, &ids, "file", &name);
        let row = ProviderObjectRow { user_id: owner, purpose, ..row };
        add(&database, &row).await.unwrap();
        made.push(row.id);
    }
    add(&database, &row(&ids, "file", "file-of-another")).await.unwrap();
    add(&database, &ProviderObjectRow { user_id: owner, ..row(&ids, "batch", "b") }).await.unwrap();
    let all = ObjectPage {
        kind: "file",
        user_id: owner,
        purpose: None,
        later_than: None,
        earlier_than: None,
        is_ascending: false,
        limit: 10,
    };
    let shown = async |page: ObjectPage<'_>| {
        let rows = provider_objects::page(&database, &page).await.unwrap();
        rows.into_iter()
            .map(|row| made.iter().position(|id| *id == row.id).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(all).await, [4, 3, 2, 1, 0]);
    assert_eq!(shown(ObjectPage { limit: 2, earlier_than: Some(made[3]), ..all }).await, [2, 1]);
    let upwards = ObjectPage { is_ascending: true, later_than: Some(made[2]), ..all };
    assert_eq!(shown(upwards).await, [3, 4]);
    assert_eq!(shown(ObjectPage { purpose: Some("vision"), ..all }).await, [2]);
}

pub(crate) async fn of_many_that_settle_a_bill_one_does(database: Database) {
    let ids = Ids::seeded(4);
    let first = row(&ids, "batch", "batch_1");
    let second = row_made(1, &ids, "message_batch", "batch_2");
    add(&database, &first).await.unwrap();
    add(&database, &second).await.unwrap();
    let settled_from_the_beginning =
        ProviderObjectRow { settled_at: Some(NOW), ..row(&ids, "file", "file-1") };
    add(&database, &settled_from_the_beginning).await.unwrap();
    let unsettled = async |after| -> Vec<Uuid> {
        let rows = provider_objects::unsettled(&database, after, 10).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(unsettled(Uuid::nil()).await, [first.id, second.id]);
    assert_eq!(unsettled(first.id).await, [second.id]);

    let mut tx = database.begin().await.unwrap();
    assert!(!provider_objects::remove(&mut tx, first.id).await.unwrap(), "its bill is open");
    provider_objects::set_body(&mut tx, first.id, "{}").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&database, &first).await.unwrap().body, "{}");

    let tries = (0..8).map(|_| settle(&database, first.id, Some("[]")));
    let settled = futures_util::future::join_all(tries).await;
    assert_eq!(settled.into_iter().filter(|settled| *settled).count(), 1);
    assert!(settle(&database, second.id, None).await);
    assert!(unsettled(Uuid::nil()).await.is_empty());
    let found = find(&database, &first).await.unwrap();
    assert_eq!((&*found.body, found.settled_at), ("[]", Some(NOW + 5)));
    assert_eq!(find(&database, &second).await.unwrap().body, second.body);

    let mut tx = database.begin().await.unwrap();
    provider_objects::set_body(&mut tx, first.id, "late").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&database, &first).await.unwrap().body, "[]", "what ended stays as it ended");
    let mut tx = database.begin().await.unwrap();
    assert!(provider_objects::remove(&mut tx, first.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(find(&database, &first).await, None);
}
