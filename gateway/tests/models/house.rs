//! A gateway of a configuration, with people in it.

use std::{collections::HashMap, fs, net::TcpListener, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt;
use gateway::{
    Gateway,
    admin::NewUser,
    audit::Actor,
    call::{Call, Credential, Surface},
    identity::Principal,
    kernel::{Clock, Ids, Secret, config},
    storage::{
        Database,
        tables::calls::{self, CallRow},
    },
    wire::ModelPath,
};
use http::HeaderMap;
use serde_json::Value;
use shared::{Problem, Role, Timestamp};
use tempfile::TempDir;

/// 2026-09-21T14:13:20Z.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
/// Who is in which team.
const PEOPLE: [(&str, &str); 5] = [
    ("ada", "Research"),
    ("bob", "Research"),
    ("pat", "Support"),
    ("sam", "Support"),
    ("gus", "Guests"),
];

pub(crate) struct House {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) clock: Clock,
    keys: HashMap<&'static str, Secret>,
    directory: TempDir,
}

impl House {
    pub(crate) async fn open(yaml: &str) -> Self {
        let (directory, clock) = (tempfile::tempdir().unwrap(), Clock::manual(NOW));
        let config = configuration(yaml, &directory);
        let opened = Gateway::open(&config, clock.clone(), Ids::seeded(1)).await.unwrap();
        let gateway = opened.gateway;
        let mut keys = HashMap::new();
        for (name, team) in PEOPLE {
            let user = NewUser {
                email: format!("{name}@example.com"),
                name: name.to_owned(),
                team: team.to_owned(),
                role: Role::Member,
                password: None,
            };
            let email = user.email.clone();
            gateway.users.add(&Actor::system(), user).await.unwrap();
            let key = gateway.keys.create_for_email(&email, "key").await.unwrap();
            keys.insert(name, Secret::new(key.secret));
        }
        Self { gateway, clock, keys, directory }
    }

    pub(crate) fn person(&self, name: &str) -> Principal {
        self.gateway.proxy.caller(&Credential::ApiKey(self.keys[name].clone())).unwrap()
    }

    /// Asks, and reads the answer to its end; a second passes.
    pub(crate) async fn ask(
        &self,
        name: &str,
        surface: Surface,
        path: Option<ModelPath>,
        body: &Value,
    ) -> Result<(), Problem> {
        let call = Call {
            request_id: self.gateway.proxy.next_request_id(),
            surface,
            credential: Credential::ApiKey(self.keys[name].clone()),
            vendor_headers: HeaderMap::new(),
            path,
            body: Bytes::from(body.to_string()),
            upload: None,
            batch: None,
            received_at: self.clock.now(),
        };
        let answer = self.gateway.proxy.serve(call).await;
        self.clock.set(self.clock.now().plus_seconds(1));
        let mut answer = answer?;
        while let Some(part) = answer.body.next().await {
            part.unwrap();
        }
        Ok(())
    }

    /// Ends the gateway; gives the records of all calls in the order of their arrival.
    pub(crate) async fn records(self) -> Vec<CallRow> {
        self.gateway.close().await;
        let url = format!("sqlite:{}", self.directory.path().join("helix.db").display());
        let database = Database::open(&url).await.unwrap();
        calls::page(&database, None, 1_000).await.unwrap()
    }
}

pub(crate) fn configuration(yaml: &str, data: &TempDir) -> config::Config {
    let file = tempfile::NamedTempFile::new().unwrap();
    let data = format!("data: {{ directory: {} }}\n", data.path().display());
    fs::write(file.path(), data + yaml).unwrap();
    config::load(Some(file.path()), []).unwrap()
}

/// The address of a provider that has gone.
pub(crate) fn nobody() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}/v1")
}
