//! What no bytes may break.
//!
//! A target takes any bytes, does with them what the gateway does with those of strangers, and
//! ends by panicking where a promise is not kept: that nothing panics, that chunk boundaries
//! change nothing, that JSON stays JSON. Targets are pure, so an input that fails once fails
//! always. A fuzzer runs them for minutes (`scripts/fuzz`), and every test run a little.
//!
//! Where a target has choices to make, the first bytes of its input make them; see [`mutate`].

#![expect(clippy::missing_panics_doc, reason = "a target says what is wrong by panicking")]

mod choice;
mod event_stream;
mod facts;
mod framing;
mod hosted;
mod json;
mod multipart;
mod mutation;
mod price_sources;
mod translate;
mod usage;

pub use event_stream::event_stream;
pub use facts::facts_and_rewrite;
pub use framing::{json_array, json_lines, sse};
pub use hosted::hosted;
pub use multipart::multipart;
pub use mutation::mutate;
pub use price_sources::price_sources;
pub use translate::{translate_request, translate_response, translate_stream};
pub use usage::usage;

/// A target by the name that its corpus and its program have.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 12] = [
    ("sse", sse),
    ("event_stream", event_stream),
    ("json_lines", json_lines),
    ("json_array", json_array),
    ("translate_request", translate_request),
    ("translate_response", translate_response),
    ("translate_stream", translate_stream),
    ("facts_and_rewrite", facts_and_rewrite),
    ("hosted", hosted),
    ("usage", usage),
    ("multipart", multipart),
    ("price_sources", price_sources),
];
