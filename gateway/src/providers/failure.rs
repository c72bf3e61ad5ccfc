//! How an attempt can fail, and what follows from it.

use http::StatusCode;

use crate::call::Refusal;

/// Why one backend gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Connect,
    /// No first byte in time.
    Timeout,
    /// The connection broke before the first byte.
    Broken,
    /// Something that is no answer in the provider's dialect: an HTML page, broken JSON.
    Nonsense(String),
    /// The provider would not take the gateway's own credential.
    Credential(u16),
    /// Too many requests, or a defect on the provider's side.
    Unavailable {
        /// The status.
        status: u16,
        /// The provider's words, without secrets.
        message: String,
        /// The provider's advice, in seconds.
        retry_after: Option<u32>,
    },
    /// The request itself is not acceptable; another backend would say the same.
    Refused {
        /// The status.
        status: u16,
        /// The provider's words, without secrets.
        message: String,
    },
}

impl Failure {
    /// What a status means.
    pub(super) fn from_status(
        status: StatusCode,
        message: String,
        retry_after: Option<u32>,
    ) -> Self {
        match status.as_u16() {
            code @ (401 | 403) => Self::Credential(code),
            code @ (408 | 429 | 500..) => Self::Unavailable { status: code, message, retry_after },
            code @ 400..500 => Self::Refused { status: code, message },
            code => Self::Nonsense(format!("status {code}")),
        }
    }

    /// Whether another backend may do better.
    #[must_use]
    pub fn may_fail_over(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// A few words for the trail.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Connect => "could not be reached".to_owned(),
            Self::Timeout => "did not answer in time".to_owned(),
            Self::Broken => "broke the connection off before an answer".to_owned(),
            Self::Nonsense(what) => format!("answered with something unusable: {what}"),
            Self::Credential(status) => format!("refused the gateway's credential ({status})"),
            Self::Unavailable { status, .. } => format!("answered {status}"),
            Self::Refused { status, .. } => format!("refused the request ({status})"),
        }
    }

    /// What the client is told when this was the last backend.
    #[must_use]
    pub fn refusal(&self, provider: &str) -> Refusal {
        match self {
            Self::Timeout => Refusal::UpstreamTimeout(format!("{provider} {}", self.summary())),
            Self::Unavailable { status: 429, message, retry_after } => Refusal::UpstreamRefused {
                status: 429,
                message: message.clone(),
                retry_after: retry_after.or(Some(1)),
            },
            Self::Refused { status, message } => Refusal::UpstreamRefused {
                status: *status,
                message: message.clone(),
                retry_after: None,
            },
            _ => Refusal::UpstreamFailed(format!("{provider} {}", self.summary())),
        }
    }
}
