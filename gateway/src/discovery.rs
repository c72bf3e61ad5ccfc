//! Discovery: what is known of models beside the configuration, synced, kept in versions, and in
//! force on every node within a second.
//!
//! Public price lists and the providers' own lists are asked hourly, by one node at a time, where
//! the configuration says so; else nobody is asked. What they tell becomes a candidate, which is
//! checked against what is in force and takes its place or is refused as a whole. A source that
//! fails keeps what it told last. Every change is audited in its own transaction, and every version
//! can be put in force again.

mod asking;
mod complete;
mod kept;
mod overrides;
mod sync;
mod versions;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use shared::id::NodeId;

pub use self::{
    asking::{Asked, SourceState},
    complete::Completed,
    sync::{Outcome, SyncReport, When},
    versions::{KeptSource, KeptVersion, VersionStatus},
};
use crate::{
    audit::Audit,
    catalog::sources::{Known, ModelKey, Snapshot, Unreadable, Wanted},
    kernel::{Clock, Ids, config::Config},
    providers::ProviderError,
    storage::{
        Database, StorageError,
        tables::{catalog_overrides, catalog_state, catalog_versions},
    },
};

/// Why something about the catalogue cannot be done; nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What asks others could not be set up.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Nobody is to be asked.
    #[error(
        "the configuration names nobody who could be asked; name price lists in `catalog.sources`, \
         or write `catalog.discover: true`"
    )]
    NoSources,
    /// Another node is at it.
    #[error("another node is syncing at the moment; try again in a minute")]
    Busy,
    /// Somebody else has changed what is in force meanwhile.
    #[error("what is in force was changed meanwhile; try again")]
    Overtaken,
    /// There is no such version.
    #[error("there is no version {0}; `helixgateway models versions` lists those that there are")]
    NoVersion(i64),
    /// Only what was refused can be accepted.
    #[error("version {0} was not refused; `helixgateway models rollback` goes back to it")]
    NotRefused(i64),
    /// Only what was in force can be so again.
    #[error("version {0} was refused; `helixgateway models accept` puts it in force")]
    NotApplied(i64),
    /// It is so already.
    #[error("version {0} is in force already")]
    InForce(i64),
    /// Nothing is said of the model that could be taken back.
    #[error("nothing is said of {0} in place of what sources say")]
    NoOverride(ModelKey),
    /// What is said of the model is not as the configuration writes it.
    #[error("{0}")]
    BadOverride(String),
    /// What a source has told.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Nothing was read yet.
const UNSEEN: (i64, i64) = (-1, -1);

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Discovery(Arc<Inner>);

struct Inner {
    /// The configuration that is completed by what is known.
    config: ArcSwap<Config>,
    database: Database,
    audit: Audit,
    node: NodeId,
    clock: Clock,
    ids: Ids,
    in_force: ArcSwap<InForce>,
    /// Counts what was in force on this node.
    edition: AtomicU64,
}

/// What is in force on this node, as far as its configuration needs it.
struct InForce {
    known: Known,
    /// Models that providers have listed, by the providers' names.
    listed: BTreeMap<String, Vec<String>>,
    /// Which version and how many changes of overrides that is.
    seen: (i64, i64),
}

impl Discovery {
    /// Reads what is in force.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn open(
        config: &Config,
        database: Database,
        audit: Audit,
        clock: Clock,
        ids: Ids,
    ) -> Result<Self, StorageError> {
        let known = Known::built_in(config);
        let first = InForce { known, listed: BTreeMap::new(), seen: UNSEEN };
        let discovery = Self(Arc::new(Inner {
            config: ArcSwap::from_pointee(config.clone()),
            database,
            node: audit.node(),
            audit,
            clock,
            ids,
            in_force: ArcSwap::from_pointee(first),
            edition: AtomicU64::new(0),
        }));
        discovery.refresh_if_changed().await?;
        Ok(discovery)
    }

    /// Completes another configuration from now on, which [`Discovery::refresh_if_changed`] takes on.
    pub fn reconfigure(&self, config: Config) {
        let known = Known::built_in(&config);
        self.0.config.store(Arc::new(config));
        self.now_in_force(InForce { known, listed: BTreeMap::new(), seen: UNSEEN });
    }

    fn now_in_force(&self, in_force: InForce) {
        self.0.in_force.store(Arc::new(in_force));
        self.0.edition.fetch_add(1, Ordering::Release);
    }

    /// Another number whenever [`Discovery::completed`] says something else.
    #[must_use]
    pub fn edition(&self) -> u64 {
        self.0.edition.load(Ordering::Acquire)
    }

    /// Reads what is in force again, if it is something else than it was; gives whether it is.
    ///
    /// # Errors
    /// What the database reports; then what was in force stays.
    pub async fn refresh_if_changed(&self) -> Result<bool, StorageError> {
        let state = catalog_state::current(&self.0.database).await?;
        let seen = (state.in_force, state.override_changes);
        let now = self.0.in_force.load_full();
        if now.seen == seen {
            return Ok(false);
        }
        let config = self.0.config.load_full();
        let wanted = Wanted::by(&config);
        let is_wanted = |key: &ModelKey| wanted.contains(key);
        let mut known = now.known.clone();
        known.overrides = self.overrides().await?;
        known.overrides.retain(is_wanted);
        let mut listed = BTreeMap::new();
        known.synced = match self.snapshot_of(state.in_force).await? {
            Some(mut snapshot) => {
                for name in config.providers.keys() {
                    let models: Vec<String> = snapshot.listed_by(name).map(str::to_owned).collect();
                    if !models.is_empty() {
                        listed.insert(name.clone(), models);
                    }
                }
                snapshot.retain(is_wanted);
                Some((state.in_force, snapshot))
            }
            None => None,
        };
        self.now_in_force(InForce { known, listed, seen });
        Ok(true)
    }

    /// Models that providers are known to have, by the names of the providers.
    #[must_use]
    pub fn listed(&self) -> BTreeMap<String, Vec<String>> {
        self.0.in_force.load().listed.clone()
    }

    /// Everything that administrators say in place of what sources say.
    async fn overrides(&self) -> Result<Snapshot, StorageError> {
        let corrupt = StorageError::Corrupt { column: "catalog_overrides" };
        let mut overrides = Snapshot::default();
        for row in catalog_overrides::list(&self.0.database).await? {
            let place = row.place.parse();
            let facts = serde_json::from_str(&row.facts);
            let (Ok(place), Ok(facts)) = (place, facts) else { return Err(corrupt) };
            overrides.add(place, &row.model, facts);
        }
        Ok(overrides)
    }

    /// Everything that a version says; none for version 0, which says nothing.
    async fn snapshot_of(&self, version: i64) -> Result<Option<Snapshot>, StorageError> {
        if version == 0 {
            return Ok(None);
        }
        let packed = catalog_versions::facts(&self.0.database, version).await?;
        let packed = packed.ok_or(StorageError::Corrupt { column: "catalog_state.in_force" })?;
        kept::unpacked(&packed, "catalog_versions.facts").map(Some)
    }
}
