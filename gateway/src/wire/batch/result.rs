//! What one request of a batch has used, by the line that tells how it ended.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    kernel::config::UsageShape,
    wire::{Dialect, UsageReport, usage_of_response},
};

/// How one request of a batch ended, as far as it is billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchResult {
    /// It was not answered: nothing is billed for it.
    Unbilled,
    /// It was answered, and this was used.
    Billed(Box<UsageReport>),
    /// It may have been answered; the line does not say what was used.
    Unknown,
}

impl BatchResult {
    fn of_answer(dialect: Dialect, shape: UsageShape, answer: &RawValue) -> Self {
        usage_of_response(dialect, shape, answer.get().as_bytes())
            .map_or(Self::Unknown, |report| Self::Billed(Box::new(report)))
    }
}

/// The end of a request, by a line of an output or an error file of OpenAI's.
#[must_use]
pub fn openai_batch_result(dialect: Dialect, shape: UsageShape, line: &[u8]) -> BatchResult {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        response: Option<Response<'a>>,
    }
    #[derive(Deserialize)]
    struct Response<'a> {
        #[serde(default)]
        status_code: u16,
        #[serde(borrow)]
        body: Option<&'a RawValue>,
    }
    let Ok(Line { response }) = serde_json::from_slice(line) else { return BatchResult::Unknown };
    let Some(Response { status_code, body }) = response else { return BatchResult::Unbilled };
    let told = body.map(|body| BatchResult::of_answer(dialect, shape, body));
    match told {
        Some(billed @ BatchResult::Billed(_)) => billed,
        // Providers bill no request that they refuse.
        _ if status_code >= 300 => BatchResult::Unbilled,
        _ => BatchResult::Unknown,
    }
}

/// The end of a request, by a line of the results of a message batch of Anthropic's.
#[must_use]
pub fn message_batch_result(line: &[u8]) -> BatchResult {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        result: Outcome<'a>,
    }
    #[derive(Deserialize)]
    struct Outcome<'a> {
        r#type: String,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    let Ok(Line { result }) = serde_json::from_slice(line) else { return BatchResult::Unknown };
    match (&*result.r#type, result.message) {
        ("succeeded", Some(message)) => {
            BatchResult::of_answer(Dialect::AnthropicMessages, UsageShape::default(), message)
        }
        ("errored" | "canceled" | "expired", _) => BatchResult::Unbilled,
        _ => BatchResult::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_openai(line: &serde_json::Value) -> BatchResult {
        let shape = UsageShape::default();
        openai_batch_result(Dialect::OpenAiChat, shape, line.to_string().as_bytes())
    }

    fn used(result: &BatchResult) -> (i64, i64, i64) {
        let BatchResult::Billed(report) = result else { panic!("{result:?}") };
        (report.tokens.input, report.tokens.cached_input, report.tokens.output)
    }

    #[test]
    fn an_answer_of_openais_has_its_usage_in_the_body() {
        let usage = json!({ "prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13,
            "prompt_tokens_details": { "cached_tokens": 2 } });
        let line = json!({ "id": "batch_req_1", "custom_id": "a", "error": null,
            "response": { "status_code": 200, "request_id": "r", "body": { "usage": usage } } });
        assert_eq!(used(&of_openai(&line)), (7, 2, 4));
    }

    #[test]
    fn what_was_refused_or_expired_is_not_billed_and_what_is_strange_is_not_known() {
        let refused = json!({ "response": { "status_code": 400, "body": { "error": {} } } });
        let expired = json!({ "response": null, "error": { "code": "batch_expired" } });
        let silent = json!({ "response": { "status_code": 200, "body": { "id": "x" } } });
        assert_eq!(of_openai(&refused), BatchResult::Unbilled);
        assert_eq!(of_openai(&expired), BatchResult::Unbilled);
        assert_eq!(of_openai(&silent), BatchResult::Unknown);
        assert_eq!(of_openai(&json!("half a line")), BatchResult::Unknown);
    }

    #[test]
    fn a_message_that_succeeded_has_its_usage_and_no_other_end_is_billed() {
        let message = json!({ "usage": { "input_tokens": 10, "cache_read_input_tokens": 3,
            "output_tokens": 6, "service_tier": "batch" } });
        let result = |outcome: serde_json::Value| {
            let line = json!({ "custom_id": "a", "result": outcome });
            message_batch_result(line.to_string().as_bytes())
        };
        let succeeded = result(json!({ "type": "succeeded", "message": message }));
        assert_eq!(used(&succeeded), (10, 3, 6));
        for end in ["errored", "canceled", "expired"] {
            assert_eq!(result(json!({ "type": end })), BatchResult::Unbilled);
        }
        assert_eq!(result(json!({ "type": "succeeded" })), BatchResult::Unknown);
        assert_eq!(message_batch_result(b"{"), BatchResult::Unknown);
    }
}
