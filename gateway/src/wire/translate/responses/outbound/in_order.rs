//! Items that grow at the same time, told one after the other.
//!
//! The first item that is not done is told as it grows; what comes of those behind it waits until
//! it is done.

use crate::wire::{
    WireError,
    translate::ir::{Likelihood, OnStep, Signature, Step},
};

/// A part of an item.
#[derive(Debug)]
pub(super) enum Piece {
    Likelihoods(Vec<Likelihood>),
    Text(String),
    Thought(String),
    Call { id: String, name: String },
    Arguments(String),
    Signature { signature: Signature, is_redacted: bool },
}

/// The items of an answer, by the order in which they began.
#[derive(Debug, Default)]
pub(super) struct InOrder {
    items: Vec<Waiting>,
    first: usize,
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
            return tell(step(&piece));
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
        let pieces = self.items.get_mut(self.first).map(|item| std::mem::take(&mut item.pieces));
        pieces.into_iter().flatten().try_for_each(|piece| tell(step(&piece)))
    }
}

fn step(piece: &Piece) -> Step<'_> {
    match piece {
        Piece::Likelihoods(likelihoods) => Step::Likelihoods(likelihoods),
        Piece::Text(text) => Step::Text(text),
        Piece::Thought(text) => Step::Thought(text),
        Piece::Call { id, name } => Step::ToolCall { id, name },
        Piece::Arguments(arguments) => Step::Arguments(arguments),
        Piece::Signature { signature, is_redacted } => Step::Signature {
            vendor: signature.vendor,
            opaque: &signature.opaque,
            is_redacted: *is_redacted,
        },
    }
}
