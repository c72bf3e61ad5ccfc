//! Which passage of an answer rests on which source.

use std::ops::Range;

/// A passage of the answer, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::translate) struct Citation {
    /// The passage, in characters of Unicode from the beginning of all that the answer says.
    pub passage: Range<usize>,
    pub source: Source,
    /// What the source says, where its provider tells.
    pub cited_text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::translate) enum Source {
    Web {
        url: String,
        title: Option<String>,
        /// Anthropic's reference to its own search, byte for byte as it came.
        encrypted_index: Option<String>,
    },
    /// A document of the request.
    Document {
        /// Its place among the request's documents, where it is known.
        index: Option<usize>,
        title: Option<String>,
        file_id: Option<String>,
        /// Where within it, where its provider tells.
        place: Option<Place>,
    },
}

/// A place within a document, as its provider counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::translate) enum Place {
    Characters(Range<usize>),
    Pages(Range<usize>),
    /// Of the blocks that the document is made of.
    Blocks(Range<usize>),
}

impl Citation {
    /// The same, with its passage counted from an earlier place.
    #[must_use]
    pub(in crate::wire::translate) fn moved_by(mut self, characters: usize) -> Self {
        self.passage.start = self.passage.start.saturating_add(characters);
        self.passage.end = self.passage.end.saturating_add(characters);
        self
    }
}
