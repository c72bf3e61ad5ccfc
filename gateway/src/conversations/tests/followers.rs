use futures_util::StreamExt;
use shared::view::chat::{MessageStatus, RunEvent};

use super::house::{House, on_every_database};
use crate::storage::Database;

const ANSWER: &str =
    "# Title\n\nFirst *paragraph*.\n\n- one\n- two\n\n```rust\nlet a = 1;\n```\n\nLast.";

/// What a reader has on the screen, and whether each event came once and in order.
#[derive(Default)]
struct Screen {
    last: Option<u64>,
    blocks: Vec<String>,
    tail: String,
    end: Option<RunEvent>,
}

impl Screen {
    fn show(&mut self, (sequence, event): (u64, RunEvent)) {
        assert!(self.last.is_none_or(|last| sequence > last), "{sequence} came again");
        assert!(self.end.is_none(), "something came after the end");
        self.last = Some(sequence);
        match event {
            RunEvent::Block { index, html } => {
                assert_eq!(index as usize, self.blocks.len(), "a block is missing or came twice");
                self.blocks.push(html);
            }
            RunEvent::Tail { html } => self.tail = html,
            end @ RunEvent::End { .. } => self.end = Some(end),
        }
    }

    fn html(&self) -> String {
        format!("{}{}", self.blocks.concat(), self.tail)
    }

    fn final_html(&self) -> String {
        match &self.end {
            Some(RunEvent::End { message, .. }) => message.html.clone(),
            other => panic!("not ended: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_reader_that_reconnects_at_every_event_sees_everything_exactly_once() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("Hello").await;
        let mut screen = Screen::default();
        for word in ANSWER.split_inclusive(' ') {
            model.says(word);
            // What this word brings, one event per connection.
            let mut events = house
                .conversations
                .events(&house.ada, started.message_id, screen.last)
                .await
                .unwrap();
            screen.show(events.next().await.unwrap());
        }
        model.finishes();
        while screen.end.is_none() {
            let mut events = house
                .conversations
                .events(&house.ada, started.message_id, screen.last)
                .await
                .unwrap();
            screen.show(events.next().await.unwrap());
        }
        let end = house.end_of(started.message_id).await;
        assert_eq!(end.text, ANSWER);
        assert_eq!(screen.final_html(), end.html);
    })
    .await;
}

#[tokio::test]
async fn two_readers_and_a_late_one_see_the_same_answer() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("Hello").await;
        let follow = async || {
            let events = house.conversations.events(&house.ada, started.message_id, None);
            events.await.unwrap()
        };
        let (mut first, mut second) = (follow().await, follow().await);
        let (head, rest) = ANSWER.split_at(ANSWER.len() / 2);
        model.says(head);
        let mut screens = [Screen::default(), Screen::default(), Screen::default()];
        screens[0].show(first.next().await.unwrap());
        let mut late = follow().await;
        model.says(rest);
        model.finishes();
        for (screen, events) in screens.iter_mut().zip([&mut first, &mut second, &mut late]) {
            while let Some(event) = events.next().await {
                screen.show(event);
            }
            assert_eq!(screen.html(), screen.final_html());
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_is_over_is_told_by_its_end_alone() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let started = house.is_told("Hello", ANSWER).await;
        for after in [None, Some(3)] {
            // The run may be there for a moment after its end was told; then it tells the rest.
            let events = house.events(started.message_id, after).await;
            let (sequence, end) = events.last().unwrap();
            assert!(*sequence > after.unwrap_or(0));
            let RunEvent::End { message, .. } = end else { panic!("{end:?} is not the end") };
            assert_eq!(message.status, MessageStatus::Complete);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_has_to_read_along_for_an_answer_to_be_written() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let mut model = house.script.next_answer();
        let started = house.asks("Hello").await;
        let events = house.conversations.events(&house.ada, started.message_id, None).await;
        drop(events.unwrap());
        model.says(ANSWER);
        model.finishes();
        model.is_let_go().await;
        assert_eq!(house.end_of(started.message_id).await.text, ANSWER);
    })
    .await;
}
