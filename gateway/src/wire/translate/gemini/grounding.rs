//! What an answer rests on, in Google's words, beside its text: which pages were found for which
//! queries, and which passage rests on which of them.
//!
//! Source: `GroundingMetadata`, `CitationMetadata`, `UrlContextMetadata` (google-genai). A passage
//! is counted in bytes of UTF-8 from the beginning of its part; in a stream, from the beginning of
//! all that is said.

mod read;
mod write;

pub(super) use self::{
    read::{Grounds, ReadGrounds},
    write::{Grounding, WrittenGrounds},
};
