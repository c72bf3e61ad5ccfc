use futures_util::StreamExt;
use shared::{
    Money, Problem, ProblemCode,
    receipt::Outcome,
    view::chat::{Author, MessageStatus, RunEvent},
};

use super::{
    house::{House, on_every_database},
    script::COST,
};
use crate::storage::Database;

#[tokio::test]
async fn a_whole_answer_is_stored_with_its_receipt_and_its_cost() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let started = house.is_told("What is *this*?\nTell me.", "It is **bold**.").await;
        let view = house.opens(started.conversation_id).await;
        assert_eq!((view.title.as_str(), view.model.as_str()), ("What is *this*?", "demo"));
        assert_eq!(view.cost, COST);
        let [question, answer] = view.messages.as_slice() else { panic!("{view:?}") };
        assert_eq!(question.author, Author::User);
        assert!(question.html.contains("*this*?<br>"), "{}", question.html);
        assert_eq!(answer.status, MessageStatus::Complete);
        assert!(answer.html.contains("<strong>bold</strong>"), "{}", answer.html);
        assert_eq!(answer.receipt.as_ref().unwrap().cost, COST);
        assert_eq!(house.end_of(started.message_id).await, *answer);
    })
    .await;
}

#[tokio::test]
async fn stop_lets_go_of_the_call_and_keeps_and_bills_what_had_come() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("Count").await;
        let mut events =
            house.conversations.events(&house.ada, started.message_id, None).await.unwrap();
        model.says("one two");
        assert!(matches!(events.next().await, Some((_, RunEvent::Tail { .. }))));
        house.conversations.stop(&house.ada, started.message_id).await.unwrap();
        model.is_let_go().await;
        model.says(" three");
        let view = house.opens(started.conversation_id).await;
        let answer = view.messages.last().unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (MessageStatus::Stopped, "one two"));
        assert_eq!(answer.receipt.as_ref().unwrap().cost, COST);
        let (_, end) = events.collect::<Vec<_>>().await.pop().unwrap();
        let RunEvent::End { message, conversation_cost } = end else { panic!("{end:?}") };
        assert_eq!((message.as_ref(), conversation_cost), (answer, COST));
        // Stopping what has ended changes nothing.
        house.conversations.stop(&house.ada, started.message_id).await.unwrap();
        assert_eq!(house.opens(started.conversation_id).await, view);
    })
    .await;
}

#[tokio::test]
async fn stop_before_the_first_word_lets_go_of_the_call_too() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let model = house.script.next_answer();
        let started = house.asks("Count").await;
        house.conversations.stop(&house.ada, started.message_id).await.unwrap();
        model.is_let_go().await;
        let answer = house.end_of(started.message_id).await;
        assert_eq!((answer.status, answer.text.as_str()), (MessageStatus::Stopped, ""));
        assert!(answer.receipt.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_refused_call_is_an_answer_that_failed_and_says_why() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        house
            .script
            .next_answer()
            .refuses(Problem::new(ProblemCode::BudgetExceeded, "The budget is used up."));
        let started = house.asks("Hello").await;
        let answer = house.end_of(started.message_id).await;
        assert_eq!(answer.status, MessageStatus::Failed);
        assert_eq!(answer.problem.as_deref(), Some("The budget is used up."));
        let receipt = answer.receipt.unwrap();
        assert_eq!((receipt.outcome, receipt.cost), (Outcome::Refused, Money::ZERO));
    })
    .await;
}

#[tokio::test]
async fn an_error_in_the_stream_keeps_what_had_come_and_says_why() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        model.says("half an ");
        model.sends(r#"{"error":{"message":"The provider went away."}}"#);
        let started = house.asks("Hello").await;
        let answer = house.end_of(started.message_id).await;
        assert_eq!((answer.status, answer.text.as_str()), (MessageStatus::Failed, "half an "));
        assert_eq!(answer.problem.as_deref(), Some("The provider went away."));
        model.is_let_go().await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_ends_without_saying_so_is_not_a_whole_answer() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        model.says("half an ");
        model.breaks_off();
        let started = house.asks("Hello").await;
        let answer = house.end_of(started.message_id).await;
        assert_eq!((answer.status, answer.text.as_str()), (MessageStatus::Failed, "half an "));
        assert!(answer.problem.unwrap().contains("broke off"));
    })
    .await;
}

#[tokio::test]
async fn a_defect_on_the_way_does_not_leave_an_answer_unfinished() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        // Nothing is prepared, so the script panics when it is asked.
        let started = house.asks("Hello").await;
        let answer = house.end_of(started.message_id).await;
        assert_eq!(answer.status, MessageStatus::Failed);
        assert!(answer.problem.unwrap().contains("defect"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_end_is_ended_and_what_had_come_is_kept() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let mebibyte = "words ".repeat(1024 * 1024 / 6);
        for _ in 0..3 {
            model.says(&mebibyte);
        }
        let started = house.asks("Hello").await;
        model.is_let_go().await;
        let answer = house.end_of(started.message_id).await;
        assert_eq!(answer.status, MessageStatus::Failed);
        assert_eq!(answer.text.len(), 2 * mebibyte.len());
    })
    .await;
}

#[tokio::test]
async fn when_the_gateway_stops_its_answers_are_ended_and_say_so() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut models = [house.script.next_answer(), house.script.next_answer()];
        let begun = house.asks("Begun").await;
        let mut events =
            house.conversations.events(&house.ada, begun.message_id, None).await.unwrap();
        models[0].says("half an ");
        assert!(matches!(events.next().await, Some((_, RunEvent::Tail { .. }))));
        let not_begun = house.asks("Not begun").await;
        house.conversations.interrupt().await;
        for (started, text) in [(begun, "half an "), (not_begun, "")] {
            let answer = house.end_of(started.message_id).await;
            assert_eq!((answer.status, answer.text.as_str()), (MessageStatus::Failed, text));
            assert!(answer.problem.unwrap().contains("gateway stopped"));
            assert!(answer.receipt.is_some());
        }
        for model in &models {
            model.is_let_go().await;
        }
    })
    .await;
}
