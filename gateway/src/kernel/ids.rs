//! Fresh identifiers: UUIDv7 from the clock and a source of randomness that a test can seed.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use shared::{Id, Timestamp};
use uuid::{Builder, Uuid};

/// Makes ids and random secrets; cheap to clone.
#[derive(Clone)]
pub struct Ids(Source);

#[derive(Clone)]
enum Source {
    Thread,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Ids {
    /// Ids from the thread's cryptographic generator.
    #[must_use]
    pub const fn random() -> Self {
        Self(Source::Thread)
    }

    /// The same ids in every run, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// A new id whose order among ids is the order of `now`.
    #[must_use]
    pub fn next<K>(&self, now: Timestamp) -> Id<K> {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        let entropy: [u8; 10] = self.bytes();
        Id::from_uuid(Builder::from_unix_timestamp_millis(millis, &entropy).into_uuid())
    }

    /// `N` unpredictable bytes (predictable when seeded).
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::Thread => rand::rng().fill_bytes(&mut bytes),
            Source::Seeded(generator) => {
                generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
            }
        }
        bytes
    }
}

/// How far the time in an id may be from that of what it is the id of, in microseconds.
pub const ID_MARGIN_MICROS: i64 = 60 * 1_000_000;

/// No id of what was made at `micros` or later comes before this one.
#[must_use]
pub fn first_id_since(micros: i64) -> Uuid {
    first_id_at(micros.saturating_sub(ID_MARGIN_MICROS))
}

/// Every id of what was made before `micros` comes before this one.
#[must_use]
pub fn first_id_beyond(micros: i64) -> Uuid {
    first_id_at(micros.saturating_add(ID_MARGIN_MICROS))
}

fn first_id_at(micros: i64) -> Uuid {
    let millis = u64::try_from(micros / 1_000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

impl fmt::Debug for Ids {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ids")
    }
}

#[cfg(test)]
mod tests {
    use shared::id::Request;

    use super::*;

    #[test]
    fn ids_of_a_moment_come_after_its_first_and_before_that_of_the_next_millisecond() {
        let ids = Ids::seeded(1);
        let micros = 1_790_000_000_000_999;
        for _ in 0..100 {
            let id = ids.next::<Request>(Timestamp::from_micros(micros)).uuid();
            assert!(id >= first_id_at(micros));
            assert!(id < first_id_at(micros + 1));
            assert!(first_id_since(micros) < id && id < first_id_beyond(micros));
        }
    }
}
