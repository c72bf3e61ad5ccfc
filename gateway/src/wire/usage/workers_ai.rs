//! The usage of Workers AI: OpenAI's object, within the `result`.
//!
//! Source: `AIRunResponse` of the official SDK (cloudflare).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{UsageReport, usage_of_object};
use crate::{kernel::config::UsageShape, wire::Dialect};

/// The usage of a whole answer; none where it tells of none.
pub(super) fn of_response(body: &[u8]) -> Option<UsageReport> {
    #[derive(Deserialize)]
    struct WithResult<'a> {
        #[serde(borrow)]
        result: WithUsage<'a>,
    }
    #[derive(Deserialize)]
    struct WithUsage<'a> {
        #[serde(borrow)]
        usage: &'a RawValue,
    }
    let WithResult { result } = serde_json::from_slice(body).ok()?;
    workers_ai_report(result.usage.get())
}

/// The usage in a usage object; none where it does not tell of the prompt.
pub(in super::super) fn workers_ai_report(raw: &str) -> Option<UsageReport> {
    usage_of_object(Dialect::OpenAiChat, UsageShape::default(), raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_within_the_result() {
        let body = br#"{"result":{"response":"Hi","usage":{"prompt_tokens":9,"completion_tokens":4,
            "total_tokens":13}},"success":true,"errors":[],"messages":[]}"#;
        let report = of_response(body).unwrap();
        assert_eq!((report.tokens.input, report.tokens.output), (9, 4));
        assert_eq!(of_response(br#"{"result":{"response":"Hi"},"success":true}"#), None);
        assert_eq!(of_response(br#"{"result":null,"success":false}"#), None);
    }
}
