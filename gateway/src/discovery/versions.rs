//! Versions of what was synced, and which of them is in force.

use serde::Deserialize;
use serde_json::json;
use shared::Timestamp;

use super::{Discovery, DiscoveryError};
use crate::{
    audit::{Action, Actor, Change},
    catalog::sources::{Difference, Objection},
    storage::{
        StorageError,
        tables::{
            catalog_sources, catalog_state,
            catalog_versions::{self, CatalogVersionRow},
            change_sequence,
        },
    },
};

/// How many versions are told.
const MOST_VERSIONS: u64 = 100;

/// Whether a version was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionStatus {
    /// It was in force, or is.
    Applied,
    /// It was not believed.
    Refused,
}

impl VersionStatus {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
        }
    }
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptVersion {
    /// From 1 on.
    pub version: i64,
    /// Whether it is the one that counts.
    pub is_in_force: bool,
    /// Whether it was believed.
    pub status: VersionStatus,
    /// When it was synced.
    pub made_at: Timestamp,
    /// For whom.
    pub made_by: String,
    /// When it was last decided about it.
    pub decided_at: Timestamp,
    /// By whom.
    pub decided_by: String,
    /// What it is from.
    pub sources: Vec<VersionSource>,
    /// Of how many models it tells.
    pub models: i64,
    /// How many were added, removed and changed.
    pub counts: (i64, i64, i64),
    /// The first of these.
    pub difference: Difference,
    /// Why it was refused.
    pub objections: Vec<Objection>,
}

/// A source of a version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VersionSource {
    /// By what it is known.
    pub name: String,
    /// When it was read, in microseconds.
    pub read_at: Option<i64>,
}

/// A source as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSource {
    /// By what it is known.
    pub name: String,
    /// When it was last asked.
    pub asked_at: Timestamp,
    /// When it last told something else; none where nothing could be read yet.
    pub read_at: Option<Timestamp>,
    /// Why the last answer could not be used; none where it could.
    pub failure: Option<String>,
    /// Of how many models it tells.
    pub models: i64,
    /// How much of it was not understood.
    pub remarks: i64,
}

impl Discovery {
    /// The versions that are kept, the newest first.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn versions(&self) -> Result<Vec<KeptVersion>, StorageError> {
        let in_force = catalog_state::current(&self.0.database).await?.in_force;
        let rows = catalog_versions::list(&self.0.database, MOST_VERSIONS).await?;
        rows.into_iter().map(|row| KeptVersion::of(row, in_force)).collect()
    }

    /// Every source that was ever asked.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn kept_sources(&self) -> Result<Vec<KeptSource>, StorageError> {
        let rows = catalog_sources::list(&self.0.database).await?;
        Ok(rows
            .into_iter()
            .map(|row| KeptSource {
                name: row.name,
                asked_at: Timestamp::from_micros(row.asked_at),
                read_at: row.read_at.map(Timestamp::from_micros),
                failure: row.failure,
                models: row.models,
                remarks: row.remarks,
            })
            .collect())
    }

    /// Puts a version in force that was refused.
    ///
    /// # Errors
    /// [`DiscoveryError::NoVersion`], [`DiscoveryError::NotRefused`], or what the database reports.
    pub async fn accept(&self, actor: &Actor, version: i64) -> Result<(), DiscoveryError> {
        let found = self.find(version).await?;
        if found.status != VersionStatus::Refused.as_str() {
            return Err(DiscoveryError::NotRefused(version));
        }
        self.put_in_force(actor, version, Action::CatalogAccept).await
    }

    /// Puts a version in force again; 0 is before the first one, when nothing was synced.
    ///
    /// # Errors
    /// [`DiscoveryError::NoVersion`], [`DiscoveryError::NotApplied`], [`DiscoveryError::InForce`],
    /// or what the database reports.
    pub async fn roll_back(&self, actor: &Actor, version: i64) -> Result<(), DiscoveryError> {
        if version != 0 && self.find(version).await?.status != VersionStatus::Applied.as_str() {
            return Err(DiscoveryError::NotApplied(version));
        }
        self.put_in_force(actor, version, Action::CatalogRollback).await
    }

    async fn find(&self, version: i64) -> Result<CatalogVersionRow, DiscoveryError> {
        let found = catalog_versions::find(&self.0.database, version).await?;
        found.ok_or(DiscoveryError::NoVersion(version))
    }

    async fn put_in_force(
        &self,
        actor: &Actor,
        version: i64,
        action: Action,
    ) -> Result<(), DiscoveryError> {
        let mut tx = self.0.database.begin().await?;
        let before = catalog_state::hold(&mut tx).await?.in_force;
        if before == version {
            return Err(DiscoveryError::InForce(version));
        }
        if action == Action::CatalogAccept {
            let by = (self.0.clock.now().micros(), actor.who.as_str());
            let change = (VersionStatus::Refused.as_str(), VersionStatus::Applied.as_str());
            if !catalog_versions::decide(&mut tx, version, change, by).await? {
                return Err(DiscoveryError::NotRefused(version));
            }
        }
        catalog_state::put_in_force(&mut tx, version).await?;
        let change = Change {
            actor,
            action,
            resource: format!("catalog version {version}"),
            before: Some(json!({ "version": before })),
            after: Some(json!({ "version": version })),
        };
        self.0.audit.record(&mut tx, change).await?;
        change_sequence::raise(&mut tx).await?;
        tx.commit().await?;
        self.refresh_if_changed().await?;
        Ok(())
    }
}

impl KeptVersion {
    fn of(row: CatalogVersionRow, in_force: i64) -> Result<Self, StorageError> {
        let corrupt = || StorageError::Corrupt { column: "catalog_versions" };
        let status = [VersionStatus::Applied, VersionStatus::Refused]
            .into_iter()
            .find(|status| status.as_str() == row.status)
            .ok_or_else(corrupt)?;
        Ok(Self {
            version: row.version,
            is_in_force: row.version == in_force,
            status,
            made_at: Timestamp::from_micros(row.made_at),
            made_by: row.made_by,
            decided_at: Timestamp::from_micros(row.decided_at),
            decided_by: row.decided_by,
            sources: serde_json::from_str(&row.sources).map_err(|_| corrupt())?,
            models: row.models,
            counts: (row.added, row.removed, row.changed),
            difference: serde_json::from_str(&row.difference).map_err(|_| corrupt())?,
            objections: serde_json::from_str(&row.objections).map_err(|_| corrupt())?,
        })
    }
}
