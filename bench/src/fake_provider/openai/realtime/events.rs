//! The events that a session sends, by the names of both versions of the API.

use serde_json::{Value, json};

/// Which version of the API a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Current,
    Beta,
}

/// What the beta calls otherwise, or has not.
const OF_BETA: [(&str, Option<&str>); 8] = [
    ("conversation.item.added", Some("conversation.item.created")),
    ("conversation.item.done", None),
    ("response.output_text.delta", Some("response.text.delta")),
    ("response.output_text.done", Some("response.text.done")),
    ("response.output_audio.delta", Some("response.audio.delta")),
    ("response.output_audio.done", Some("response.audio.done")),
    ("response.output_audio_transcript.delta", Some("response.audio_transcript.delta")),
    ("response.output_audio_transcript.done", Some("response.audio_transcript.done")),
];

impl Version {
    pub(super) fn of(beta: Option<&str>) -> Self {
        if beta == Some("realtime=v1") { Self::Beta } else { Self::Current }
    }

    /// The event as it is sent with an id; none where the version has it not.
    pub(super) fn event(self, mut event: Value, event_id: &str) -> Option<String> {
        if self == Self::Beta
            && let Some((_, name)) = OF_BETA.iter().find(|(name, _)| event["type"] == *name)
        {
            event["type"] = json!((*name)?);
        }
        event["event_id"] = json!(event_id);
        Some(event.to_string())
    }
}

/// An error; `blamed` is the client's name for the event at fault.
pub(super) fn error(code: &str, message: &str, param: Option<&str>, blamed: &Value) -> Value {
    json!({
        "type": "error",
        "error": {
            "type": "invalid_request_error", "code": code, "message": message, "param": param,
            "event_id": blamed,
        },
    })
}

/// A failure of the vendor's own.
pub(super) fn server_error() -> Value {
    json!({
        "type": "error",
        "error": {
            "type": "server_error", "code": Value::Null, "param": Value::Null,
            "event_id": Value::Null,
            "message": "The server had an error while processing your request. Sorry about that!",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beta_has_names_of_its_own_and_lacks_some_events() {
        let beta = Version::of(Some("realtime=v1"));
        let delta = beta.event(json!({"type": "response.output_audio.delta"}), "event_1").unwrap();
        assert_eq!(delta, r#"{"type":"response.audio.delta","event_id":"event_1"}"#);
        assert_eq!(beta.event(json!({"type": "conversation.item.done"}), "event_2"), None);
        let current = Version::of(None).event(json!({"type": "conversation.item.done"}), "event_3");
        assert!(current.unwrap().contains("item.done"));
    }
}
