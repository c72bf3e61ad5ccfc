//! Reads what a provider says in an error, whichever form it has.
//!
//! | form | who |
//! |---|---|
//! | `{"error": {"message", "type", "code"}}` | OpenAI, Anthropic, most compatible providers |
//! | `{"error": "text", "code"}` | xAI, Ollama, llama.cpp's older ones |
//! | `{"message", "type", "code"}`, the message a text or an object | Mistral, Cohere, vLLM |
//! | `{"detail": "text"}`, `{"detail": [{"loc", "msg", "type"}]}` | FastAPI: Mistral, Voyage, Perplexity |
//! | `{"errors": [ … ]}` | DeepInfra, Cloudflare |
//! | `[{"error": …}]` | Google |
//! | `{"message"}` or `{"Message"}`, the type in a header or in `__type` | Amazon |
//! | `{"OriginalMessage", "OriginalStatusCode"}` beside these | SageMaker, of what a container has said |

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// Objects and lists within each other that are looked into.
const DEPTH_LIMIT: usize = 6;
/// Errors of a list that are told.
const ITEMS_LIMIT: usize = 3;
/// Where a message is, the likeliest first.
const MESSAGE_FIELDS: [&str; 7] =
    ["OriginalMessage", "error", "message", "Message", "detail", "errors", "msg"];
/// Where a word for machines is.
const WORD_FIELDS: [&str; 5] = ["code", "type", "__type", "status", "reason"];
/// How xAI says that it does not know a key, for which it has no code of its own.
/// <https://docs.x.ai/docs/key-information/debugging>
const UNKNOWN_KEY: &str = "Incorrect API key provided";
/// The code that others have for it.
const UNKNOWN_KEY_WORD: &str = "invalid_api_key";
/// Where Amazon has its word, if not in the body.
const WORD_HEADER: &str = "x-amzn-errortype";
/// Where further words are.
const WORD_PLACES: [&str; 4] = ["error", "detail", "details", "errors"];

/// What an error body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorBody {
    /// For people, without controls.
    pub(super) message: Option<String>,
    /// For machines: types, codes and the like, in lower case, numbers in digits.
    pub(super) words: Vec<String>,
    /// The status of whoever stands behind the provider, where that is told.
    original_status: Option<StatusCode>,
}

/// When Google says that another try makes sense: `google.rpc.RetryInfo` among the details.
/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>
pub(super) fn retry_delay_seconds(body: &[u8]) -> Option<u32> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let error = body.get("error").or_else(|| body.get(0)?.get("error"))?;
    let mut details = error.get("details")?.as_array()?.iter();
    let delay = details.find_map(|detail| detail.get("retryDelay")?.as_str()?.strip_suffix('s'))?;
    let (whole, fraction) = delay.split_once('.').unwrap_or((delay, ""));
    let begun = u32::from(fraction.bytes().any(|digit| digit != b'0'));
    whole.parse::<u32>().ok()?.checked_add(begun)
}

impl ErrorBody {
    /// Reads an answer.
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        let mut told = Self::read(body);
        let header = headers.get(WORD_HEADER).and_then(|value| value.to_str().ok());
        told.words.extend(header.map(word));
        told
    }

    /// The status that says what is wrong: a container's own, where `status` says only that
    /// something is.
    pub(super) fn status_or(&self, status: StatusCode) -> StatusCode {
        self.original_status.unwrap_or(status)
    }

    /// Reads a body; one that is no JSON says nothing.
    pub(super) fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return Self::default() };
        let mut words = Vec::new();
        collect_words(&body, DEPTH_LIMIT, &mut words);
        let original = body.get("OriginalStatusCode").and_then(Value::as_u64);
        let original_status =
            original.and_then(|status| StatusCode::from_u16(status.try_into().ok()?).ok());
        let message = message_in(&body, DEPTH_LIMIT);
        if message.as_ref().is_some_and(|message| message.starts_with(UNKNOWN_KEY)) {
            words.push(UNKNOWN_KEY_WORD.to_owned());
        }
        Self { message, words, original_status }
    }
}

fn message_in(value: &Value, depth: usize) -> Option<String> {
    let below = depth.checked_sub(1)?;
    match value {
        Value::String(text) => text_in(text, below),
        Value::Array(items) => {
            let told: Vec<String> =
                items.iter().filter_map(|item| message_in(item, below)).take(ITEMS_LIMIT).collect();
            (!told.is_empty()).then(|| told.join("; "))
        }
        Value::Object(members) => {
            let mut told = MESSAGE_FIELDS.iter().filter_map(|field| members.get(*field));
            let message = told.find_map(|value| message_in(value, below))?;
            Some(match members.get("loc").and_then(place) {
                Some(place) => format!("{place}: {message}"),
                None => message,
            })
        }
        _ => None,
    }
}

/// A text; some providers pack one more body into it.
fn text_in(text: &str, depth: usize) -> Option<String> {
    if text.starts_with(['{', '['])
        && let Ok(packed) = serde_json::from_str::<Value>(text)
        && let Some(message) = message_in(&packed, depth)
    {
        return Some(message);
    }
    let plain: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| plain.to_owned())
}

/// Where an error is: `["body", "messages", 0]` is `messages.0`.
fn place(loc: &Value) -> Option<String> {
    let parts: Vec<String> = loc
        .as_array()?
        .iter()
        .filter_map(|part| {
            part.as_str().map(str::to_owned).or_else(|| Some(part.as_u64()?.to_string()))
        })
        .skip_while(|part| part == "body")
        .collect();
    (!parts.is_empty()).then(|| parts.join("."))
}

/// A word in lower case; Amazon's stand between a namespace and an address:
/// `com.amazon.coral.service#AccessDeniedException:http://internal.amazon.com/coral/`.
fn word(written: &str) -> String {
    let is_amazons = |word: &str| word.ends_with("Exception");
    let bare = written.split(':').next().unwrap_or_default();
    let bare = bare.rsplit('#').next().unwrap_or_default();
    if is_amazons(bare) { bare.to_lowercase() } else { written.to_lowercase() }
}

fn collect_words(value: &Value, depth: usize, words: &mut Vec<String>) {
    let Some(below) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(items) => {
            items.iter().take(ITEMS_LIMIT).for_each(|item| collect_words(item, below, words));
        }
        Value::Object(members) => {
            words.extend(
                WORD_FIELDS.iter().filter_map(|field| word_or_number(members.get(*field)?)),
            );
            for inner in WORD_PLACES.iter().filter_map(|place| members.get(*place)) {
                collect_words(inner, below, words);
            }
        }
        _ => {}
    }
}

/// A word, or the number of an error, as Cloudflare has them.
fn word_or_number(value: &Value) -> Option<String> {
    let number = || value.as_u64().map(|number| number.to_string());
    value.as_str().map(word).or_else(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::openai(
        r#"{"error":{"message":"Too long.","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}}"#,
        Some("Too long."), &["context_length_exceeded", "invalid_request_error"]
    )]
    #[case::anthropic(
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        Some("Overloaded"), &["error", "overloaded_error"]
    )]
    #[case::xai(
        r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***yz."}"#,
        Some("Incorrect API key provided: xa***yz."), &["client specified an invalid argument", "invalid_api_key"]
    )]
    #[case::ollama(r#"{"error":"model 'x' not found"}"#, Some("model 'x' not found"), &[])]
    #[case::cohere(r#"{"message":"invalid api token"}"#, Some("invalid api token"), &[])]
    #[case::fastapi_text(r#"{"detail":"Unauthorized"}"#, Some("Unauthorized"), &[])]
    #[case::fastapi_list(
        r#"{"detail":[{"type":"extra_forbidden","loc":["body","store"],"msg":"Extra inputs are not permitted","input":false},{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required"}]}"#,
        Some("store: Extra inputs are not permitted; messages.0.role: Field required"),
        &["extra_forbidden", "missing"]
    )]
    #[case::mistral(
        r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","max_completion_tokens"],"msg":"Extra inputs are not permitted","input":32000}]},"type":"invalid_request_error","param":null,"code":null}"#,
        Some("max_completion_tokens: Extra inputs are not permitted"), &["invalid_request_error"]
    )]
    #[case::mistral_packed(
        r#"{"object":"error","message":"{\"detail\":[{\"loc\":[\"body\",\"seed\"],\"msg\":\"Extra inputs are not permitted\"}]}","type":"internal_error_proxy","code":"1000"}"#,
        Some("seed: Extra inputs are not permitted"), &["1000", "internal_error_proxy"]
    )]
    #[case::google(
        r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"x","reason":"API_KEY_INVALID"}]}}]"#,
        Some("API key not valid."), &["400", "invalid_argument", "api_key_invalid"]
    )]
    #[case::errors(r#"{"success":false,"errors":[{"code":7000,"message":"No route"}]}"#, Some("No route"), &["7000"])]
    #[case::errors_of_text(r#"{"errors":["a","b","c","d"]}"#, Some("a; b; c"), &[])]
    #[case::openrouter(
        r#"{"error":{"code":402,"message":"Insufficient credits","metadata":{"raw":"x"}}}"#,
        Some("Insufficient credits"), &["402"]
    )]
    #[case::controls("{\"error\":\"a\\u0000b\\n\"}", Some("a b"), &[])]
    #[case::empty(r#"{"error":""}"#, None, &[])]
    #[case::nothing("{}", None, &[])]
    #[case::html("<html>", None, &[])]
    fn the_message_is_found_in_every_form(
        #[case] body: &str,
        #[case] message: Option<&str>,
        #[case] words: &[&str],
    ) {
        let told = ErrorBody::read(body.as_bytes());
        assert_eq!(told.message.as_deref(), message);
        assert_eq!(told.words, words);
    }

    #[test]
    fn what_a_container_has_said_is_told_from_what_sagemaker_says_of_it() {
        let body = r#"{"ErrorCode":"CLIENT_ERROR_FROM_MODEL","LogStreamArn":"arn:aws:logs:1","Message":"Received client error (400) from primary","OriginalMessage":"{\"object\":\"error\",\"message\":\"too long\",\"code\":400}","OriginalStatusCode":400}"#;
        let told = ErrorBody::read(body.as_bytes());
        assert_eq!(told.message.as_deref(), Some("too long"));
        assert_eq!(told.status_or(StatusCode::FAILED_DEPENDENCY), StatusCode::BAD_REQUEST);
    }

    #[rstest]
    #[case(Some("ThrottlingException"), r#"{"message":"Too many"}"#, &["throttlingexception"])]
    #[case(
        Some("ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/"),
        r#"{"message":"Too many"}"#,
        &["validationexception"]
    )]
    #[case(
        None,
        r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"Too many"}"#,
        &["accessdeniedexception"]
    )]
    fn the_word_of_amazon_is_in_a_header_or_in_the_body(
        #[case] header: Option<&'static str>,
        #[case] body: &str,
        #[case] words: &[&str],
    ) {
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|header| {
            (http::HeaderName::from_static(WORD_HEADER), http::HeaderValue::from_static(header))
        }));
        let told = ErrorBody::of(&headers, body.as_bytes());
        assert_eq!((told.message.as_deref(), told.words), (Some("Too many"), owned(words)));
    }

    #[rstest]
    #[case(r#"{"error":{"details":[{"@type":"a"},{"retryDelay":"3s"}]}}"#, Some(3))]
    #[case(r#"[{"error":{"details":[{"retryDelay":"20.384552134s"}]}}]"#, Some(21))]
    #[case(r#"{"error":{"details":[{"retryDelay":"soon"}]}}"#, None)]
    #[case(r#"{"error":{"details":[{"retryDelay":"-1s"}]}}"#, None)]
    #[case(r#"{"error":"busy"}"#, None)]
    fn google_says_in_the_body_when_to_try_again(
        #[case] body: &str,
        #[case] expected: Option<u32>,
    ) {
        assert_eq!(retry_delay_seconds(body.as_bytes()), expected);
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = ErrorBody::read(&body);
        }
    }

    #[test]
    fn a_body_that_is_nested_without_end_says_nothing() {
        let body = format!("{}\"deep\"{}", "{\"error\":".repeat(60), "}".repeat(60));
        assert_eq!(ErrorBody::read(body.as_bytes()), ErrorBody::default());
    }
}
