//! An answer under the gateway's own id, whole and as it grows.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::thoughts::{withheld, without_seal, without_thoughts};
use crate::wire::{SseDecoder, SseEvent, WholeEvents, members::edited, whole_events::events};

static SEALED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"encrypted_content\""));
static RESPONSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"response\""));

/// What of an answer the gateway knows better than the provider.
#[derive(Debug, Clone)]
pub struct ResponseState {
    /// Its id.
    pub id: String,
    /// The answer that it goes on from.
    pub previous: Option<String>,
    /// Whether it is kept, if it is not too large.
    pub is_kept: bool,
    /// Whether it was asked for in the background.
    pub is_background: bool,
    /// Whether sealed thoughts are kept without being told: the gateway asked for them, not the
    /// caller.
    pub withholds_thoughts: bool,
    /// The largest answer that is kept, in bytes.
    pub limit_bytes: usize,
}

/// An answer as its caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptResponse {
    /// Where it stands: `completed`, `incomplete` or `failed`.
    pub status: String,
    /// The answer object.
    pub json: String,
    /// The answer object with what its caller is not told; nothing where all is told.
    pub with_thoughts: Option<String>,
    /// Whether it is kept.
    pub is_kept: bool,
}

#[derive(Deserialize)]
struct Status {
    status: Option<String>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
}

impl ResponseState {
    /// The answer as its caller sees it; nothing where it is none.
    #[must_use]
    pub fn apply(&self, response: &str) -> Option<KeptResponse> {
        let is_kept = self.is_kept && response.len() <= self.limit_bytes;
        let previous = self.previous.as_deref().map_or(Value::Null, Value::from).to_string();
        let id = Value::from(self.id.as_str()).to_string();
        let edits = [
            ("id", Some(&*id)),
            ("previous_response_id", Some(&previous)),
            ("store", Some(if is_kept { "true" } else { "false" })),
            ("background", Some(if self.is_background { "true" } else { "false" })),
        ];
        let whole = edited(response, &edits).ok()?;
        let Status { status } = serde_json::from_str(response).ok()?;
        let status = status.unwrap_or_else(|| "completed".to_owned());
        let told = if self.withholds_thoughts { without_thoughts(&whole) } else { None };
        Some(match told {
            None => KeptResponse { status, json: whole, with_thoughts: None, is_kept },
            Some(told) => {
                let with_thoughts = withheld(&whole).ok();
                KeptResponse { status, json: told, with_thoughts, is_kept }
            }
        })
    }
}

impl KeptResponse {
    /// The answer object as it is stored.
    #[must_use]
    pub fn stored(self) -> String {
        self.with_thoughts.unwrap_or(self.json)
    }
}

/// Follows a stream, and puts what the gateway knows into each event that has the answer in it.
/// Every other event passes as it came.
#[derive(Debug)]
pub struct ResponseEvents {
    state: ResponseState,
    events: WholeEvents,
    last: Option<KeptResponse>,
}

impl ResponseEvents {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new(state: ResponseState) -> Self {
        Self { state, events: WholeEvents::new(), last: None }
    }

    /// The events that are whole now, one by one.
    pub fn push(&mut self, bytes: Bytes) -> Vec<Bytes> {
        let whole = self.events.push(bytes);
        self.tell(&whole)
    }

    /// What is left when the stream has ended.
    pub fn finish(&mut self) -> Vec<Bytes> {
        let whole = self.events.finish();
        self.tell(&whole)
    }

    /// The whole answer, once it has ended.
    pub fn take_last(&mut self) -> Option<KeptResponse> {
        self.last.take()
    }

    fn tell(&mut self, bytes: &Bytes) -> Vec<Bytes> {
        let mut told = Vec::new();
        let mut end = 0;
        for event in events(bytes) {
            end = event.end;
            told.push(self.tell_event(bytes.slice(event)));
        }
        if end < bytes.len() {
            told.push(self.tell_event(bytes.slice(end..)));
        }
        told
    }

    fn tell_event(&mut self, event: Bytes) -> Bytes {
        let has_thought = self.state.withholds_thoughts && SEALED.find(&event).is_some();
        if !has_thought && RESPONSE.find(&event).is_none() {
            return event;
        }
        let mut told = None;
        let mut tell = |event: SseEvent<'_>| told = self.edit(event);
        let mut decoder = SseDecoder::new();
        // What is too large to be decoded passes as it came, and is not kept.
        let read = decoder.push(&event, &mut tell).and_then(|()| decoder.finish(&mut tell));
        read.ok().and(told).unwrap_or(event)
    }

    fn edit(&mut self, event: SseEvent<'_>) -> Option<Bytes> {
        let read: Event<'_> = serde_json::from_str(event.data).ok()?;
        let kind = read.kind.as_str();
        let name = if event.event.is_empty() { kind } else { event.event };
        let tell = |data: String| Bytes::from(format!("event: {name}\ndata: {data}\n\n"));
        let Some(response) = read.response else {
            let item = read.item.filter(|_| self.state.withholds_thoughts)?;
            let item = without_seal(item.get())?;
            return edited(event.data, &[("item", Some(&item))]).ok().map(tell);
        };
        let response = self.state.apply(response.get())?;
        let data = edited(event.data, &[("response", Some(&response.json))]).ok()?;
        let told = tell(data);
        if matches!(kind, "response.completed" | "response.incomplete" | "response.failed") {
            self.last = Some(response);
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> ResponseState {
        ResponseState {
            id: "resp_ours".to_owned(),
            previous: Some("resp_before".to_owned()),
            is_kept: true,
            is_background: false,
            withholds_thoughts: false,
            limit_bytes: 1_000,
        }
    }

    const THOUGHT: &str = r#"{"type":"reasoning","id":"rs_1","encrypted_content":"gAAA"}"#;

    const ANSWER: &str = r#"{"id":"resp_theirs","status":"completed","top_p":1.00,"store":false,"previous_response_id":null,"output":[{"a": 1}]}"#;

    #[test]
    fn an_answer_is_told_under_its_own_id_and_otherwise_as_it_was_written() {
        let kept = state().apply(ANSWER).unwrap();
        assert_eq!(
            kept.json,
            r#"{"id":"resp_ours","status":"completed","top_p":1.00,"store":true,"previous_response_id":"resp_before","output":[{"a": 1}],"background":false}"#
        );
        assert_eq!((&*kept.status, kept.is_kept), ("completed", true));
    }

    #[test]
    fn an_answer_that_is_too_large_says_that_it_is_not_kept() {
        let kept = ResponseState { limit_bytes: 10, ..state() }.apply(ANSWER).unwrap();
        assert!(!kept.is_kept && kept.json.contains(r#""store":false"#));
        assert_eq!(state().apply("<html>"), None);
    }

    #[test]
    fn events_are_told_the_same_however_the_stream_is_cut() {
        let begun = r#"{"type":"response.created","response":{"id":"resp_theirs","status":"in_progress"},"n":1.0}"#;
        let delta = r#"{"type":"response.output_text.delta","delta":"\"response\": ü"}"#;
        let stream = format!(
            "event: response.created\ndata: {begun}\n\n: ping\n\ndata: {delta}\n\ndata: \
             {{\"type\":\"response.completed\",\"response\":{ANSWER}}}\r\n\r\ndata: [DONE]\n\n"
        );
        for chunk in 1..=stream.len() {
            let mut events = ResponseEvents::new(state());
            let mut told = Vec::new();
            for bytes in stream.as_bytes().chunks(chunk) {
                told.extend(events.push(Bytes::copy_from_slice(bytes)));
            }
            told.extend(events.finish());
            let told = String::from_utf8(told.concat()).unwrap();
            assert!(told.starts_with("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_ours\""), "{told}");
            assert!(
                told.contains(&format!("}},\"n\":1.0}}\n\n: ping\n\ndata: {delta}\n\n")),
                "{told}"
            );
            assert!(told.ends_with("data: [DONE]\n\n") && !told.contains("resp_theirs"), "{told}");
            let last = events.take_last().unwrap();
            assert_eq!(last, state().apply(ANSWER).unwrap(), "chunks of {chunk}");
        }
    }

    #[test]
    fn thoughts_that_were_not_asked_for_are_kept_and_not_told() {
        let answer = format!(r#"{{"id":"a","status":"completed","output":[{THOUGHT}]}}"#);
        let mut events = ResponseEvents::new(ResponseState { withholds_thoughts: true, ..state() });
        let done = format!(r#"{{"type":"response.output_item.done","item":{THOUGHT},"n":1.0}}"#);
        let stream = format!(
            "data: {done}\n\ndata: {{\"type\":\"response.completed\",\"response\":{answer}}}\n\n"
        );
        let told = events.push(Bytes::from(stream)).concat();
        let told = String::from_utf8(told).unwrap();
        assert!(
            told.contains(r#""item":{"type":"reasoning","id":"rs_1"},"n":1.0}"#)
                && !told.contains("gAAA"),
            "{told}"
        );
        let last = events.take_last().unwrap();
        assert!(!last.json.contains("gAAA") && last.stored().contains("gAAA"));
    }

    #[test]
    fn a_stream_without_an_end_has_no_answer() {
        let mut events = ResponseEvents::new(state());
        let told = events.push(Bytes::from_static(b"data: {\"type\":\"error\"}\n\n"));
        assert_eq!((told.len(), events.take_last()), (1, None));
    }
}
