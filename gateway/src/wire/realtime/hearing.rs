//! What is heard and written down by a model of its own, until the provider has told its usage.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Hearing {
    is_on: bool,
    /// Sound that no turn has been made of.
    buffered_bytes: u64,
    /// Turns that are being written down, the oldest first.
    turns: VecDeque<u64>,
}

impl Hearing {
    /// Once it may have been on, it may still be.
    pub(super) fn turn_on(&mut self) {
        self.is_on = true;
    }

    pub(super) fn hear(&mut self, bytes: u64) {
        self.buffered_bytes += bytes;
    }

    pub(super) fn clear(&mut self) {
        self.buffered_bytes = 0;
    }

    /// A turn has been made of what is buffered.
    pub(super) fn commit(&mut self) {
        let bytes = std::mem::take(&mut self.buffered_bytes);
        if self.is_on {
            self.turns.push_back(bytes);
        }
    }

    /// The oldest turn has been written down, or cannot be; how long it was.
    pub(super) fn end_turn(&mut self) -> u64 {
        self.turns.pop_front().unwrap_or(0)
    }

    /// How much sound may still be billed.
    pub(super) fn open_bytes(&self) -> u64 {
        if self.is_on { self.buffered_bytes + self.turns.iter().sum::<u64>() } else { 0 }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.turns.is_empty()
    }
}
