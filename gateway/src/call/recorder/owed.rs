//! Records that the disk did not take when their calls ended.
//!
//! They wait in memory and are written, the oldest first, when it takes writes again. Ends of calls
//! that a provider was asked for are all kept: there are as many as calls were under way, because
//! new ones are refused meanwhile. Refusals could come without end, so there is a limit to those;
//! of the others the log line remains, and how many they were.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::{call::Finish, journal::JournalError};

/// Enough for a disk that is full for a moment, and little memory.
const REFUSALS_LIMIT: usize = 4_096;

/// What is still to be written.
#[derive(Default)]
pub(super) struct Owed(Mutex<Records>);

#[derive(Default)]
struct Records {
    ends: VecDeque<Finish>,
    refusals: VecDeque<Finish>,
    /// Refusals that were too many.
    left_out: u64,
}

impl Owed {
    /// Keeps a record that was not taken, for this reason.
    pub(super) fn keep(&self, finish: Finish, is_intended: bool, error: &JournalError) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_intended {
            tracing::error!(%error, "the record of a call waits in memory until the disk takes it");
            records.ends.push_back(finish);
        } else if records.refusals.len() < REFUSALS_LIMIT {
            records.refusals.push_back(finish);
        } else {
            records.left_out += 1;
            metrics::counter!("helix_unrecorded_refusals_total").increment(1);
        }
    }

    /// How many records wait.
    pub(super) fn count(&self) -> usize {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.ends.len() + records.refusals.len()
    }

    /// Writes what is owed, until something fails or `write` says that it is not the time for it.
    pub(super) fn pay(
        &self,
        mut write: impl FnMut(&Finish, bool) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(finish) = records.ends.front() {
            write(finish, true)?;
            records.ends.pop_front();
        }
        // A refusal that is not taken keeps no call from being served.
        while let Some(finish) = records.refusals.front()
            && write(finish, false).unwrap_or(false)
        {
            records.refusals.pop_front();
        }
        if records.refusals.is_empty() && records.left_out > 0 {
            tracing::warn!(
                calls = records.left_out,
                "refused calls have a line in the log and no record: the journal took none for \
                 so long"
            );
            records.left_out = 0;
        }
        Ok(())
    }
}
