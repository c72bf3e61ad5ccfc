//! The configuration: one typed tree, read once at start, refused as a whole when anything in it
//! is wrong.
//!
//! `gateway.yaml` first, then `HELIX__SECTION__KEY` from the environment. An unknown key or a
//! wrong value stops the start with line, key and the nearest valid key. Every default is here.

mod check;
mod load;
mod price;
mod sections;

pub use load::{ConfigError, load};
pub use price::{LongPromptPrice, Price, TierPrice};
pub use sections::{
    Backend, Budget, Config, Data, DatabaseConfig, DisconnectPolicy, Durability, JournalPlace, Log,
    LogFormat, Model, ModelLists, Organization, OutputLimitField, Provider, ProviderKind, Proxy,
    ReasoningControl, Records, Server, Team, UnsupportedFields,
};
