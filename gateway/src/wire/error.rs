//! What can be wrong with a body.

use std::borrow::Cow;

/// Why a body was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The client's body is not what the endpoint takes.
    #[error("{detail}")]
    Invalid {
        /// The field at fault; none where it is the body as a whole.
        pointer: Option<&'static str>,
        /// What is wrong, with the limit and the next step.
        detail: String,
    },
    /// The body is fine, but the provider of this model cannot be asked for it.
    #[error("{detail}")]
    Unsupported {
        /// The field at fault.
        pointer: Cow<'static, str>,
        /// What cannot be expressed.
        detail: String,
    },
    /// The provider broke its own format.
    #[error("the provider's answer is not what its API promises: {0}")]
    Nonsense(String),
}

impl WireError {
    /// The client's body is not what the endpoint takes.
    pub fn invalid(pointer: impl Into<Option<&'static str>>, detail: impl Into<String>) -> Self {
        Self::Invalid { pointer: pointer.into(), detail: detail.into() }
    }

    /// The provider of this model cannot be asked for it.
    pub fn unsupported(pointer: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::Unsupported { pointer: pointer.into(), detail: detail.into() }
    }

    /// The field at fault.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Invalid { pointer, .. } => *pointer,
            Self::Unsupported { pointer, .. } => Some(pointer),
            Self::Nonsense(_) => None,
        }
    }
}
