//! `POST /v1/embeddings`

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{likeness::Likeness, mistral};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    reply::{Payload, Prepared},
};

#[derive(Debug, Deserialize)]
struct EmbeddingRequest {
    model: Option<String>,
    input: Option<Value>,
    encoding_format: Option<String>,
    dimensions: Option<usize>,
    /// Mistral's word for it.
    output_dimension: Option<usize>,
}

/// The answer to a request's body.
pub(in crate::fake_provider) fn prepare(body: &[u8]) -> Result<Prepared, Fault> {
    prepare_for(None, body)
}

/// The answer to a request's body, where the model may be named elsewhere.
pub(in crate::fake_provider) fn prepare_for(
    model: Option<String>,
    body: &[u8],
) -> Result<Prepared, Fault> {
    let request: EmbeddingRequest =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let model = model.or(request.model).ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    let is_mistral = directives.likeness == Likeness::Mistral;
    if is_mistral {
        mistral::check_embeddings(body)?;
    }
    let texts = texts(request.input.ok_or(Fault::MissingField("input"))?);
    let is_base64 = request.encoding_format.as_deref() == Some("base64");
    let dimensions =
        request.dimensions.or(request.output_dimension).unwrap_or(directives.dimensions);
    let bytes = texts.iter().map(String::len).sum();
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let embedding = encoded(&embedding(text, dimensions), is_base64);
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let mut answer = json!({ "object": "list", "data": data, "model": model });
    if is_mistral {
        answer["id"] = json!("embd-fake");
    }
    if !directives.is_without_usage {
        answer["usage"] = json!({ "prompt_tokens": input, "total_tokens": input });
    }
    let usage = Usage { input, ..Usage::default() };
    Ok(Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) })
}

/// A text, a list of texts, a list of tokens, or a list of lists of tokens.
pub(super) fn texts(input: Value) -> Vec<String> {
    match input {
        Value::Array(items) if items.first().is_some_and(Value::is_number) => {
            vec![Value::Array(items).to_string()]
        }
        Value::Array(items) => items.into_iter().flat_map(texts).collect(),
        Value::String(text) => vec![text],
        other => vec![other.to_string()],
    }
}

fn encoded(embedding: &[f32], is_base64: bool) -> Value {
    if !is_base64 {
        return json!(embedding);
    }
    let bytes: Vec<u8> = embedding.iter().flat_map(|number| number.to_le_bytes()).collect();
    Value::String(STANDARD.encode(bytes))
}

/// A direction of length one that only the text decides.
pub(in crate::fake_provider) fn embedding(text: &str, dimensions: usize) -> Vec<f32> {
    let mut state = fnv(text.as_bytes());
    let mut numbers: Vec<f32> = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        // An xorshift generator: any fixed sequence will do, it only has to repeat.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let byte = u8::try_from(state >> 56).unwrap_or(0);
        numbers.push(f32::from(byte) - 127.5);
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.iter().map(|number| number / length).collect()
}

/// The 64-bit FNV-1a hash.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &Value) -> Value {
        let prepared = prepare(body.to_string().as_bytes()).unwrap();
        let Payload::Whole(json) = prepared.payload else { panic!("an embedding is no stream") };
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn every_input_gets_its_own_direction_of_length_one() {
        let answer = answer(&json!({ "model": "fake", "input": ["a", "b"], "dimensions": 8 }));
        let numbers = |index: usize| -> Vec<f64> {
            let list = answer["data"][index]["embedding"].as_array().unwrap();
            list.iter().map(|number| number.as_f64().unwrap()).collect()
        };
        assert_eq!(numbers(0).len(), 8);
        assert_ne!(numbers(0), numbers(1));
        let length: f64 = numbers(0).iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-5, "{length}");
    }

    #[test]
    fn base64_holds_the_same_numbers() {
        let plain = answer(&json!({ "model": "fake", "input": "a", "dimensions": 2 }));
        let packed = answer(
            &json!({ "model": "fake", "input": "a", "dimensions": 2, "encoding_format": "base64" }),
        );
        let bytes = STANDARD.decode(packed["data"][0]["embedding"].as_str().unwrap()).unwrap();
        let first = f32::from_le_bytes(bytes[..4].try_into().unwrap());
        let expected = plain["data"][0]["embedding"][0].as_f64().unwrap();
        assert!((f64::from(first) - expected).abs() < 1e-6);
    }

    #[test]
    fn tokens_are_one_input_and_lists_of_tokens_are_several() {
        let count = |input: Value| {
            let answer = answer(&json!({ "model": "fake", "input": input }));
            answer["data"].as_array().unwrap().len()
        };
        assert_eq!(count(json!([1, 2, 3])), 1);
        assert_eq!(count(json!([[1, 2], [3]])), 2);
    }
}
