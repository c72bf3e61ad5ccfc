//! The first stage: a call becomes a known call.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use arc_swap::ArcSwap;
use shared::receipt::{Stage, VerdictKind};

use super::{Directory, Principal, Via};
use crate::{
    call::{Call, Credential, Refusal, Trail},
    kernel::{Clock, digest::sha256},
    storage::{Database, StorageError, tables::change_sequence},
};

/// Knows everyone who can call.
pub struct Identity {
    database: Database,
    clock: Clock,
    directory: ArcSwap<Directory>,
    seen_change: AtomicI64,
}

/// A call whose caller is known.
pub struct Known {
    call: Call,
    principal: Principal,
}

impl Known {
    /// Who is calling.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The call.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }
}

impl Identity {
    /// Reads the snapshot for the first time.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer.
    pub async fn open(database: Database, clock: Clock) -> Result<Arc<Self>, StorageError> {
        let seen = change_sequence::current(&database).await?;
        let directory = Directory::read(&database, clock.now()).await?;
        Ok(Arc::new(Self {
            database,
            clock,
            directory: ArcSwap::from_pointee(directory),
            seen_change: AtomicI64::new(seen),
        }))
    }

    /// Reads the snapshot again: after a change of our own, before it is acknowledged.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer; the former snapshot stays.
    pub async fn refresh(&self) -> Result<(), StorageError> {
        let seen = change_sequence::current(&self.database).await?;
        let directory = Directory::read(&self.database, self.clock.now()).await?;
        self.directory.store(Arc::new(directory));
        self.seen_change.store(seen, Ordering::Release);
        Ok(())
    }

    /// Reads the snapshot again if another process has changed something.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer; the former snapshot stays.
    pub async fn refresh_if_changed(&self) -> Result<(), StorageError> {
        let current = change_sequence::current(&self.database).await?;
        if current == self.seen_change.load(Ordering::Acquire) {
            return Ok(());
        }
        self.refresh().await
    }

    /// The present snapshot, for names in reports.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// Who proves itself with this secret; from memory.
    #[must_use]
    pub fn find(&self, secret: &str) -> Option<Principal> {
        self.directory.load().principal(&sha256(secret.as_bytes()), self.clock.now()).cloned()
    }

    /// The stage: finds out who is calling.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`], saying what to do.
    pub fn authenticate(&self, call: Call, trail: &mut Trail) -> Result<Known, Refusal> {
        match self.principal_of(&call.credential) {
            Ok(principal) => {
                trail.caller(principal.user_id(), principal.team_id(), principal.key_id());
                trail.note(Stage::Auth, VerdictKind::Passed, passed(&principal));
                Ok(Known { call, principal })
            }
            Err(why) => {
                trail.note(Stage::Auth, VerdictKind::Refused, why);
                Err(Refusal::Unauthenticated(why))
            }
        }
    }

    /// Who is calling, for a request that asks no model anything.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`], saying what to do.
    pub fn caller(&self, credential: &Credential) -> Result<Principal, Refusal> {
        self.principal_of(credential).map_err(Refusal::Unauthenticated)
    }

    fn principal_of(&self, credential: &Credential) -> Result<Principal, &'static str> {
        let principal = match credential {
            Credential::None => {
                return Err("No API key was sent. Send it as `Authorization: Bearer hx_…` or \
                            `x-api-key: hx_…`; the page API keys of this gateway makes one.");
            }
            Credential::ApiKey(key) => self
                .find(key.expose())
                .filter(|principal| matches!(principal.via(), Via::Key { .. }))
                .ok_or(
                    "This API key is not valid: it is unknown, revoked or expired. The page API \
                     keys of this gateway makes a new one.",
                )?,
            Credential::Session(session) => self
                .directory
                .load()
                .session(*session, self.clock.now())
                .cloned()
                .ok_or("Your session has ended. Sign in again.")?,
        };
        match principal.via() {
            Via::Session { needs_password: true, .. } => Err("Choose a password first."),
            _ => Ok(principal),
        }
    }
}

fn passed(principal: &Principal) -> String {
    match principal.via() {
        Via::Key { last_four, .. } => {
            format!("key …{last_four} of {} in {}", principal.name(), principal.team_name())
        }
        Via::Session { .. } => {
            format!("session of {} in {}", principal.name(), principal.team_name())
        }
    }
}
