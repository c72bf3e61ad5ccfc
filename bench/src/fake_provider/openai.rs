//! OpenAI's wire format.

mod batch_file;
mod batch_results;
pub(super) mod batches;
pub(super) mod beside;
pub(super) mod chat;
mod chat_request;
mod chat_stream;
mod completions;
pub(super) mod embeddings;
pub(super) mod errors;
pub(super) mod files;
mod image_stream;
mod images;
mod likelihoods;
pub(super) mod likeness;
mod mistral;
pub(super) mod models;
mod moderations;
pub(super) mod realtime;
mod rerank;
pub(super) mod responses;
mod responses_history;
mod responses_items;
mod responses_request;
mod responses_search;
mod responses_stream;
mod sound;
mod speech;
mod transcript;
mod transcriptions;
mod usage;

use serde_json::{Value, json};

use super::paging::Page;

/// When every object was made: the fake has no clock, so that its answers repeat.
const CREATED: u64 = 1_763_000_000;

/// A part of a list as OpenAI shows it.
fn list(page: &Page) -> Value {
    let (first, last) = page.ends();
    json!({
        "object": "list", "data": page.objects, "first_id": first, "last_id": last,
        "has_more": page.has_more,
    })
}
