//! Providers as their page shows them.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, id::ConfigurationObjectId};

/// One provider; never a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderSummary {
    /// By which models name it.
    pub name: String,
    /// What is written after `kind:`.
    pub kind: String,
    /// The kind for people; none where the kind is not known.
    pub title: Option<String>,
    /// Where it is; none for one inside the gateway.
    pub address: Option<String>,
    /// What opens it.
    pub credential: CredentialSummary,
    /// Whether it can be changed here; none for what the configuration file says.
    pub managed: Option<ManagedProvider>,
    /// How many models name it.
    pub models: usize,
    /// Why it is not in force.
    pub problem: Option<String>,
}

/// What opens a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialSummary {
    /// The configuration file has it.
    InFile,
    /// These are sealed in the database.
    Sealed(Vec<String>),
    /// Nothing that is written anywhere: the machine's own identity, or none.
    Unwritten,
}

/// A provider that can be changed while gateways run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedProvider {
    /// Its id.
    pub id: ConfigurationObjectId,
    /// How often it was written; a change rests on it.
    pub version: i64,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Where it is, as it was written.
    pub base_url: String,
    /// What else was written, as JSON; empty where nothing was.
    pub settings: String,
}

/// A provider as a person has written it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderDraft {
    /// By which models are to name it; a change does not change it.
    pub name: String,
    /// What is written after `kind:`.
    pub kind: String,
    /// Where it is; empty for the vendor's own address.
    pub base_url: String,
    /// Its key; empty keeps the one that is there.
    pub api_key: String,
    /// Further keys, in YAML or JSON; empty for none.
    pub settings: String,
}

/// What a check of a provider has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCheck {
    /// The provider.
    pub name: String,
    /// Label and finding.
    pub findings: Vec<(String, String)>,
    /// What failed and the next step; none where all is well.
    pub failure: Option<String>,
}
