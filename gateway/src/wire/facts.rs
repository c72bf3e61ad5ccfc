//! What the gateway must know of a request: one pass, borrowed, everything else untouched.

use std::ops::Range;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Dialect, WireError};

/// The longest model name, in bytes.
const MODEL_LIMIT_BYTES: usize = 256;
/// The most choices that one request may ask for.
const CHOICES_LIMIT: i64 = 128;

/// What a body asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// The model as the caller names it.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub is_streaming: bool,
    /// The longest answer that the caller wants, in tokens.
    pub output_limit: Option<i64>,
    /// How many answers the caller wants.
    pub choices: i64,
    /// Whether the caller wants usage at the end of a stream.
    pub asks_for_usage: bool,
    pub(super) model_span: Range<usize>,
    pub(super) stream_options_span: Option<Range<usize>>,
    /// Limits that are there as `null`: a second field of the name would leave it to the provider
    /// which of the two it reads.
    pub(super) null_limit_spans: Vec<Range<usize>>,
}

/// The governed fields. A field that is there twice is refused by the deserializer: gateway and
/// provider could otherwise read different ones.
#[derive(Deserialize)]
struct Governed<'a> {
    #[serde(borrow, default, deserialize_with = "given")]
    model: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    stream: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    stream_options: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    max_tokens: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    max_completion_tokens: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    n: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "given")]
    input: Option<&'a RawValue>,
}

/// A field that is there, even if it is null: its place is needed too.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

impl RequestFacts {
    /// Reads the governed fields of a body.
    ///
    /// # Errors
    /// [`WireError::Invalid`], naming the field, the limit and what is expected.
    pub fn read(dialect: Dialect, body: &[u8]) -> Result<Self, WireError> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let at = error.valid_up_to();
            WireError::invalid(None, format!("The body is not UTF-8: byte {at} is not valid."))
        })?;
        // A list would do for the deserializer: fields by position.
        if text.trim_start().starts_with('[') {
            return Err(WireError::invalid(None, "The body must be a JSON object."));
        }
        let governed: Governed = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        let model_raw = present(governed.model)
            .ok_or_else(|| WireError::invalid("model", "`model` is missing; name a model."))?;
        let model: String = typed(model_raw, "model", "a string")?;
        if model.is_empty() || model.len() > MODEL_LIMIT_BYTES {
            return Err(WireError::invalid(
                "model",
                format!("`model` must have 1 to {MODEL_LIMIT_BYTES} bytes."),
            ));
        }
        let max_tokens = positive(governed.max_tokens, "max_tokens")?;
        let max_completion = positive(governed.max_completion_tokens, "max_completion_tokens")?;
        check_required(dialect, &governed, max_tokens)?;
        let choices = positive(governed.n, "n")?.unwrap_or(1);
        if choices > CHOICES_LIMIT {
            return Err(WireError::invalid("n", format!("`n` must be at most {CHOICES_LIMIT}.")));
        }
        let stream_options = present(governed.stream_options);
        let asks_for_usage = match stream_options {
            Some(raw) => typed::<StreamOptions>(raw, "stream_options", "an object")?
                .include_usage
                .unwrap_or(false),
            None => false,
        };
        let is_streaming = match present(governed.stream) {
            Some(raw) => typed(raw, "stream", "true or false")?,
            None => false,
        };
        Ok(Self {
            model,
            is_streaming,
            output_limit: max_completion.or(max_tokens),
            choices,
            asks_for_usage,
            model_span: span(text, model_raw),
            null_limit_spans: [governed.max_tokens, governed.max_completion_tokens]
                .into_iter()
                .flatten()
                .filter(|raw| raw.get() == "null")
                .map(|raw| span(text, raw))
                .collect(),
            stream_options_span: governed.stream_options.map(|raw| span(text, raw)),
        })
    }
}

fn check_required(
    dialect: Dialect,
    governed: &Governed<'_>,
    max_tokens: Option<i64>,
) -> Result<(), WireError> {
    let is_list = |raw: Option<&RawValue>| raw.is_some_and(|raw| raw.get().starts_with('['));
    match dialect {
        Dialect::OpenAiChat | Dialect::AnthropicMessages if !is_list(governed.messages) => {
            Err(WireError::invalid("messages", "`messages` must be a list of messages."))
        }
        Dialect::AnthropicMessages if max_tokens.is_none() => Err(WireError::invalid(
            "max_tokens",
            "`max_tokens` is missing; say how long the answer may be.",
        )),
        Dialect::OpenAiEmbeddings if present(governed.input).is_none() => {
            Err(WireError::invalid("input", "`input` is missing; give a text or a list of texts."))
        }
        _ => Ok(()),
    }
}

fn malformed(error: &serde_json::Error) -> WireError {
    if error.is_data() {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        return match what.strip_prefix("duplicate field ") {
            Some(field) => WireError::invalid(
                governed_name(field),
                format!("{field} is there twice; send it once."),
            ),
            None => WireError::invalid(None, "The body must be a JSON object."),
        };
    }
    WireError::invalid(
        None,
        format!(
            "The body is not valid JSON: it breaks at line {}, column {}.",
            error.line(),
            error.column()
        ),
    )
}

fn governed_name(quoted: &str) -> Option<&'static str> {
    [
        "model",
        "stream",
        "stream_options",
        "max_tokens",
        "max_completion_tokens",
        "n",
        "messages",
        "input",
    ]
    .into_iter()
    .find(|name| quoted.trim_matches('`') == *name)
}

fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

fn typed<'a, T: Deserialize<'a>>(
    raw: &'a RawValue,
    name: &'static str,
    expected: &str,
) -> Result<T, WireError> {
    serde_json::from_str(raw.get())
        .map_err(|_| WireError::invalid(name, format!("`{name}` must be {expected}.")))
}

fn positive(raw: Option<&RawValue>, name: &'static str) -> Result<Option<i64>, WireError> {
    let Some(raw) = present(raw) else { return Ok(None) };
    let number: i64 = typed(raw, name, "a whole number of at least 1")?;
    if number < 1 {
        return Err(WireError::invalid(name, format!("`{name}` must be at least 1.")));
    }
    Ok(Some(number))
}

/// Where the raw value stands in the body that it was borrowed from.
fn span(text: &str, raw: &RawValue) -> Range<usize> {
    let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + raw.get().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_governed_fields_are_read_and_the_rest_is_left_alone() {
        let body = br#"{"model":"m","stream":true,"stream_options":{"include_usage":true},
            "max_completion_tokens":7,"n":2,"messages":[],"x":{"model":"other"},"x":1}"#;
        let facts = RequestFacts::read(Dialect::OpenAiChat, body).unwrap();
        assert_eq!(facts.model, "m");
        assert!(facts.is_streaming && facts.asks_for_usage);
        assert_eq!((facts.output_limit, facts.choices), (Some(7), 2));
        assert_eq!(&body[facts.model_span], br#""m""#);
    }

    #[rstest]
    #[case(r#"{"model":"m","messages":"#, None, "column")]
    #[case("[]", None, "JSON object")]
    #[case(r#"{"messages":[]}"#, Some("model"), "missing")]
    #[case(r#"{"model":7,"messages":[]}"#, Some("model"), "a string")]
    #[case(r#"{"model":"","messages":[]}"#, Some("model"), "1 to 256")]
    #[case(r#"{"model":"a","model":"b","messages":[]}"#, Some("model"), "twice")]
    #[case(r#"{"model":"m","messages":{}}"#, Some("messages"), "list")]
    #[case(r#"{"model":"m","messages":[],"stream":"yes"}"#, Some("stream"), "true or false")]
    #[case(r#"{"model":"m","messages":[],"max_tokens":0}"#, Some("max_tokens"), "at least 1")]
    #[case(r#"{"model":"m","messages":[],"max_tokens":1.5}"#, Some("max_tokens"), "whole number")]
    #[case(r#"{"model":"m","messages":[],"n":1000}"#, Some("n"), "at most 128")]
    fn a_wrong_body_is_refused_with_the_field(
        #[case] body: &str,
        #[case] pointer: Option<&str>,
        #[case] part: &str,
    ) {
        let error = RequestFacts::read(Dialect::OpenAiChat, body.as_bytes()).unwrap_err();
        assert_eq!(error.pointer(), pointer, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }

    #[test]
    fn invalid_utf8_is_refused_with_its_place() {
        let error = RequestFacts::read(Dialect::OpenAiChat, b"{\"model\":\"\xff\"}").unwrap_err();
        assert!(error.to_string().contains("byte 10"), "{error}");
    }

    #[test]
    fn anthropic_requires_a_limit() {
        let body = br#"{"model":"m","messages":[]}"#;
        let error = RequestFacts::read(Dialect::AnthropicMessages, body).unwrap_err();
        assert_eq!(error.pointer(), Some("max_tokens"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = RequestFacts::read(Dialect::OpenAiChat, &body);
        }
    }
}
