use serde_json::json;
use shared::{ProblemCode, view::chat::MessageStatus};

use super::{
    house::{House, on_every_database},
    script::COST,
};
use crate::storage::Database;

#[tokio::test]
async fn the_model_is_sent_the_shown_path_without_what_failed() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let started = house.is_told("One", "First").await;
        let conversation = Some(started.conversation_id);
        let send = async |text| {
            let started = house.conversations.send(&house.ada, conversation, "other", text).await;
            house.end_of(started.unwrap().message_id).await
        };
        let mut model = house.script.next_answer();
        model.says("half");
        model.breaks_off();
        assert_eq!(send("Two").await.status, MessageStatus::Failed);
        house.script.will_say("Third");
        send("Three").await;
        let asked = house.script.asked();
        assert_eq!(
            asked.last().unwrap(),
            &json!({
                "model": "other",
                "messages": [
                    { "role": "user", "content": "One" },
                    { "role": "assistant", "content": "First" },
                    { "role": "user", "content": "Two" },
                    { "role": "user", "content": "Three" },
                ],
                "stream": true,
                "stream_options": { "include_usage": true },
            })
        );
        assert_eq!(house.opens(started.conversation_id).await.model, "other");
    })
    .await;
}

#[tokio::test]
async fn asking_again_keeps_the_former_answer_as_a_sibling_that_can_be_shown() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let first = house.is_told("Question", "First").await;
        house.clock.set(house.clock.now().plus_seconds(1));
        house.script.will_say("Second");
        let second = house.conversations.regenerate(&house.ada, first.message_id).await.unwrap();
        assert_eq!(second.conversation_id, first.conversation_id);
        let answer = house.end_of(second.message_id).await;
        assert_eq!((answer.sibling, answer.siblings), (2, 2));
        assert_eq!(house.script.asked()[1]["messages"].as_array().unwrap().len(), 1);

        let shown = async || {
            let view = house.opens(first.conversation_id).await;
            (view.messages.last().unwrap().text.clone(), view.messages.len(), view.cost)
        };
        let both = COST.saturating_add(COST);
        assert_eq!(shown().await, ("Second".to_owned(), 2, both));
        house.conversations.choose_sibling(&house.ada, second.message_id, 1).await.unwrap();
        assert_eq!(shown().await, ("First".to_owned(), 2, both));
        for wrong in [0, 3] {
            let refused =
                house.conversations.choose_sibling(&house.ada, second.message_id, wrong).await;
            assert_eq!(refused.unwrap_err().pointer.as_deref(), Some("sibling"));
        }
        // What follows a sibling comes back with it.
        house.clock.set(house.clock.now().plus_seconds(1));
        house.script.will_say("Third");
        let next =
            house.conversations.send(&house.ada, Some(first.conversation_id), "demo", "And then?");
        house.end_of(next.await.unwrap().message_id).await;
        house.conversations.choose_sibling(&house.ada, first.message_id, 2).await.unwrap();
        assert_eq!(shown().await.0, "Second");
        house.conversations.choose_sibling(&house.ada, second.message_id, 1).await.unwrap();
        assert_eq!(shown().await.0, "Third");
    })
    .await;
}

#[tokio::test]
async fn while_an_answer_is_written_nothing_else_is_sent_after_it() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("One").await;
        let conversation = Some(started.conversation_id);
        let refused = house.conversations.send(&house.ada, conversation, "demo", "Two").await;
        assert_eq!(refused.unwrap_err().code, ProblemCode::Conflict);
        let refused = house.conversations.regenerate(&house.ada, started.message_id).await;
        assert_eq!(refused.unwrap_err().code, ProblemCode::Conflict);
        model.says("Done");
        model.finishes();
        house.end_of(started.message_id).await;
        assert_eq!(house.opens(started.conversation_id).await.messages.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn of_two_windows_that_send_at_once_one_is_told_that_nothing_was_sent() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let started = house.is_told("One", "First").await;
        let conversation = Some(started.conversation_id);
        let _models = [house.script.next_answer(), house.script.next_answer()];
        let send =
            async |text| house.conversations.send(&house.ada, conversation, "demo", text).await;
        let results: [_; 2] = tokio::join!(send("left"), send("right")).into();
        let refused = results.iter().filter_map(|result| result.as_ref().err()).collect::<Vec<_>>();
        assert_eq!(refused.len(), 1, "{results:?}");
        assert_eq!(refused[0].code, ProblemCode::Conflict);
        assert_eq!(house.opens(started.conversation_id).await.messages.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_conversation_is_gone_and_its_answer_is_stopped() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("One").await;
        model.says("half");
        house.conversations.delete(&house.ada, started.conversation_id).await.unwrap();
        model.is_let_go().await;
        assert!(house.conversations.list(&house.ada).await.unwrap().is_empty());
        let opened = house.conversations.open(&house.ada, started.conversation_id).await;
        assert_eq!(opened.unwrap_err().code, ProblemCode::NotFound);
    })
    .await;
}

#[tokio::test]
async fn the_list_begins_with_the_conversation_that_was_used_last() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let first = house.is_told("First", "x").await;
        house.clock.set(house.clock.now().plus_seconds(1));
        let second = house.is_told("Second", "x").await;
        let titles = async || {
            let list = house.conversations.list(&house.ada).await.unwrap();
            list.into_iter().map(|entry| entry.title).collect::<Vec<_>>()
        };
        assert_eq!(titles().await, ["Second", "First"]);
        house.clock.set(house.clock.now().plus_seconds(1));
        house.script.will_say("y");
        let first_again = Some(first.conversation_id);
        let sent = house.conversations.send(&house.ada, first_again, "demo", "More").await;
        house.end_of(sent.unwrap().message_id).await;
        assert_eq!(titles().await, ["First", "Second"]);
        house
            .conversations
            .rename(&house.ada, second.conversation_id, "  A better title ")
            .await
            .unwrap();
        assert_eq!(titles().await, ["First", "A better title"]);
        let refused = house.conversations.rename(&house.ada, second.conversation_id, " ").await;
        assert_eq!(refused.unwrap_err().pointer.as_deref(), Some("title"));
    })
    .await;
}
