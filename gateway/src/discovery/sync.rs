//! One sync: ask, put together, check, and take over or refuse.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Asked, Discovery, DiscoveryError, SourceState, VersionStatus, asking::Answer, kept};
use crate::{
    audit::{Action, Actor, Change},
    catalog::sources::{
        Bounds, Deployed, Difference, InUse, Known, Objection, Snapshot, objections,
    },
    storage::{
        StorageError, Tx,
        tables::{
            catalog_sources,
            catalog_state::{self, SyncLease},
            catalog_versions::{self, CatalogVersionRow},
            change_sequence,
        },
    },
};

/// How often it is looked whether a sync is due, at most.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// What a sync takes beside asking.
const LEASE_MARGIN: Duration = Duration::from_mins(1);
/// How many versions are kept.
const KEPT_VERSIONS: i64 = 100;
/// How many models a kept difference names of each kind.
const KEPT_CHANGES: usize = 200;

/// When a sync is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Where the last one is long enough ago.
    Due,
    /// Now.
    Now,
}

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// None was due, or another node is at it.
    NotDue,
    /// Everything is as it was.
    Unchanged,
    /// This version is in force now.
    Applied(i64),
    /// This version was refused; nothing is changed.
    Refused(i64),
}

/// What a sync has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// Who was asked.
    pub asked: Vec<Asked>,
    /// What differs from what was in force.
    pub difference: Difference,
    /// Why that is not to be taken over; nothing where it is.
    pub objections: Vec<Objection>,
    /// What it came to.
    pub outcome: Outcome,
}

/// What was put together, and what it would change.
struct Candidate {
    snapshot: Snapshot,
    difference: Difference,
    objections: Vec<Objection>,
    /// Against which version.
    in_force: i64,
    is_same: bool,
}

impl Discovery {
    /// Syncs when it is due, until the gateway stops.
    pub async fn watch(self, stop: CancellationToken) {
        if !self.asks_anybody() {
            return;
        }
        let (system, mut unheard) = (Actor::system(), |_: &Asked| {});
        while stop.run_until_cancelled(sleep(self.pause())).await.is_some() {
            let syncing = Box::pin(self.sync(&system, When::Due, &mut unheard));
            match stop.run_until_cancelled(syncing).await {
                Some(Ok(report)) => log(&report),
                Some(Err(error)) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "models and prices could not be synced; what is in force stays"
                ),
                None => {}
            }
        }
    }

    /// Nodes that were started together do not all ask at the same moment.
    fn pause(&self) -> Duration {
        let longest = LONGEST_PAUSE.min(self.period() / 4);
        let [random] = self.0.ids.bytes::<1>();
        longest / 2 + longest / 2 * u32::from(random) / 255
    }

    fn period(&self) -> Duration {
        Duration::from_secs(u64::from(self.0.config.load().catalog.sync_minutes) * 60)
    }

    /// Asks everybody and tells what would change; changes nothing.
    ///
    /// # Errors
    /// [`DiscoveryError`].
    pub async fn try_out(
        &self,
        tell: &mut (dyn FnMut(&Asked) + Send),
    ) -> Result<SyncReport, DiscoveryError> {
        let (answers, candidate) = self.candidate(tell).await?;
        let outcome = match (candidate.is_same, candidate.objections.is_empty()) {
            (true, _) => Outcome::Unchanged,
            (false, true) => Outcome::Applied(0),
            (false, false) => Outcome::Refused(0),
        };
        Ok(report(answers, candidate, outcome))
    }

    /// Syncs.
    ///
    /// # Errors
    /// [`DiscoveryError`]; what is in force stays.
    pub async fn sync(
        &self,
        actor: &Actor,
        when: When,
        tell: &mut (dyn FnMut(&Asked) + Send),
    ) -> Result<SyncReport, DiscoveryError> {
        if !self.asks_anybody() {
            return Err(DiscoveryError::NoSources);
        }
        if !self.begin(when).await? {
            let nothing = SyncReport {
                asked: Vec::new(),
                difference: Difference::default(),
                objections: Vec::new(),
                outcome: Outcome::NotDue,
            };
            return if when == When::Due { Ok(nothing) } else { Err(DiscoveryError::Busy) };
        }
        let report = self.sync_begun(actor, tell).await;
        if report.is_err() {
            // What has failed says more than why its end could not be noted.
            drop(self.end().await);
        }
        report
    }

    async fn begin(&self, when: When) -> Result<bool, StorageError> {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let now = self.0.clock.now().micros();
        let lease = SyncLease {
            node: self.0.node.uuid(),
            now,
            until: now.saturating_add(micros(self.longest_asking() + LEASE_MARGIN)),
            due_before: match when {
                When::Due => now.saturating_sub(micros(self.period())),
                When::Now => i64::MAX,
            },
        };
        let mut tx = self.0.database.begin().await?;
        let is_ours = catalog_state::begin_sync(&mut tx, lease).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    async fn end(&self) -> Result<(), StorageError> {
        let mut tx = self.0.database.begin().await?;
        self.end_in(&mut tx).await?;
        tx.commit().await
    }

    async fn end_in(&self, tx: &mut Tx) -> Result<(), StorageError> {
        let now = self.0.clock.now().micros();
        catalog_state::end_sync(tx, self.0.node.uuid(), now).await
    }

    async fn sync_begun(
        &self,
        actor: &Actor,
        tell: &mut (dyn FnMut(&Asked) + Send),
    ) -> Result<SyncReport, DiscoveryError> {
        let (answers, mut candidate) = self.candidate(tell).await?;
        let outcome = self.keep(actor, &answers, &mut candidate).await?;
        self.refresh_if_changed().await?;
        Ok(report(answers, candidate, outcome))
    }

    async fn candidate(
        &self,
        tell: &mut (dyn FnMut(&Asked) + Send),
    ) -> Result<(Vec<Answer>, Candidate), DiscoveryError> {
        if !self.asks_anybody() {
            return Err(DiscoveryError::NoSources);
        }
        let state = catalog_state::current(&self.0.database).await?;
        let in_force = self.snapshot_of(state.in_force).await?.unwrap_or_default();
        let rows = catalog_sources::list(&self.0.database).await?;
        let mut answers = self.ask_all(rows, tell).await?;
        let mut snapshot = Snapshot::default();
        for said in answers.iter_mut().filter_map(|answer| answer.snapshot.take()) {
            snapshot.add_all(said);
        }
        let difference = Difference::between(&in_force, &snapshot);
        let in_use = self.in_use(&in_force, &snapshot).await?;
        let catalog = self.0.config.load().catalog.clone();
        let bounds = Bounds {
            largest_change: catalog.largest_change,
            most_models_percent: catalog.most_models_percent,
        };
        let objections = objections(&in_force, &difference, &in_use, bounds);
        let is_same = snapshot == in_force;
        let in_force = state.in_force;
        Ok((answers, Candidate { snapshot, difference, objections, in_force, is_same }))
    }

    /// What would count for each deployment, of what the configuration leaves out.
    async fn in_use(
        &self,
        in_force: &Snapshot,
        candidate: &Snapshot,
    ) -> Result<Vec<InUse>, StorageError> {
        let known = self.0.in_force.load_full().known.clone();
        let known = Known { overrides: self.overrides().await?, ..known };
        let with =
            |snapshot: &Snapshot| Known { synced: Some((0, snapshot.clone())), ..known.clone() };
        let (before, after) = (with(in_force), with(candidate));
        let taking_prices = Deployed::taking_prices(&self.0.config.load());
        let all = Deployed::all(&self.0.config.load());
        Ok(all
            .iter()
            .map(|deployed| {
                let (mut before, mut after) = (before.facts(deployed), after.facts(deployed));
                if !taking_prices.contains(deployed) {
                    (before.price, after.price) = (None, None);
                }
                InUse { key: deployed.key(), before, after }
            })
            .collect())
    }

    /// Keeps what was told, and the candidate where it is another one.
    async fn keep(
        &self,
        actor: &Actor,
        answers: &[Answer],
        candidate: &mut Candidate,
    ) -> Result<Outcome, DiscoveryError> {
        let mut tx = self.0.database.begin().await?;
        let state = catalog_state::hold(&mut tx).await?;
        if state.in_force != candidate.in_force {
            return Err(DiscoveryError::Overtaken);
        }
        for answer in answers {
            catalog_sources::set(&mut tx, answer.row.clone()).await?;
        }
        let outcome = if candidate.is_same {
            Outcome::Unchanged
        } else {
            self.keep_candidate(&mut tx, actor, answers, candidate).await?
        };
        self.end_in(&mut tx).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    async fn keep_candidate(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        answers: &[Answer],
        candidate: &mut Candidate,
    ) -> Result<Outcome, DiscoveryError> {
        let corrupt = || StorageError::Corrupt { column: "catalog_versions.facts" };
        let digest = candidate.snapshot.digest().map_err(|_| corrupt())?;
        let newest = catalog_versions::newest(tx).await?;
        let applied = catalog_versions::newest_of(tx, VersionStatus::Applied.as_str()).await?;
        if applied.is_some_and(|applied| applied > candidate.in_force) {
            let in_force = candidate.in_force;
            candidate.objections.push(Objection::HeldBack { in_force });
        }
        let is_refused = !candidate.objections.is_empty();
        if let Some(newest) = newest.as_ref().filter(|newest| newest.digest == digest)
            && is_refused
        {
            // It was decided about it before, and nothing has changed since.
            return Ok(Outcome::Refused(newest.version));
        }
        let version = newest.map_or(1, |newest| newest.version + 1);
        let status = if is_refused { VersionStatus::Refused } else { VersionStatus::Applied };
        let row = self.row(version, status, (actor, &digest), answers, candidate)?;
        let change = Change {
            actor,
            action: if is_refused { Action::CatalogRefuse } else { Action::CatalogSync },
            resource: format!("catalog version {version}"),
            before: Some(json!({ "version": candidate.in_force })),
            after: Some(json!({
                "version": version,
                "models": row.models,
                "added": row.added,
                "removed": row.removed,
                "changed": row.changed,
                "objections": candidate.objections.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })),
        };
        self.0.audit.record(tx, change).await?;
        let packed = kept::packed(&candidate.snapshot).map_err(|_| corrupt())?;
        catalog_versions::add(tx, row, packed).await?;
        let in_force = if is_refused { candidate.in_force } else { version };
        catalog_versions::remove_before(tx, version - KEPT_VERSIONS, in_force).await?;
        if is_refused {
            return Ok(Outcome::Refused(version));
        }
        catalog_state::put_in_force(tx, version).await?;
        change_sequence::raise(tx).await?;
        Ok(Outcome::Applied(version))
    }

    fn row(
        &self,
        version: i64,
        status: VersionStatus,
        (actor, digest): (&Actor, &[u8; 32]),
        answers: &[Answer],
        candidate: &Candidate,
    ) -> Result<CatalogVersionRow, StorageError> {
        let Candidate { snapshot, difference, objections, .. } = candidate;
        let now = self.0.clock.now().micros();
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let corrupt = |_| StorageError::Corrupt { column: "catalog_versions.difference" };
        let sources: Vec<_> = answers
            .iter()
            .filter(|answer| answer.row.facts.is_some())
            .map(|answer| json!({ "name": answer.row.name, "read_at": answer.row.read_at }))
            .collect();
        Ok(CatalogVersionRow {
            version,
            status: status.as_str().to_owned(),
            made_at: now,
            made_by: actor.who.clone(),
            decided_at: now,
            decided_by: actor.who.clone(),
            sources: serde_json::to_string(&sources).map_err(corrupt)?,
            models: count(snapshot.len()),
            added: count(difference.added.len()),
            removed: count(difference.removed.len()),
            changed: count(difference.changed.len()),
            difference: serde_json::to_string(&difference.first(KEPT_CHANGES)).map_err(corrupt)?,
            objections: serde_json::to_string(objections).map_err(corrupt)?,
            digest: digest.to_vec(),
        })
    }
}

fn report(answers: Vec<Answer>, candidate: Candidate, outcome: Outcome) -> SyncReport {
    SyncReport {
        asked: answers.into_iter().map(|answer| answer.asked).collect(),
        difference: candidate.difference,
        objections: candidate.objections,
        outcome,
    }
}

fn log(report: &SyncReport) {
    for asked in &report.asked {
        if let SourceState::Failed(why) = &asked.state {
            metrics::counter!("helix_catalog_source_failures_total").increment(1);
            tracing::warn!(
                source = asked.name,
                why,
                "a source of models and prices cannot be used; what it said before counts on"
            );
        }
    }
    match report.outcome {
        Outcome::NotDue | Outcome::Unchanged => {}
        Outcome::Applied(version) => tracing::info!(
            version,
            added = report.difference.added.len(),
            removed = report.difference.removed.len(),
            changed = report.difference.changed.len(),
            "what was synced about models and prices is in force"
        ),
        Outcome::Refused(version) => {
            metrics::counter!("helix_catalog_refusals_total").increment(1);
            tracing::warn!(
                version,
                reasons = report.objections.len(),
                first = report.objections.first().map(tracing::field::display),
                "what was synced about models and prices is refused; `helixgateway models \
                 versions` tells why"
            );
        }
    }
}
