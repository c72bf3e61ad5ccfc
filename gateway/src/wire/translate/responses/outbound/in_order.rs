//! Items that grow at the same time, told one after the other.
//!
//! The first item that is not done is told as it grows; what comes of those behind it waits until
//! it is done.

use crate::wire::{
    WireError,
    translate::ir::{Citation, Likelihood, OnStep, ServerToolUse, Signature, Step},
};

/// A part of an item.
#[derive(Debug)]
pub(super) enum Piece {
    Likelihoods(Vec<Likelihood>),
    Text(String),
    Thought(String),
    Call {
        id: String,
        name: String,
    },
    Arguments(String),
    /// Another text of the same message begins.
    NextText,
    /// Counted from the beginning of its own text.
    Citation(Citation),
    ServerToolUse(Box<ServerToolUse>),
    Signature {
        signature: Signature,
        is_redacted: bool,
    },
}

/// The items of an answer, by the order in which they began.
#[derive(Debug, Default)]
pub(super) struct InOrder {
    items: Vec<Waiting>,
    first: usize,
    /// How much was said, in characters, and how much of it before the text that grows.
    said: usize,
    begins_at: usize,
    /// Nothing was said yet in the item that is told, and others were before it.
    is_another: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    pieces: Vec<Piece>,
    is_done: bool,
}

impl InOrder {
    /// The next item has begun.
    pub(super) fn open(&mut self) {
        self.items.push(Waiting::default());
    }

    /// The next piece of the item at `place`.
    pub(super) fn tell(
        &mut self,
        place: usize,
        piece: Piece,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if place == self.first {
            return self.pass(piece, tell);
        }
        if let Some(item) = self.items.get_mut(place) {
            item.pieces.push(piece);
        }
        Ok(())
    }

    /// The item at `place` is done.
    pub(super) fn close(&mut self, place: usize, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if let Some(item) = self.items.get_mut(place) {
            item.is_done = true;
        }
        while self.items.get(self.first).is_some_and(|item| item.is_done) {
            self.go_on(tell)?;
        }
        Ok(())
    }

    /// No item grows any more.
    pub(super) fn close_all(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        while self.first < self.items.len() {
            self.go_on(tell)?;
        }
        Ok(())
    }

    fn go_on(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.first += 1;
        self.begins_at = self.said;
        self.is_another = true;
        let pieces = self.items.get_mut(self.first).map(|item| std::mem::take(&mut item.pieces));
        pieces.into_iter().flatten().try_for_each(|piece| self.pass(piece, tell))
    }

    fn pass(&mut self, piece: Piece, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match piece {
            Piece::Likelihoods(likelihoods) => tell(Step::Likelihoods(&likelihoods)),
            Piece::Text(text) => {
                if std::mem::take(&mut self.is_another) {
                    tell(Step::NextText)?;
                }
                self.said += text.chars().count();
                tell(Step::Text(&text))
            }
            Piece::NextText => {
                self.begins_at = self.said;
                tell(Step::NextText)
            }
            Piece::Citation(citation) => tell(Step::Citation(&citation.moved_by(self.begins_at))),
            Piece::ServerToolUse(used) => tell(Step::ServerToolUse(&used)),
            Piece::Thought(text) => tell(Step::Thought(&text)),
            Piece::Call { id, name } => tell(Step::ToolCall { id: &id, name: &name }),
            Piece::Arguments(arguments) => tell(Step::Arguments(&arguments)),
            Piece::Signature { signature, is_redacted } => tell(Step::Signature {
                vendor: signature.vendor,
                opaque: &signature.opaque,
                is_redacted,
            }),
        }
    }
}
