//! The chat on the real pipeline, with the `demo` provider.

use futures_util::StreamExt;
use shared::{
    Money,
    receipt::{Outcome, Receipt, Stage},
    view::chat::{MessageStatus, RunEvent},
};
use tempfile::TempDir;

use super::house::signs_in;
use crate::{
    Gateway, Opened,
    conversations::Conversations,
    identity::{Client, Principal},
    kernel::{Clock, Ids, config},
    proxy::ledger,
    storage::Database,
};

const CONFIGURATION: &str = "
providers: { demo: { kind: demo } }
models:
  - name: demo
    price: { input: '1', output: '2' }
    backends: [ { provider: demo, model: demo } ]
";

struct Running {
    opened: Opened,
    conversations: Conversations,
    ada: Principal,
    directory: TempDir,
}

async fn running() -> Running {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gateway.yaml");
    std::fs::write(&file, CONFIGURATION).unwrap();
    let mut config = config::load(Some(&file), std::iter::empty()).unwrap();
    config.data.directory = directory.path().join("data");
    let opened = Gateway::open(&config, Clock::system(), Ids::random()).await.unwrap();
    let gateway = &opened.gateway;
    let ada = signs_in(&gateway.users, &gateway.sign_in, "ada@example.org").await;
    gateway
        .sign_in
        .choose_password(&ada, &Client::default(), "correct horse battery")
        .await
        .unwrap();
    let conversations = gateway.conversations.clone();
    Running { opened, conversations, ada, directory }
}

impl Running {
    /// Stops the gateway; the receipts that its ledger holds then.
    async fn ledger_at_the_end(self) -> Vec<Receipt> {
        let gateway = &self.opened.gateway;
        gateway.begin_stop();
        gateway.close().await;
        let file = self.directory.path().join("data").join("helix.db");
        let database = Database::open(&format!("sqlite:{}", file.display())).await.unwrap();
        ledger::page(&database, None, 10).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_shows_the_receipt_that_the_ledger_holds() {
    let running = running().await;
    let started =
        running.conversations.send(&running.ada, None, "demo", "Say something.").await.unwrap();
    let events =
        running.conversations.events(&running.ada, started.message_id, None).await.unwrap();
    let (_, end) = events.collect::<Vec<_>>().await.pop().unwrap();
    let RunEvent::End { message, conversation_cost } = end else { panic!("{end:?}") };
    assert_eq!(message.status, MessageStatus::Complete);
    assert!(!message.text.is_empty());
    let receipt = message.receipt.unwrap();
    assert_eq!(receipt.outcome, Outcome::Finished);
    assert_eq!(receipt.verdicts.len(), Stage::ALL.len());
    assert!(receipt.cost > Money::ZERO);
    assert_eq!(conversation_cost, receipt.cost);
    assert_eq!(running.ledger_at_the_end().await, [receipt]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_answer_is_billed_for_what_had_come() {
    let running = running().await;
    let started =
        running.conversations.send(&running.ada, None, "demo", "Say something.").await.unwrap();
    let mut events =
        running.conversations.events(&running.ada, started.message_id, None).await.unwrap();
    assert!(matches!(events.next().await, Some((_, RunEvent::Tail { .. }))));
    running.conversations.stop(&running.ada, started.message_id).await.unwrap();
    let view = running.conversations.open(&running.ada, started.conversation_id).await.unwrap();
    let answer = view.messages.last().unwrap();
    assert_eq!(answer.status, MessageStatus::Stopped);
    assert!(!answer.text.is_empty());
    let receipt = answer.receipt.clone().unwrap();
    assert_eq!(receipt.outcome, Outcome::ClientGone);
    assert!(receipt.cost > Money::ZERO);
    assert_eq!(running.ledger_at_the_end().await, [receipt]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_model_is_refused_by_the_pipeline_and_the_receipt_says_where() {
    let running = running().await;
    let started = running.conversations.send(&running.ada, None, "nothing", "Hello").await.unwrap();
    let events =
        running.conversations.events(&running.ada, started.message_id, None).await.unwrap();
    let (_, end) = events.collect::<Vec<_>>().await.pop().unwrap();
    let RunEvent::End { message, .. } = end else { panic!("{end:?}") };
    assert_eq!(message.status, MessageStatus::Failed);
    assert!(message.problem.unwrap().contains("`nothing`"));
    let receipt = message.receipt.unwrap();
    assert_eq!((receipt.outcome, receipt.cost), (Outcome::Refused, Money::ZERO));
    assert_eq!(running.ledger_at_the_end().await, [receipt]);
}
