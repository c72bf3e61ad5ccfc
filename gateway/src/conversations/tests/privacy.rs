use shared::{Problem, ProblemCode};

use super::house::{House, nobodys, on_every_database};
use crate::storage::Database;

fn assert_unknown<T>(result: Result<T, Problem>) {
    let problem = result.err().expect("a stranger is refused");
    assert_eq!(problem.code, ProblemCode::NotFound);
}

#[tokio::test]
async fn for_a_stranger_a_conversation_does_not_exist_whatever_he_tries() {
    on_every_database(async |database: Database| {
        let house = House::new(database).await;
        let started = house.is_told("A secret", "Indeed.").await;
        let (conversation, message) = (started.conversation_id, started.message_id);
        let (bob, chat) = (&house.bob, &house.conversations);
        assert!(chat.list(bob).await.unwrap().is_empty());
        assert_unknown(chat.open(bob, conversation).await);
        assert_unknown(chat.send(bob, Some(conversation), "demo", "x").await);
        assert_unknown(chat.regenerate(bob, message).await);
        assert_unknown(chat.choose_sibling(bob, message, 1).await);
        assert_unknown(chat.stop(bob, message).await);
        assert_unknown(chat.events(bob, message, None).await);
        assert_unknown(chat.rename(bob, conversation, "x").await);
        assert_unknown(chat.delete(bob, conversation).await);
        // In the same words as for one that nobody has.
        assert_eq!(
            chat.open(bob, conversation).await.unwrap_err(),
            chat.open(bob, nobodys()).await.unwrap_err()
        );
        assert_eq!(house.opens(conversation).await.messages.len(), 2);
    })
    .await;
}
