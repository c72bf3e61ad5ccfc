//! How a stream of the Responses API ends that is cut off.
//!
//! OpenAI tells a failure twice, and so does the gateway, whether the stream was relayed or
//! translated: the event `error`, which the SDKs raise, and `response.failed`, which clients that
//! follow the answer itself wait for. Both are numbered on.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use shared::{Problem, ProblemCode};

use super::{Dialect, SseDecoder, members::edited, render_problem};

static NUMBERED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"sequence_number\""));

/// What of a stream its end refers to; nothing is read or copied until there is one.
#[derive(Debug, Default)]
pub struct CutResponse {
    first: Bytes,
    last: Bytes,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    sequence_number: Option<u64>,
}

impl CutResponse {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whole events pass to the client.
    pub fn pass(&mut self, events: &Bytes) {
        if NUMBERED.find(events).is_none() {
            return;
        }
        if self.first.is_empty() {
            self.first = events.clone();
        }
        self.last = events.clone();
    }

    /// The events after which the stream ends.
    #[must_use]
    pub fn end(&self, problem: &Problem) -> Vec<u8> {
        let mut number = last_number(&self.last).map_or(0, |number| number + 1);
        let error = error_of(problem);
        let mut events = event("error", &error_event(&error, number));
        if let Some(failed) = begun_response(&self.first).and_then(|begun| failed(&begun, problem))
        {
            number += 1;
            let data = format!(
                r#"{{"type":"response.failed","sequence_number":{number},"response":{failed}}}"#
            );
            events.push_str(&event("response.failed", &data));
        }
        events.into_bytes()
    }
}

/// The error as it is told before a stream begins.
fn error_of(problem: &Problem) -> Value {
    let body = render_problem(Dialect::OpenAiResponses, problem);
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    body["error"].take()
}

/// The SDKs' types have the fields of an error in the event itself, the SDKs raise what is in its
/// `error`; so both are there.
fn error_event(error: &Value, number: u64) -> String {
    json!({
        "type": "error",
        "code": error["code"],
        "message": error["message"],
        "param": error["param"],
        "sequence_number": number,
        "error": error,
    })
    .to_string()
}

/// The answer as it began, failed; nothing that came meanwhile is finished.
fn failed(begun: &str, problem: &Problem) -> Option<String> {
    let code = match problem.code {
        ProblemCode::RateLimited => "rate_limit_exceeded",
        _ => "server_error",
    };
    let message = error_of(problem)["message"].take();
    let error = json!({ "code": code, "message": message }).to_string();
    edited(begun, &[("status", Some("\"failed\"")), ("error", Some(&error))]).ok()
}

fn event(name: &str, data: &str) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

fn begun_response(events: &[u8]) -> Option<String> {
    let mut begun = None;
    read(events, |event| {
        let response = event.response.map(|response| response.get().to_owned());
        begun = begun.take().or(response);
    });
    begun
}

fn last_number(events: &[u8]) -> Option<u64> {
    let mut last = None;
    read(events, |event| last = event.sequence_number.or(last));
    last
}

fn read(events: &[u8], mut each: impl FnMut(Event<'_>)) {
    let mut decoder = SseDecoder::new();
    // What cannot be read is not referred to.
    let _ = decoder.push(events, &mut |event| {
        if let Ok(event) = serde_json::from_str(event.data) {
            each(event);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGUN: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"status\":\"in_progress\",\"error\":null,\"output\":[],\"top_p\":1.00}}\n\n";
    const DELTA: &str = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\",\"sequence_number\":7}\n\n";

    fn problem() -> Problem {
        Problem::new(ProblemCode::UpstreamFailed, "It broke off.").for_request("req_1")
    }

    #[test]
    fn a_cut_is_told_as_an_error_and_as_the_answer_that_has_failed() {
        let mut cut = CutResponse::new();
        for events in [BEGUN, DELTA, ": ping\n\n"] {
            cut.pass(&Bytes::from_static(events.as_bytes()));
        }
        insta::assert_snapshot!(String::from_utf8(cut.end(&problem())).unwrap());
    }

    #[test]
    fn what_was_cut_before_it_began_is_told_as_an_error_alone() {
        let told = String::from_utf8(CutResponse::new().end(&problem())).unwrap();
        assert!(told.starts_with("event: error\n") && told.contains(r#""sequence_number":0"#));
        assert!(!told.contains("response.failed"), "{told}");
    }
}
