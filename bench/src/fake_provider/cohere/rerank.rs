//! `POST /v2/rerank`. It is billed by the search, and no tokens are on the bill.

use serde_json::{Map, Value, json};

use super::{chat_request::refuse_unknown, route::id, usage::meta};
use crate::fake_provider::{
    directives::Directives,
    fault::Fault,
    ledger::{Units, Usage},
    reply::{Payload, Prepared},
};

const TAKEN: [&str; 7] =
    ["model", "query", "documents", "top_n", "max_tokens_per_doc", "relevant_spans", "priority"];
/// How many documents one search unit pays for.
const DOCUMENTS_PER_UNIT: usize = 100;

/// The answer to a request's body; `serial` makes its id.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    refuse_unknown(&request, &TAKEN)?;
    let text = |name: &'static str| {
        request.get(name).and_then(Value::as_str).ok_or(Fault::MissingField(name))
    };
    let model = text("model")?.to_owned();
    let query = text("query")?;
    let directives = Directives::of(&model)?;
    let documents = request.get("documents").and_then(Value::as_array);
    let documents = documents.ok_or(Fault::MissingField("documents"))?;
    let most = request.get("top_n").and_then(Value::as_u64).and_then(|top| top.try_into().ok());
    let mut ranked: Vec<(usize, f64)> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| (index, relevance(query, document.as_str().unwrap_or_default())))
        .collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked.truncate(most.unwrap_or(usize::MAX));
    let results: Vec<Value> = ranked
        .iter()
        .map(|(index, score)| json!({ "index": index, "relevance_score": score }))
        .collect();
    let units = documents.len().div_ceil(DOCUMENTS_PER_UNIT);
    let mut answer = json!({ "id": id(serial), "results": results });
    if !directives.is_without_usage {
        answer["meta"] = meta(&json!({ "search_units": units }));
    }
    let payload = Payload::Whole(answer.to_string());
    let searches = u64::try_from(units).unwrap_or(u64::MAX);
    let usage = Usage { units: Units { searches, ..Units::default() }, ..Usage::default() };
    Ok(Prepared { model, directives, usage, payload })
}

/// The share of the query's words that are in the document, kept away from nought and one.
fn relevance(query: &str, document: &str) -> f64 {
    let document = document.to_lowercase();
    let (mut words, mut found) = (0_u32, 0_u32);
    for word in query.to_lowercase().split_whitespace() {
        words += 1;
        found += u32::from(document.contains(word));
    }
    (f64::from(found) + 0.5) / (f64::from(words) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_of_the_query_is_in_a_document_the_higher_it_stands() {
        let both = relevance("red fox", "The red Fox");
        let one = relevance("red fox", "a red hat");
        let none = relevance("red fox", "a river");
        assert!(1.0 > both && both > one && one > none && none > 0.0, "{both} {one} {none}");
    }
}
