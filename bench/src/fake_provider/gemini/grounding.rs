//! The grounds of an answer that Google has searched for: pages, and which bytes rest on which.
//! <https://ai.google.dev/gemini-api/docs/google-search>

use serde_json::{Value, json};

use crate::fake_provider::search::{PAGES, QUERY, SAID};

/// `groundingMetadata` of an answer.
pub(super) fn metadata() -> Value {
    let chunks: Vec<Value> = PAGES
        .iter()
        .map(|page| json!({ "web": { "uri": page.url, "title": page.title } }))
        .collect();
    let start = SAID[0].len();
    json!({
        "webSearchQueries": [QUERY],
        "searchEntryPoint": { "renderedContent": "<div>chips</div>" },
        "groundingChunks": chunks,
        "groundingSupports": [{
            "segment": { "startIndex": start, "endIndex": start + SAID[1].len(), "text": SAID[1] },
            "groundingChunkIndices": [0],
            "confidenceScores": [0.9],
        }],
    })
}
