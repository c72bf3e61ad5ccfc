//! `POST /v1/rerank`, as Jina answers it, or Cohere where the model is one of its `rerank-…`.
//!
//! Sources: <https://api.jina.ai/redoc#tag/rerank>, and cohere's `RerankResponse`, whose searches
//! are of a hundred documents or pieces of long ones
//! (<https://docs.cohere.com/docs/how-does-cohere-pricing-work>).

use serde::Deserialize;
use serde_json::{Value, json};

use super::beside::bare;
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    ledger::{Units, Usage},
    reply::{Payload, Prepared},
};

const TOKENS_PER_PIECE: u64 = 500;
const PIECES_PER_SEARCH: u64 = 100;

#[derive(Debug, Deserialize)]
struct RerankRequest {
    model: Option<String>,
    query: Option<String>,
    documents: Option<Vec<Value>>,
    top_n: Option<usize>,
    return_documents: Option<bool>,
}

/// The answer to a request's body; `serial` makes its id.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request: RerankRequest =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let model = request.model.ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    let query = request.query.ok_or(Fault::MissingField("query"))?;
    let documents = request.documents.ok_or(Fault::MissingField("documents"))?;
    let texts: Vec<&str> = documents.iter().map(text_of).collect();
    let is_cohere = bare(&model).starts_with("rerank-");
    let shows_documents = request.return_documents.unwrap_or(!is_cohere);
    let mut ranked: Vec<(usize, f64)> =
        texts.iter().enumerate().map(|(index, text)| (index, relevance(&query, text))).collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1));
    ranked.truncate(request.top_n.unwrap_or(usize::MAX));
    let results: Vec<Value> = ranked
        .iter()
        .map(|(index, score)| {
            let mut result = json!({ "index": index, "relevance_score": score });
            if shows_documents {
                result["document"] = json!({ "text": texts[*index] });
            }
            result
        })
        .collect();
    let (usage, mut answer) = if is_cohere {
        let usage = Usage {
            units: Units { searches: searches(&texts), ..Units::default() },
            ..Usage::default()
        };
        let meta = json!({
            "api_version": { "version": "1" },
            "billed_units": { "search_units": usage.units.searches },
        });
        let id = format!("c0ffee00-0000-4000-8000-{serial:012x}");
        (usage, json!({ "id": id, "results": results, "meta": meta }))
    } else {
        let bytes = query.len() + texts.iter().map(|text| text.len()).sum::<usize>();
        let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
        let told = json!({ "total_tokens": input });
        let answer = json!({ "model": model, "object": "list", "usage": told, "results": results });
        (Usage { input, ..Usage::default() }, answer)
    };
    if directives.is_without_usage
        && let Some(fields) = answer.as_object_mut()
    {
        fields.remove("usage");
        fields.remove("meta");
    }
    Ok(Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) })
}

/// A document is a text, or has one.
fn text_of(document: &Value) -> &str {
    document.as_str().or_else(|| document["text"].as_str()).unwrap_or_default()
}

fn searches(texts: &[&str]) -> u64 {
    let pieces = texts.iter().map(|text| tokens_in(text.len()).div_ceil(TOKENS_PER_PIECE));
    pieces.sum::<u64>().div_ceil(PIECES_PER_SEARCH).max(1)
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
    fn a_search_is_of_a_hundred_documents_or_pieces() {
        assert_eq!(searches(&["a"; 100]), 1);
        assert_eq!(searches(&["a"; 101]), 2);
        assert_eq!(searches(&["a".repeat(400 * 500 + 1).as_str()]), 2);
        assert_eq!(searches(&[]), 1);
    }
}
