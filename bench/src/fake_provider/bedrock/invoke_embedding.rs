//! `POST /model/{model}/invoke` for models that embed and compare: Amazon's Titan, Cohere's.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>

use serde_json::{Map, Value, json};

use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    ledger::{Units, Usage},
    openai::embeddings::embedding,
    reply::{Payload, Prepared},
};

const OF_TITAN: [&str; 4] = ["inputText", "dimensions", "normalize", "embeddingTypes"];
const OF_COHERE: [&str; 5] =
    ["texts", "input_type", "embedding_types", "truncate", "output_dimension"];
const OF_RERANK: [&str; 4] = ["query", "documents", "top_n", "api_version"];

/// Whether a model is one of these.
pub(super) fn is_asked(model: &str) -> bool {
    ["titan-embed", "cohere.embed", "cohere.rerank"].iter().any(|name| model.contains(name))
}

/// The answer to a request's body; `serial` makes its id.
pub(super) fn prepare(model: String, body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let directives = Directives::of(&model)?;
    let (answer, usage) = if model.contains("titan-embed") {
        titan(&request, &model, &directives)?
    } else if model.contains("cohere.embed") {
        cohere(&request, &directives, serial)?
    } else {
        rerank(&request)?
    };
    Ok(Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) })
}

/// Unknown members are refused as the models behind Bedrock do it.
fn check(request: &Map<String, Value>, taken: &[&str]) -> Result<(), Fault> {
    let unknown = request.keys().find(|name| !taken.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| {
        Err(Fault::Invalid(format!(
            "Malformed input request: #: extraneous key [{name}] is not permitted, please reformat \
             your input and try again."
        )))
    })
}

fn usage_of(bytes: usize, directives: &Directives) -> Usage {
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    Usage { input, ..Usage::default() }
}

fn titan(
    request: &Map<String, Value>,
    model: &str,
    directives: &Directives,
) -> Result<(Value, Usage), Fault> {
    let is_first = model.contains("text-v1");
    check(request, if is_first { &OF_TITAN[..1] } else { &OF_TITAN })?;
    let text = request.get("inputText").and_then(Value::as_str);
    let text = text.ok_or_else(|| {
        Fault::Invalid("Malformed input request: #: required key [inputText] not found".to_owned())
    })?;
    let dimensions = request.get("dimensions").and_then(Value::as_u64);
    let dimensions = dimensions.and_then(|count| usize::try_from(count).ok());
    let vector = embedding(text, dimensions.unwrap_or(directives.dimensions));
    let usage = usage_of(text.len(), directives);
    let mut answer = json!({ "embedding": vector, "inputTextTokenCount": usage.input });
    if !is_first {
        answer["embeddingsByType"] = json!({ "float": vector });
    }
    Ok((answer, usage))
}

fn cohere(
    request: &Map<String, Value>,
    directives: &Directives,
    serial: u64,
) -> Result<(Value, Usage), Fault> {
    check(request, &OF_COHERE)?;
    let texts = request.get("texts").and_then(Value::as_array).filter(|texts| !texts.is_empty());
    let (Some(texts), Some(_)) = (texts, request.get("input_type")) else {
        return Err(Fault::Invalid("Malformed input request: texts and input_type".to_owned()));
    };
    let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
    let vectors: Vec<_> = texts.iter().map(|text| embedding(text, directives.dimensions)).collect();
    let usage = usage_of(texts.iter().map(|text| text.len()).sum(), directives);
    let id = format!("c0ffee00-0000-4000-8000-{serial:012x}");
    let answer = match request.get("embedding_types") {
        Some(_) => json!({
            "id": id, "response_type": "embeddings_by_type", "texts": texts,
            "embeddings": { "float": vectors },
        }),
        None => json!({
            "id": id, "response_type": "embeddings_floats", "texts": texts, "embeddings": vectors,
        }),
    };
    Ok((answer, usage))
}

/// As many as there are, in the order in which they came.
fn rerank(request: &Map<String, Value>) -> Result<(Value, Usage), Fault> {
    check(request, &OF_RERANK)?;
    let documents = request.get("documents").and_then(Value::as_array);
    let (Some(documents), Some(_)) = (documents, request.get("query")) else {
        return Err(Fault::Invalid("Malformed input request: query and documents".to_owned()));
    };
    if request.get("api_version").and_then(Value::as_u64) != Some(2) {
        return Err(Fault::Invalid("Malformed input request: api_version".to_owned()));
    }
    let result = |index| json!({ "index": index, "relevance_score": 0.5 });
    let results: Vec<Value> = (0..documents.len()).map(result).collect();
    let usage = Usage { units: Units { searches: 1, ..Units::default() }, ..Usage::default() };
    Ok((json!({ "results": results }), usage))
}
