//! Answers that are kept.

use gateway::{
    kernel::Ids,
    storage::{
        Database,
        tables::{
            stored_items::{self, StoredItemRow},
            stored_responses::{self, Settlement, StoredResponseRow},
        },
    },
};
use shared::{
    Timestamp,
    id::{Request, Team, User},
};
use uuid::Uuid;

const NOW: i64 = 1_790_000_000_000_000;

fn row(ids: &Ids, status: &str) -> StoredResponseRow {
    let now = Timestamp::from_micros(NOW);
    StoredResponseRow {
        id: ids.next::<Request>(now).uuid(),
        user_id: ids.next::<User>(now).uuid(),
        team_id: ids.next::<Team>(now).uuid(),
        previous_id: Some(Uuid::from_u128(7)),
        model: "Model".to_owned(),
        status: status.to_owned(),
        is_background: 1,
        input: "[{\"content\":\"Grüße \\u0000 👋\"}]".to_owned(),
        response: format!("{{\"top_p\": 1.00, \"text\": \"{}\"}}", "x".repeat(300_000)),
        problem: None,
        created_at: NOW,
        expires_at: NOW + 10,
    }
}

async fn add(database: &Database, row: &StoredResponseRow) {
    let mut tx = database.begin().await.unwrap();
    stored_responses::add(&mut tx, row).await.unwrap();
    tx.commit().await.unwrap();
}

async fn find(database: &Database, row: &StoredResponseRow) -> Option<StoredResponseRow> {
    stored_responses::find(database, row.id, row.user_id, NOW).await.unwrap()
}

async fn settle(database: &Database, id: Uuid, response: Option<&str>) {
    let settlement = Settlement { status: "completed", response, problem: None };
    let mut tx = database.begin().await.unwrap();
    stored_responses::settle(&mut tx, id, &settlement).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn an_answer_comes_back_as_it_went_in_to_its_owner_until_it_expires(
    database: Database,
) {
    let row = row(&Ids::seeded(1), "completed");
    add(&database, &row).await;
    assert_eq!(find(&database, &row).await.as_ref(), Some(&row));
    let stranger = stored_responses::find(&database, row.id, row.team_id, NOW).await.unwrap();
    assert_eq!(stranger, None);
    for (now, is_there) in [(NOW + 9, true), (NOW + 10, false)] {
        let found = stored_responses::find(&database, row.id, row.user_id, now).await.unwrap();
        assert_eq!(found.is_some(), is_there);
    }
    for (user, is_gone) in [(row.team_id, false), (row.user_id, true), (row.user_id, false)] {
        let mut tx = database.begin().await.unwrap();
        assert_eq!(stored_responses::remove(&mut tx, row.id, user).await.unwrap(), is_gone);
        tx.commit().await.unwrap();
    }
}

pub(crate) async fn an_answer_that_was_cancelled_stays_so_whatever_its_writer_stores(
    database: Database,
) {
    let ids = Ids::seeded(2);
    let (cancelled, finished) = (row(&ids, "in_progress"), row(&ids, "in_progress"));
    add(&database, &cancelled).await;
    add(&database, &finished).await;
    settle(&database, finished.id, Some("{}")).await;
    for (id, was_being_written) in
        [(cancelled.id, true), (cancelled.id, false), (finished.id, false)]
    {
        let mut tx = database.begin().await.unwrap();
        assert_eq!(stored_responses::cancel(&mut tx, id).await.unwrap(), was_being_written);
        tx.commit().await.unwrap();
    }
    settle(&database, cancelled.id, Some("{}")).await;
    let found = find(&database, &cancelled).await.unwrap();
    assert_eq!((&*found.status, &found.response), ("cancelled", &cancelled.response));
    let found = find(&database, &finished).await.unwrap();
    assert_eq!((&*found.status, &*found.response), ("completed", "{}"));
    let status = stored_responses::status(&database, cancelled.id).await.unwrap();
    assert_eq!(status.as_deref(), Some("cancelled"));
    assert_eq!(stored_responses::status(&database, Uuid::nil()).await.unwrap(), None);
}

pub(crate) async fn what_a_crash_cut_off_has_failed_and_nothing_else(database: Database) {
    let ids = Ids::seeded(3);
    let statuses = ["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"];
    let rows = statuses.map(|status| row(&ids, status));
    for row in &rows {
        add(&database, row).await;
    }
    for expected in [2, 0] {
        let mut tx = database.begin().await.unwrap();
        assert_eq!(stored_responses::abandon(&mut tx, "It stopped.").await.unwrap(), expected);
        tx.commit().await.unwrap();
    }
    for row in &rows {
        let found = find(&database, row).await.unwrap();
        let is_cut_off = matches!(row.status.as_str(), "queued" | "in_progress");
        assert_eq!(found.problem.as_deref(), is_cut_off.then_some("It stopped."));
        assert_eq!(found.status, if is_cut_off { "failed" } else { &row.status });
        assert_eq!(found.response, row.response);
    }
}

pub(crate) async fn what_has_expired_is_removed(database: Database) {
    let ids = Ids::seeded(4);
    let old = row(&ids, "completed");
    let young = StoredResponseRow { expires_at: NOW + 11, ..row(&ids, "completed") };
    add(&database, &old).await;
    add(&database, &young).await;
    assert!(stored_responses::expired(&database, NOW + 9, 9).await.unwrap().is_empty());
    let expired = stored_responses::expired(&database, NOW + 10, 9).await.unwrap();
    assert_eq!(expired, [old.id]);
    let mut tx = database.begin().await.unwrap();
    stored_responses::remove_all(&mut tx, &expired).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&database, &old).await, None);
    assert!(find(&database, &young).await.is_some());
}

pub(crate) async fn items_are_found_by_their_ids_until_their_answer_goes(database: Database) {
    let answers = [Uuid::from_u128(1), Uuid::from_u128(2)];
    let longest = "ü".repeat(stored_items::LONGEST_ID_CHARACTERS);
    let items = ["msg_1".to_owned(), "MSG_1".to_owned(), longest.clone()];
    let mut tx = database.begin().await.unwrap();
    stored_items::add(&mut tx, answers[0], &items).await.unwrap();
    stored_items::add(&mut tx, answers[1], &items[..1]).await.unwrap();
    stored_items::add(&mut tx, answers[1], &[]).await.unwrap();
    tx.commit().await.unwrap();
    let row = |answer: usize, item_id: &str| StoredItemRow {
        response_id: answers[answer],
        item_id: item_id.to_owned(),
    };
    let mut found = stored_items::find(&database, &["msg_1", "msg_2", &longest]).await.unwrap();
    found.sort_by_key(|row| (row.response_id, row.item_id.clone()));
    assert_eq!(found, [row(0, "msg_1"), row(0, &longest), row(1, "msg_1")]);
    let mut tx = database.begin().await.unwrap();
    stored_items::remove(&mut tx, &answers[..1]).await.unwrap();
    tx.commit().await.unwrap();
    let left = stored_items::find(&database, &["msg_1", "MSG_1"]).await.unwrap();
    assert_eq!(left, [row(1, "msg_1")]);
}
