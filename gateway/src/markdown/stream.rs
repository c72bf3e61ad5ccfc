//! Markdown that is still being written: blocks that will not change any more, and a tail.
//!
//! A block is frozen once no continuation of the text can change it. That takes three things:
//! a later complete line has begun another top-level block (an incomplete line proves nothing:
//! `2` is a paragraph, `2.` may continue the list above); the block refers to no definition that
//! has yet to come; and no definition stands in or before it, because whatever follows may refer
//! to that. What does not qualify waits in the tail, which is rendered afresh.

use super::{block, sanitizer};

/// Renders a growing text.
#[derive(Debug, Default)]
pub struct StreamRenderer {
    /// The text after the last frozen block.
    pending: String,
    /// How much of `pending` was complete lines when blocks were last looked for.
    examined_bytes: usize,
}

impl StreamRenderer {
    /// A renderer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes more text; gives the sanitised HTML of every block that it froze, in order.
    pub fn push(&mut self, text: &str) -> Vec<String> {
        self.pending.push_str(&super::line_feeds_only(text));
        let complete_bytes = self.pending.rfind('\n').map_or(0, |newline| newline + 1);
        if complete_bytes == self.examined_bytes {
            return Vec::new();
        }
        self.examined_bytes = complete_bytes;
        self.freeze(complete_bytes)
    }

    /// The sanitised HTML of everything after the last frozen block.
    #[must_use]
    pub fn tail(&self) -> String {
        super::render(&self.pending)
    }

    /// How many bytes of text the tail stands for: what rendering it costs.
    #[must_use]
    pub const fn tail_bytes(&self) -> usize {
        self.pending.len()
    }

    fn freeze(&mut self, complete_bytes: usize) -> Vec<String> {
        let complete = self.pending.get(..complete_bytes).unwrap_or_default();
        // The last block may go on in the next line, and so may a definition after it.
        let Some(open_from) = block::starts(complete).pop().filter(|start| *start > 0) else {
            return Vec::new();
        };
        let closed = block::parse(complete.get(..open_from).unwrap_or_default());
        let frozen_bytes = closed
            .blocks
            .iter()
            .map(|block| block.starts_at)
            .chain([open_from])
            .take_while(|start| *start <= closed.unsettled_from)
            .last()
            .unwrap_or(0);
        let frozen = closed
            .blocks
            .iter()
            .take_while(|block| block.starts_at < frozen_bytes)
            .map(|block| sanitizer::clean(&block.html))
            .collect();
        self.pending.drain(..frozen_bytes);
        self.examined_bytes -= frozen_bytes;
        frozen
    }
}
