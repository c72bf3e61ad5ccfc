use shared::view::chat::{MessageStatus, RunEvent};
use tokio::runtime::Builder;

use super::house::{House, on_every_database, on_every_url};
use crate::storage::{Database, tables::messages};

#[tokio::test]
async fn an_answer_cut_off_by_a_crash_keeps_what_had_come_and_says_so() {
    on_every_url(async |url: String| {
        let database = Database::open(&url).await.unwrap();
        // The process that will crash is a runtime of its own, with connections of its own.
        let crashing = Database::open(&url).await.unwrap();
        let house = House::new(crashing.clone()).await;
        let process = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut model = house.script.next_answer();
        let conversations = house.conversations.clone();
        let ada = house.ada.clone();
        let started = process
            .spawn(async move { conversations.send(&ada, None, "demo", "Hello").await })
            .await
            .unwrap()
            .unwrap();
        model.says("What had come");
        let id = started.message_id.uuid();
        while messages::find(&database, id).await.unwrap().unwrap().text.is_empty() {
            tokio::task::yield_now().await;
        }
        process.shutdown_background();
        model.is_let_go().await;

        let after = house.as_after_a_restart_on(database.clone());
        assert_eq!(after.conversations.recover().await.unwrap(), 1);
        assert_eq!(after.conversations.recover().await.unwrap(), 0);
        let view = after.opens(started.conversation_id).await;
        let answer = view.messages.last().unwrap();
        assert_eq!(answer.status, MessageStatus::Failed);
        assert_eq!(answer.text, "What had come");
        assert!(answer.problem.as_ref().unwrap().contains("stopped"));
        let events = after.events(started.message_id, Some(7)).await;
        assert!(matches!(events.as_slice(), [(8, RunEvent::End { .. })]), "{events:?}");
        after.conversations.stop(&after.ada, started.message_id).await.unwrap();
        database.close().await;
        crashing.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_of_another_replica_is_followed_through_the_database() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("Hello").await;
        let other = house.as_after_a_restart();
        let refused = other.conversations.stop(&other.ada, started.message_id).await.unwrap_err();
        assert_eq!(refused.status, 409);
        let read = other.end_of(started.message_id);
        let written = async {
            model.says("From elsewhere.");
            model.finishes();
            house.end_of(started.message_id).await
        };
        let (seen, written) = tokio::join!(read, written);
        assert_eq!(seen.text, written.text);
        assert_eq!(seen.status, MessageStatus::Complete);
    })
    .await;
}
