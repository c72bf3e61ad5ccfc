//! Problems in the client's dialect, before and in the middle of a stream.
//!
//! Sources: the error bodies that the official SDKs read: openai (`error.message`, `type`,
//! `param`, `code`), anthropic (`error.type`, `error.message`, `request_id`) and google-genai
//! (`error.code`, `status`, `message`, `details`).

mod gemini;
mod standing;

use serde_json::{Value, json};
use shared::{Problem, ProblemCode};

pub use self::standing::standing_headers;
use super::Dialect;

/// The body of an error response.
#[must_use]
pub fn render_problem(dialect: Dialect, problem: &Problem) -> Vec<u8> {
    body(dialect, problem).to_string().into_bytes()
}

/// An event in the middle of a stream, after which the stream ends; that of the Responses API ends
/// by [`super::CutResponse`].
#[must_use]
pub fn render_problem_mid_stream(dialect: Dialect, problem: &Problem) -> Vec<u8> {
    let body = body(dialect, problem);
    match dialect {
        Dialect::AnthropicMessages => format!("event: error\ndata: {body}\n\n").into_bytes(),
        _ => format!("data: {body}\n\n").into_bytes(),
    }
}

fn body(dialect: Dialect, problem: &Problem) -> Value {
    let message = if problem.request_id.is_empty() {
        problem.detail.clone()
    } else {
        format!("{} (request {})", problem.detail, problem.request_id)
    };
    match dialect {
        Dialect::AnthropicMessages => json!({
            "type": "error",
            "error": { "type": anthropic_type(problem.status), "message": message },
            "request_id": problem.request_id,
        }),
        Dialect::Gemini => gemini::body(problem, &message),
        _ => json!({
            "error": {
                "message": message,
                "type": openai_type(problem),
                "param": problem.pointer,
                "code": openai_code(problem.code),
            },
        }),
    }
}

fn openai_type(problem: &Problem) -> &'static str {
    match problem.status {
        401 => "authentication_error",
        402 => "insufficient_quota",
        403 => "permission_error",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// OpenAI's own codes where it has one that programs look for.
fn openai_code(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::Unauthenticated => "invalid_api_key",
        ProblemCode::BudgetExceeded => "insufficient_quota",
        ProblemCode::RateLimited => "rate_limit_exceeded",
        other => other.as_str(),
    }
}

fn anthropic_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        503 | 529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn every_code_renders_in_every_dialect_before_and_in_a_stream() {
        let mut table = String::new();
        for code in ProblemCode::ALL {
            let problem = Problem::new(*code, "What happened.").at("model").for_request("req_1");
            for dialect in [Dialect::OpenAiChat, Dialect::AnthropicMessages] {
                let before = String::from_utf8(render_problem(dialect, &problem)).unwrap();
                let during =
                    String::from_utf8(render_problem_mid_stream(dialect, &problem)).unwrap();
                let name = dialect.as_str();
                writeln!(table, "{code} {} {name}\n{before}\n{during}", code.status()).unwrap();
            }
        }
        insta::assert_snapshot!(table);
    }
}
