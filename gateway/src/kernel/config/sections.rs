//! The sections of `gateway.yaml` and their defaults.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;
use shared::{
    Money,
    view::spend::{BudgetLevel, BudgetMode, BudgetPeriod},
};
use url::Url;

use super::{Catalog, Limit, Model, Provider, Realtime, Redis, Routing, Sealing};
use crate::kernel::Secret;

/// The whole configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whose gateway this is.
    pub organization: Organization,
    /// Where the gateway listens and what it accepts.
    pub server: Server,
    /// Where files are kept.
    pub data: Data,
    /// Which database.
    pub database: DatabaseConfig,
    /// What several nodes count together.
    #[serde(alias = "valkey")]
    pub redis: Redis,
    /// How records are kept.
    pub records: Records,
    /// How calls are passed on.
    pub proxy: Proxy,
    /// How backends are chosen and left alone.
    pub routing: Routing,
    /// Which answers of the Responses API are kept.
    pub responses: Responses,
    /// Where files of callers go.
    pub files: Files,
    /// How batches are watched.
    pub batches: Batches,
    /// How long sessions of the realtime API last.
    pub realtime: Realtime,
    /// Where the key is that seals credentials in the database.
    pub sealing: Sealing,
    /// What is logged.
    pub log: Log,
    /// Where models are, by a name of your choice.
    pub providers: BTreeMap<String, Provider>,
    /// What callers may ask for.
    pub models: Vec<Model>,
    /// What is taken from others about models and their prices.
    pub catalog: Catalog,
    /// Teams and what they may use.
    pub teams: Vec<Team>,
    /// Spending limits.
    pub budgets: Vec<Budget>,
    /// Rate limits.
    pub limits: Vec<Limit>,
}

/// `organization`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organization {
    /// As a FinOps tool tells it from others: the billing account of exports.
    pub id: String,
    /// For people.
    pub name: String,
}

impl Default for Organization {
    fn default() -> Self {
        Self { id: "organization".to_owned(), name: "Organization".to_owned() }
    }
}

/// `server`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: String,
    /// The URL that people use, where a proxy stands in front; for links and cookies.
    pub public_url: Option<Url>,
    /// The largest body that is accepted, in bytes.
    pub body_limit_bytes: usize,
    /// The largest form with files that is accepted, in bytes.
    pub upload_limit_bytes: u64,
    /// How long calls under way may go on after a stop was asked for.
    pub shutdown_seconds: u64,
    /// How long a browser session lasts.
    pub session_hours: i64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            body_limit_bytes: 16 * 1024 * 1024,
            upload_limit_bytes: 128 * 1024 * 1024,
            shutdown_seconds: 30,
            session_hours: 24 * 7,
        }
    }
}

/// `data`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// The directory for the journal and, unless another database is named, SQLite.
    pub directory: PathBuf,
}

impl Default for Data {
    fn default() -> Self {
        Self { directory: PathBuf::from("./data") }
    }
}

/// `database`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:`, `postgres:` or `mysql:`; SQLite in the data directory if left out.
    pub url: Option<Secret>,
}

/// `records`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Records {
    /// What an answer waits for.
    pub durability: Durability,
    /// How much may wait for the database before calls are refused, in bytes.
    pub backlog_limit_bytes: u64,
    /// Where it is kept which calls are under way.
    pub journal: JournalPlace,
    /// How long a node may be silent before another one takes over what it had under way, where
    /// that is in the database.
    pub adopt_after_seconds: u32,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            durability: Durability::Group,
            backlog_limit_bytes: 1024 * 1024 * 1024,
            journal: JournalPlace::Files,
            adopt_after_seconds: 60,
        }
    }
}

/// Where it is kept which calls are under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalPlace {
    /// In the data directory, which outlives the process.
    Files,
    /// In the database too, because the data directory may be gone with the process.
    Database,
}

/// What an answer waits for before it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The record is written; the disk is synced in groups right after. Safe against a crash of
    /// the process.
    Group,
    /// The record is synced. Safe against a crash of the machine.
    Strict,
}

/// `proxy`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// What becomes of a call whose client has gone.
    pub on_client_disconnect: DisconnectPolicy,
    /// How long connecting to a provider may take.
    pub connect_timeout_ms: u64,
    /// How long a provider may take until the first byte of its answer.
    pub first_byte_timeout_ms: u64,
    /// How long a provider may pause in the middle of an answer.
    pub idle_timeout_ms: u64,
    /// How long a call may take in all, over all backends; no limit if left out.
    pub total_timeout_ms: Option<u64>,
    /// How long a call may wait for other calls to give budget back before it is refused.
    pub budget_wait_ms: u64,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            on_client_disconnect: DisconnectPolicy::Cancel,
            connect_timeout_ms: 5_000,
            first_byte_timeout_ms: 120_000,
            idle_timeout_ms: 60_000,
            total_timeout_ms: None,
            budget_wait_ms: 2_000,
        }
    }
}

/// What becomes of a call whose client has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisconnectPolicy {
    /// The provider's stream is cut; what it did is billed by estimate.
    Cancel,
    /// The answer is read to its end, so that the bill is exact.
    Drain,
}

/// `responses`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Responses {
    /// How many days an answer is kept that its caller wants kept; 0 keeps none.
    pub keep_days: u32,
}

impl Default for Responses {
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

/// `files`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Files {
    /// The provider that takes files which are for no batch; left out, the only one that has files.
    pub provider: Option<String>,
    /// What becomes of a request that names a file which was not uploaded through the gateway.
    pub unknown: UnknownFiles,
}

/// What becomes of a request that names a file which the gateway does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownFiles {
    /// It is relayed: the provider knows what is there.
    #[default]
    Relay,
    /// It is refused.
    Refuse,
}

/// `batches`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Batches {
    /// How often providers are asked whether batches have ended, so that their bills become right
    /// also where nobody comes back for them.
    pub watch_seconds: u64,
}

impl Default for Batches {
    fn default() -> Self {
        Self { watch_seconds: 180 }
    }
}

/// `log`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or a filter such as `info,sqlx=warn`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// One of `teams`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its name; made at start if there is none of that name.
    pub name: String,
    /// Which models its members may use.
    #[serde(default)]
    pub models: ModelLists,
    /// Lists for single members, by e-mail address; both the team's and the member's must allow.
    #[serde(default)]
    pub members: BTreeMap<String, ModelLists>,
    /// Where its data may be processed, in the words of `backends[].region`; anywhere if left out.
    #[serde(default)]
    pub regions: Option<Vec<String>>,
}

/// Names of models; `*` stands for any text. Deny wins over allow.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelLists {
    /// Only these; every model if left out.
    pub allow: Option<Vec<String>>,
    /// Never these.
    pub deny: Vec<String>,
}

/// One of `budgets`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Whom it binds.
    pub level: BudgetLevel,
    /// The team's name, the user's e-mail address or the key's id; nothing for the instance. A `*`
    /// binds every team, user or key, each on its own.
    #[serde(default)]
    pub name: Option<String>,
    /// Dollars per period.
    pub limit: Money,
    /// How long it counts before it is whole again. Nothing is carried over.
    #[serde(default)]
    pub period: BudgetPeriod,
    /// What happens when it is used up.
    #[serde(default = "default_mode")]
    pub mode: BudgetMode,
    /// The IANA time zone that says where a day, a week or a month begins.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// Shares of the limit, in percent, at which an event is told, once per window.
    #[serde(default = "default_thresholds")]
    pub thresholds_percent: Vec<u16>,
}

const fn default_mode() -> BudgetMode {
    BudgetMode::Hard
}

fn default_thresholds() -> Vec<u16> {
    vec![80, 100]
}

fn default_time_zone() -> String {
    "UTC".to_owned()
}
