//! What is heard, and what is written down by a model of its own until the provider has told its
//! usage.
//!
//! A provider that finds turns by itself says where speech begins and ends in all the sound that it
//! was sent. What lies before is silence that no model hears, and is billed to nobody.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Hearing {
    is_on: bool,
    /// All sound of the session.
    heard_bytes: u64,
    /// Where the sound begins that no turn has been made of.
    buffer_begins_at: u64,
    /// Where the speech of the next turn ends, once that is told.
    speech_ends_at: Option<u64>,
    /// Turns that are being written down, the oldest first.
    turns: VecDeque<u64>,
}

impl Hearing {
    /// Once it may have been on, it may still be.
    pub(super) fn turn_on(&mut self) {
        self.is_on = true;
    }

    pub(super) fn hear(&mut self, bytes: u64) {
        self.heard_bytes += bytes;
    }

    pub(super) fn clear(&mut self) {
        self.buffer_begins_at = self.heard_bytes;
        self.speech_ends_at = None;
    }

    /// Speech begins at this place of all sound; gives how much silence was before it.
    pub(super) fn begin_speech(&mut self, at: u64) -> u64 {
        let begins_at = self.within_buffer(at);
        let silence = begins_at - self.buffer_begins_at;
        self.buffer_begins_at = begins_at;
        silence
    }

    pub(super) fn end_speech(&mut self, at: u64) {
        self.speech_ends_at = Some(at);
    }

    /// A turn has been made of what is buffered, up to the end of its speech where that is told.
    pub(super) fn commit(&mut self) {
        let ends_at = self.speech_ends_at.take().unwrap_or(self.heard_bytes);
        let ends_at = self.within_buffer(ends_at);
        let bytes = ends_at - self.buffer_begins_at;
        self.buffer_begins_at = ends_at;
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
        let buffered = self.heard_bytes - self.buffer_begins_at;
        if self.is_on { buffered + self.turns.iter().sum::<u64>() } else { 0 }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.turns.is_empty()
    }

    fn within_buffer(&self, at: u64) -> u64 {
        at.clamp(self.buffer_begins_at, self.heard_bytes)
    }
}
