//! The configuration: one typed tree, read once at start, refused as a whole when anything in it
//! is wrong.
//!
//! `gateway.yaml` first, then `HELIX__SECTION__KEY` from the environment. An unknown key or a
//! wrong value stops the start with line, key and the nearest valid key. Every default is here.

mod aws;
mod azure;
mod capabilities;
mod catalog;
mod check;
mod github;
mod google;
mod hosts;
mod limits;
mod load;
mod managed;
mod models;
mod names;
mod preset;
mod price;
mod prices;
mod provider;
mod providers;
mod realtime;
mod redis;
mod routing;
mod sealing;
mod sections;
mod usage_shape;

pub use aws::Aws;
pub use azure::{Azure, AzureLogin, AzureMachine, ManagedIdentity};
pub use capabilities::{Capabilities, Modality};
pub use catalog::{Catalog, PriceSource, SourceFormat};
pub use check::check;
pub use github::GitHub;
pub use google::Google;
pub use hosts::{BetaLists, Host, HostBetas, HostFields};
pub use limits::{EACH, Limit, LimitLevel, LimitPeriod};
pub use load::{ConfigError, load};
pub use managed::{document, managed_model, managed_provider};
pub use models::{Backend, Model, ModelApi, ReasoningControl};
pub use preset::{CredentialNeed, ModelList, Preset, PresetSurface, StreamUsage};
pub use price::{LongPromptPrice, Price, TierPrice};
pub use prices::Prices;
pub use provider::{OutputLimitField, Provider, ProviderKind, UnsupportedFields};
pub use realtime::Realtime;
pub use redis::Redis;
pub use routing::{Affinity, Breaker, Routing, Strategy};
pub use sealing::{MasterKeySource, Sealing};
pub use sections::{
    Batches, Budget, Config, Data, DatabaseConfig, DisconnectPolicy, Durability, Files,
    JournalPlace, Log, LogFormat, ModelLists, Organization, Proxy, Records, Responses, Server,
    Team, UnknownFiles,
};
pub use usage_shape::{CachedField, ReasoningField, SearchesField, UsagePlace, UsageShape};
