//! An error as the realtime API tells it: an event, and the session goes on unless it is closed.
//!
//! Source: `RealtimeErrorEvent` (openai).

use serde_json::json;

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The client's event cannot be passed on.
    InvalidRequest,
    /// The caller may not, or not any more.
    Permission,
    /// A budget covers no more.
    InsufficientQuota,
    /// A rate limit covers no more for now.
    RateLimit,
    /// The gateway's, or the provider's.
    Server,
}

impl ErrorKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Permission => "permission_error",
            Self::InsufficientQuota => "insufficient_quota",
            Self::RateLimit => "rate_limit_error",
            Self::Server => "server_error",
        }
    }
}

/// The event; `event_id` is its own name, `blamed` the client's for the event at fault.
#[must_use]
pub fn error_event(
    kind: ErrorKind,
    code: &str,
    message: &str,
    param: Option<&str>,
    event_id: &str,
    blamed: Option<&str>,
) -> String {
    json!({
        "type": "error",
        "event_id": event_id,
        "error": {
            "type": kind.as_str(),
            "code": code,
            "message": message,
            "param": param,
            "event_id": blamed,
        },
    })
    .to_string()
}
