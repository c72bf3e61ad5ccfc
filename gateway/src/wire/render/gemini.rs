//! A problem as Google's APIs tell it: <https://google.aip.dev/193>

use serde_json::{Value, json};
use shared::{Problem, ProblemCode};

/// The body of an error: the status by number and by name, and the gateway's own code in details.
pub(super) fn body(problem: &Problem, message: &str) -> Value {
    let mut about = json!({ "code": problem.code.as_str() });
    if let Some(pointer) = &problem.pointer {
        about["field"] = json!(pointer);
    }
    if !problem.request_id.is_empty() {
        about["requestId"] = json!(problem.request_id);
    }
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason(problem.code),
        "domain": "helixgateway",
        "metadata": about,
    })];
    details.extend(problem.retry_after.map(|seconds| {
        json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        })
    }));
    json!({
        "error": {
            "code": problem.status,
            "message": message,
            "status": status(problem.status),
            "details": details,
        },
    })
}

/// Google's own reasons where it has one that programs look for.
fn reason(code: ProblemCode) -> String {
    match code {
        ProblemCode::Unauthenticated => "API_KEY_INVALID".to_owned(),
        ProblemCode::RateLimited => "RATE_LIMIT_EXCEEDED".to_owned(),
        other => other.as_str().to_ascii_uppercase(),
    }
}

/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto>
fn status(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        402 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        405 | 501 => "UNIMPLEMENTED",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        502 | 503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::wire::{Dialect, render_problem, render_problem_mid_stream};

    #[test]
    fn every_code_renders_as_google_tells_it() {
        let mut table = String::new();
        for code in ProblemCode::ALL {
            let problem = Problem::new(*code, "What happened.").at("model").for_request("req_1");
            let told = String::from_utf8(render_problem(Dialect::Gemini, &problem)).unwrap();
            writeln!(table, "{code} {}\n{told}", code.status()).unwrap();
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn advice_when_to_try_again_is_a_detail() {
        let problem = Problem::new(ProblemCode::RateLimited, "Wait.").retry_after(3);
        let told: Value =
            serde_json::from_slice(&render_problem(Dialect::Gemini, &problem)).unwrap();
        assert_eq!(told["error"]["details"][1]["retryDelay"], "3s");
    }

    #[test]
    fn in_the_middle_of_a_stream_it_is_one_event() {
        let problem = Problem::new(ProblemCode::UpstreamFailed, "It broke.");
        let told = render_problem_mid_stream(Dialect::Gemini, &problem);
        let told = String::from_utf8(told).unwrap();
        // The official SDK for Python knows an error by its first characters.
        assert!(told.starts_with("data: {\"error\":") && told.ends_with("}\n\n"), "{told}");
    }
}
