//! `POST /model/{model}/invoke` and `/invoke-with-response-stream`, for Anthropic's models: their
//! own messages, with the model in the path and a version of Bedrock's in the body.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html>

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::frames;
use crate::fake_provider::{
    anthropic::messages,
    ledger::Usage,
    reply::{Payload, Prepared},
    vendor::Fault,
};

/// The version that Bedrock has had from the beginning. Anthropic's SDK sends the date of its own.
const VERSION: &str = "bedrock-2023-05-31";

/// The answer to a request's body; `serial` makes its ids.
pub(super) fn prepare(
    model: &str,
    body: &[u8],
    serial: u64,
    is_streaming: bool,
) -> Result<Prepared, Fault> {
    let mut request: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    check_version(request.remove("anthropic_version"))?;
    for field in ["model", "stream"] {
        if request.contains_key(field) {
            return Err(Fault::Invalid(format!("{field}: Extra inputs are not permitted")));
        }
    }
    request.insert("model".to_owned(), json!(model));
    request.insert("stream".to_owned(), json!(is_streaming));
    let body = Value::Object(request).to_string();
    let mut prepared = messages::prepare(body.as_bytes(), serial).map_err(in_bedrocks_words)?;
    if let Payload::Stream(mut script) = prepared.payload {
        let metrics = metrics(prepared.usage);
        let stop = json!({ "type": "message_stop", "amazon-bedrock-invocationMetrics": metrics });
        script.replace_last(format!("event: message_stop\ndata: {stop}\n\n"));
        prepared.payload = Payload::Stream(script.sealed_by(frames::chunk_of_event));
    }
    Ok(prepared)
}

fn check_version(version: Option<Value>) -> Result<(), Fault> {
    let Some(version) = version else {
        return Err(Fault::Invalid("anthropic_version: Field required".to_owned()));
    };
    let text = version.as_str().unwrap_or_default();
    if text == VERSION || is_date(text) {
        return Ok(());
    }
    Err(Fault::Invalid(format!("Invalid API version: {text}")))
}

/// `2026-10-21`, and the like.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts[..], [year, month, day] if year.len() == 4 && month.len() == 2 && day.len() == 2)
        && parts.iter().all(is_number)
}

fn in_bedrocks_words(fault: Fault) -> Fault {
    match fault {
        Fault::MissingField(field) => Fault::Invalid(format!("{field}: Field required")),
        other => other,
    }
}

fn metrics(usage: Usage) -> Value {
    json!({
        "inputTokenCount": usage.input - usage.cached - usage.cache_write,
        "outputTokenCount": usage.output, "invocationLatency": 1, "firstByteLatency": 1,
        "cacheReadInputTokenCount": usage.cached, "cacheWriteInputTokenCount": usage.cache_write,
    })
}

/// What an invocation came to, as its headers say it.
#[derive(Debug, Clone, Copy)]
pub(in crate::fake_provider) struct Counts(pub(in crate::fake_provider) Usage);

impl Counts {
    /// Adds what Bedrock says beside a model's own answer.
    pub(in crate::fake_provider) fn add_to(self, headers: &mut HeaderMap) {
        let is_streamed =
            headers.get("content-type").is_some_and(|kind| kind != "application/json");
        if is_streamed {
            let kind = HeaderValue::from_static("application/json");
            headers.insert("x-amzn-bedrock-content-type", kind);
            return;
        }
        let Usage { input, cached, cache_write, output, .. } = self.0;
        for (name, count) in [
            ("x-amzn-bedrock-invocation-latency", 1),
            ("x-amzn-bedrock-input-token-count", input - cached - cache_write),
            ("x-amzn-bedrock-output-token-count", output),
            ("x-amzn-bedrock-cache-read-input-token-count", cached),
            ("x-amzn-bedrock-cache-write-input-token-count", cache_write),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(count));
        }
    }
}
