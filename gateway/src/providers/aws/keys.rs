//! Keys that are kept, and looked for again before they end.
//!
//! A call waits only where there is no key that can be used. While there is one, another one is
//! looked for beside the calls, and at most once every half minute.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use aws_credential_types::Credentials;
use reqsign_aws_v4::Credential;
use shared::Timestamp;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::chain::Chain;
use crate::kernel::Clock;

const SECOND_MICROS: i64 = 1_000_000;
/// How long before its end a key is replaced. A machine's next key is there for as long.
const EARLY_MICROS: i64 = 300 * SECOND_MICROS;
/// How long before its end a key is not used any more: a request is on its way for a while.
const LAST_MICROS: i64 = 10 * SECOND_MICROS;
/// How long a key without an end is kept before its place is looked at again.
const ENDLESS_MICROS: i64 = 600 * SECOND_MICROS;
/// How long it takes until a place is looked at again.
const PAUSE_MICROS: i64 = 30 * SECOND_MICROS;
/// How long a search that failed is not repeated: calls would wait for it one after the other.
const FAILURE_MICROS: i64 = 5 * SECOND_MICROS;

/// The keys of one provider.
pub(super) enum Keys {
    /// Those of the configuration.
    Fixed(Credentials),
    /// Those that were found.
    Found(Arc<Found>),
}

/// Keys that have to be looked for.
pub(super) struct Found {
    chain: Chain,
    clock: Clock,
    kept: ArcSwapOption<Kept>,
    /// Who holds it is looking; inside is the last search that failed.
    search: Arc<Mutex<Option<Failed>>>,
}

struct Kept {
    credentials: Credentials,
    /// From here on another one is looked for.
    stale_at: Timestamp,
    ends_at: Option<Timestamp>,
}

struct Failed {
    at: Timestamp,
    why: String,
}

impl Keys {
    pub(super) const fn fixed(credentials: Credentials) -> Self {
        Self::Fixed(credentials)
    }

    pub(super) fn found(chain: Chain, clock: &Clock) -> Self {
        let (kept, search) = (ArcSwapOption::empty(), Arc::new(Mutex::new(None)));
        Self::Found(Arc::new(Found { chain, clock: clock.clone(), kept, search }))
    }

    /// The keys to sign with now.
    ///
    /// # Errors
    /// Where none were found: what was tried.
    pub(super) async fn current(&self) -> Result<Credentials, String> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Found(found) => found.current().await,
        }
    }

    /// The keys that were used last.
    pub(super) fn at_hand(&self) -> Option<Credentials> {
        match self {
            Self::Fixed(credentials) => Some(credentials.clone()),
            Self::Found(found) => found.kept.load().as_ref().map(|kept| kept.credentials.clone()),
        }
    }
}

impl Found {
    async fn current(self: &Arc<Self>) -> Result<Credentials, String> {
        if let Some(credentials) = self.usable() {
            self.look_early();
            return Ok(credentials);
        }
        let search = Arc::clone(&self.search).lock_owned().await;
        // Another call may have found one meanwhile, or looked in vain.
        if let Some(credentials) = self.usable() {
            return Ok(credentials);
        }
        if let Some(failed) = search.as_ref().filter(|failed| self.is_fresh(failed)) {
            return Err(failed.why.clone());
        }
        self.look(search).await
    }

    fn usable(&self) -> Option<Credentials> {
        let kept = self.kept.load();
        let kept = kept.as_ref().filter(|kept| {
            let last = self.clock.now().micros() + LAST_MICROS;
            kept.ends_at.is_none_or(|end| end.micros() > last)
        })?;
        Some(kept.credentials.clone())
    }

    fn is_fresh(&self, failed: &Failed) -> bool {
        let age = self.clock.now().micros() - failed.at.micros();
        (0..FAILURE_MICROS).contains(&age)
    }

    /// Looks for another key beside the calls, where it is time and nobody does.
    fn look_early(self: &Arc<Self>) {
        let now = self.clock.now();
        if self.kept.load().as_ref().is_none_or(|kept| kept.stale_at > now) {
            return;
        }
        let Ok(search) = Arc::clone(&self.search).try_lock_owned() else { return };
        let found = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(why) = found.look(search).await {
                tracing::warn!(
                    why,
                    "keys for Amazon could not be renewed; the old ones still work"
                );
                found.pause();
            }
        });
    }

    /// Looks in all places, and keeps what is found.
    async fn look(
        &self,
        mut search: OwnedMutexGuard<Option<Failed>>,
    ) -> Result<Credentials, String> {
        match self.chain.find().await {
            Ok(credential) => {
                let kept = Kept::new(credential, self.clock.now());
                let credentials = kept.credentials.clone();
                self.kept.store(Some(Arc::new(kept)));
                *search = None;
                Ok(credentials)
            }
            Err(why) => {
                *search = Some(Failed { at: self.clock.now(), why: why.clone() });
                Err(why)
            }
        }
    }

    /// Keeps the old key for a while before the next search.
    fn pause(&self) {
        let stale_at = Timestamp::from_micros(self.clock.now().micros() + PAUSE_MICROS);
        if let Some(kept) = self.kept.load_full() {
            let (credentials, ends_at) = (kept.credentials.clone(), kept.ends_at);
            self.kept.store(Some(Arc::new(Kept { credentials, stale_at, ends_at })));
        }
    }
}

impl Kept {
    fn new(found: Credential, now: Timestamp) -> Self {
        let Credential { access_key_id, secret_access_key, session_token, expires_in } = found;
        let end = expires_in.map(|end| end.as_second().saturating_mul(SECOND_MICROS));
        let stale = end.map_or(now.micros() + ENDLESS_MICROS, |end| end - EARLY_MICROS);
        let credentials =
            Credentials::new(access_key_id, secret_access_key, session_token, None, "found");
        Self {
            credentials,
            stale_at: Timestamp::from_micros(stale.max(now.micros() + PAUSE_MICROS)),
            ends_at: end.map(Timestamp::from_micros),
        }
    }
}

#[cfg(test)]
mod tests;
