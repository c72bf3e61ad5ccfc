//! Problems: what went wrong, in a form that every surface can render.
//!
//! A [`Problem`] is neutral. The server renders it as an OpenAI, Anthropic or JSON:API error; the
//! pages match on its [`ProblemCode`]. Nothing secret and nothing internal is ever in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Standing;

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $code:ident = $text:literal, $status:literal;)*) => {
        /// The stable names of everything that the gateway refuses or fails with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ProblemCode { $($(#[$doc])* $code,)* }

        impl ProblemCode {
            /// Every code, for the reference page and its test.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// The stable machine-readable name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }
        }
    };
}

problem_codes! {
    /// The body is not what the endpoint takes.
    InvalidRequest = "invalid_request", 400;
    /// The request asks for something that the chosen model's provider cannot express.
    UnsupportedFeature = "unsupported_feature", 400;
    /// Prompt and answer are longer than the chosen model takes.
    ContextLengthExceeded = "context_length_exceeded", 400;
    /// No credential, or one that is not valid (any more).
    Unauthenticated = "unauthenticated", 401;
    /// A hard budget does not cover the call.
    BudgetExceeded = "budget_exceeded", 402;
    /// The caller is known but may not do this.
    Forbidden = "forbidden", 403;
    /// The caller may not use this model.
    ModelForbidden = "model_forbidden", 403;
    /// The gateway serves no such model.
    ModelNotFound = "model_not_found", 404;
    /// There is no such page, endpoint or object, or the caller may not know of it.
    NotFound = "not_found", 404;
    /// The endpoint exists but not for this verb.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The object has changed in the meantime.
    Conflict = "conflict", 409;
    /// The body is larger than the gateway takes.
    BodyTooLarge = "body_too_large", 413;
    /// The call may use more tokens than a rate limit ever covers.
    LargerThanLimit = "larger_than_limit", 413;
    /// The body is not of a media type that the endpoint takes.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// The request's headers are larger than the gateway takes.
    HeadersTooLarge = "headers_too_large", 431;
    /// A rate limit is used up, or there were too many tries; wait.
    RateLimited = "rate_limited", 429;
    /// A defect of the gateway; the log has the details under the request id.
    Internal = "internal", 500;
    /// Every backend of the model failed or answered nonsense.
    UpstreamFailed = "upstream_failed", 502;
    /// The provider refused the request; its own message follows.
    UpstreamRefused = "upstream_refused", 502;
    /// Records cannot be kept at the moment, so no call is let through.
    RecordsUnavailable = "records_unavailable", 503;
    /// Every backend of the model is left alone at the moment, because it failed before.
    BackendsUnavailable = "backends_unavailable", 503;
    /// The gateway is shutting down; try another replica.
    ShuttingDown = "shutting_down", 503;
    /// No backend answered in time.
    UpstreamTimeout = "upstream_timeout", 504;
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One thing that went wrong, told to the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// What kind of problem.
    pub code: ProblemCode,
    /// The HTTP status; that of the code unless a provider's own status is passed on.
    pub status: u16,
    /// What happened, what was kept and what to do next.
    pub detail: String,
    /// The field at fault: a parameter name such as `model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Seconds after which another try makes sense; without it, trying again does not help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// How it stands with the rate limits of the call, where it came as far as to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Box<Standing>>,
    /// The id of the request in every log and record; empty where there was none yet.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
}

impl Problem {
    /// A problem with the status of its code.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            status: code.status(),
            detail: detail.into(),
            pointer: None,
            retry_after: None,
            standing: None,
            request_id: String::new(),
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// Says when another try makes sense.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Attaches the request's id.
    #[must_use]
    pub fn for_request(mut self, request_id: impl fmt::Display) -> Self {
        self.request_id = request_id.to_string();
        self
    }
}
