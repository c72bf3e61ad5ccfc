//! `POST /v2/embed`

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{chat_request::refuse_unknown, endpoint::id, usage::meta};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    ledger::Usage,
    openai::embeddings::embedding,
    reply::{Payload, Prepared},
    vendor::Fault,
};

const TAKEN: [&str; 10] = [
    "texts",
    "images",
    "model",
    "input_type",
    "inputs",
    "max_tokens",
    "output_dimension",
    "embedding_types",
    "truncate",
    "priority",
];
/// The most that is embedded at once.
const MOST_TEXTS: usize = 96;

/// The answer to a request's body; `serial` makes its id.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    refuse_unknown(&request, &TAKEN)?;
    let field = |name: &str| request.get(name).unwrap_or(&Value::Null);
    let model = field("model").as_str().ok_or(Fault::MissingField("model"))?.to_owned();
    field("input_type").as_str().ok_or(Fault::MissingField("input_type"))?;
    let directives = Directives::of(&model)?;
    let texts = texts(field("texts"), field("images"), field("inputs"))?;
    let dimensions = field("output_dimension").as_u64().and_then(|count| count.try_into().ok());
    let dimensions = dimensions.unwrap_or(directives.dimensions);
    let vectors: Vec<_> = texts.iter().map(|text| embedding(text, dimensions)).collect();
    let bytes = texts.iter().map(String::len).sum();
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    let mut answer = json!({
        "id": id(serial), "response_type": "embeddings_by_type",
        "embeddings": by_type(&vectors, field("embedding_types"))?,
    });
    if let Some(texts) = request.get("texts") {
        answer["texts"] = texts.clone();
    }
    if !directives.is_without_usage {
        answer["meta"] = meta(&json!({ "input_tokens": input }));
    }
    let usage = Usage { input, ..Usage::default() };
    Ok(Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) })
}

fn texts(texts: &Value, images: &Value, inputs: &Value) -> Result<Vec<String>, Fault> {
    let given = [texts, images, inputs].into_iter().filter_map(Value::as_array);
    let given: Vec<String> =
        given.flatten().map(|one| one.as_str().map_or(one.to_string(), str::to_owned)).collect();
    match given.len() {
        0 => Err(Fault::Invalid(
            "invalid request: valid input must be provided via texts, images or inputs".to_owned(),
        )),
        1..=MOST_TEXTS => Ok(given),
        count => Err(Fault::Invalid(format!(
            "invalid request: total number of texts must be at most {MOST_TEXTS} - received {count}"
        ))),
    }
}

fn by_type(vectors: &[Vec<f32>], types: &Value) -> Result<Value, Fault> {
    let default = [json!("float")];
    let types = types.as_array().map_or(&default[..], Vec::as_slice);
    let mut embeddings = json!({});
    for name in types.iter().map(|name| name.as_str().unwrap_or_default()) {
        let all = |of: fn(&[f32]) -> Value| vectors.iter().map(|vector| of(vector)).collect();
        embeddings[name] = match name {
            "float" => json!(vectors),
            "int8" => all(|vector| json!(vector.iter().copied().map(eighth).collect::<Vec<_>>())),
            "uint8" => all(|vector| {
                let shifted = vector.iter().map(|number| i16::from(eighth(*number)) + 128);
                json!(shifted.collect::<Vec<_>>())
            }),
            "ubinary" => all(|vector| json!(packed(vector))),
            "binary" => all(|vector| {
                let shifted = packed(vector).into_iter().map(|byte| i16::from(byte) - 128);
                json!(shifted.collect::<Vec<_>>())
            }),
            "base64" => all(|vector| {
                let bytes: Vec<u8> =
                    vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                json!(STANDARD.encode(bytes))
            }),
            other => {
                return Err(Fault::Invalid(format!(
                    "invalid request: embedding type '{other}' is not supported"
                )));
            }
        };
    }
    Ok(embeddings)
}

#[expect(clippy::cast_possible_truncation, reason = "a number of a unit vector is at most one")]
fn eighth(number: f32) -> i8 {
    (number * 127.0).round() as i8
}

/// One bit for each number: whether it is above nought.
fn packed(vector: &[f32]) -> Vec<u8> {
    let bytes = vector.chunks(8);
    bytes.map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit > 0.0))).collect()
}
