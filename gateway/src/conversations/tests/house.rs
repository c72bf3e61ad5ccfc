//! A database with two people in it, and the conversations over it.

use std::{env, future::Future, sync::Arc};

use futures_util::StreamExt;
use shared::{
    Role, Timestamp,
    id::{Conversation, ConversationId, MessageId},
    view::chat::{ConversationView, MessageView, RunEvent},
};
use sqlx::{AssertSqlSafe, Executor};
use tokio_util::task::TaskTracker;

use super::script::Script;
use crate::{
    admin::{NewUser, Users},
    audit::{Actor, Audit},
    conversations::{Conversations, RunStarted},
    identity::{Client, Identity, Principal, SignIn},
    kernel::{Clock, Ids},
    storage::Database,
};

const SESSION_SECONDS: i64 = 3_600;

pub(super) struct House {
    pub(super) database: Database,
    pub(super) conversations: Conversations,
    pub(super) script: Script,
    pub(super) clock: Clock,
    pub(super) ada: Principal,
    pub(super) bob: Principal,
}

impl House {
    pub(super) async fn new(database: Database) -> Self {
        let clock = Clock::manual(Timestamp::from_micros(1_790_000_000_000_000));
        let ids = Ids::random();
        let script = Script::new(ids.clone());
        let identity = Identity::open(database.clone(), clock.clone()).await.unwrap();
        let node = shared::Id::from_uuid(uuid::Uuid::from_u128(1));
        let audit = Audit::open(&database, node, clock.clone(), ids.clone()).await.unwrap();
        let sign_in = SignIn::new(
            database.clone(),
            Arc::clone(&identity),
            audit.clone(),
            clock.clone(),
            ids.clone(),
            SESSION_SECONDS,
        );
        let users = Users::new(database.clone(), identity, audit, clock.clone(), ids.clone());
        let ada = signs_in(&users, &sign_in, "ada@example.org").await;
        let bob = signs_in(&users, &sign_in, "bob@example.org").await;
        let conversations = Conversations::on(
            database.clone(),
            Box::new(script.clone()),
            clock.clone(),
            ids,
            TaskTracker::new(),
        );
        Self { database, conversations, script, clock, ada, bob }
    }

    /// The same database seen by another process.
    pub(super) fn as_after_a_restart(&self) -> Self {
        self.as_after_a_restart_on(self.database.clone())
    }

    /// The same, over connections of its own.
    pub(super) fn as_after_a_restart_on(&self, database: Database) -> Self {
        let conversations = Conversations::on(
            database.clone(),
            Box::new(self.script.clone()),
            self.clock.clone(),
            Ids::random(),
            TaskTracker::new(),
        );
        Self {
            database,
            conversations,
            script: self.script.clone(),
            clock: self.clock.clone(),
            ada: self.ada.clone(),
            bob: self.bob.clone(),
        }
    }

    /// Ada asks something in a new conversation.
    pub(super) async fn asks(&self, text: &str) -> RunStarted {
        self.conversations.send(&self.ada, None, "demo", text).await.unwrap()
    }

    /// Ada asks and the model says `answer`.
    pub(super) async fn is_told(&self, text: &str, answer: &str) -> RunStarted {
        self.script.will_say(answer);
        let started = self.asks(text).await;
        self.end_of(started.message_id).await;
        started
    }

    /// Waits for the end of a run.
    pub(super) async fn end_of(&self, message: MessageId) -> MessageView {
        let events = self.events(message, None).await;
        match events.into_iter().next_back() {
            Some((_, RunEvent::End { message, .. })) => *message,
            other => panic!("the run ended with {other:?}"),
        }
    }

    /// All events up to the end of the run.
    pub(super) async fn events(
        &self,
        message: MessageId,
        after: Option<u64>,
    ) -> Vec<(u64, RunEvent)> {
        self.conversations.events(&self.ada, message, after).await.unwrap().collect().await
    }

    pub(super) async fn opens(&self, id: ConversationId) -> ConversationView {
        self.conversations.open(&self.ada, id).await.unwrap()
    }
}

/// A new person's session.
pub(super) async fn signs_in(users: &Users, sign_in: &SignIn, email: &str) -> Principal {
    let person = NewUser {
        email: email.to_owned(),
        name: email.to_owned(),
        team: "Readers".to_owned(),
        role: Role::Member,
        password: None,
    };
    users.add(&Actor::system(), person).await.unwrap();
    let link = users.sign_in_link(email).await.unwrap();
    let session = sign_in.with_link(&link, &Client::default()).await.unwrap();
    sign_in.principal(&session.token).unwrap()
}

/// An id of a conversation that does not exist.
pub(super) fn nobodys() -> ConversationId {
    Ids::random().next::<Conversation>(Timestamp::from_micros(0))
}

/// Runs a case on SQLite, and on PostgreSQL and MySQL where the environment names a server; each
/// time in a database of its own.
pub(super) async fn on_every_database<F: Future<Output = ()>>(case: impl Fn(Database) -> F) {
    on_every_url(async |url: String| {
        let database = Database::open(&url).await.unwrap();
        case(database.clone()).await;
        database.close().await;
    })
    .await;
}

/// The same for a case that opens the database itself.
pub(super) async fn on_every_url(case: impl AsyncFn(String)) {
    let directory = tempfile::tempdir().unwrap();
    case(format!("sqlite:{}", directory.path().join("test.db").display())).await;
    for variable in ["HELIX_TEST_POSTGRES_URL", "HELIX_TEST_MYSQL_URL"] {
        if let Ok(server) = env::var(variable) {
            on_server(&server, &case).await;
        }
    }
}

async fn on_server(server: &str, case: &impl AsyncFn(String)) {
    let name = format!("helix_{}", hex(&Ids::random().bytes::<8>()));
    run_on(server, format!("CREATE DATABASE {name}")).await;
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(&name);
    case(url.to_string()).await;
    run_on(server, format!("DROP DATABASE {name}")).await;
}

async fn run_on(server: &str, sql: String) {
    if server.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(server).await.unwrap();
        pool.execute(AssertSqlSafe(sql)).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::MySqlPool::connect(server).await.unwrap();
        pool.execute(AssertSqlSafe(sql)).await.unwrap();
        pool.close().await;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
