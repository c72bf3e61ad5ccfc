//! What can be asked of Ollama, and where. No credential is needed.

use http::Method;

use super::{chat, embed, models};
use crate::fake_provider::{reply::Prepared, vendor::Fault};

/// What a model has to work for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Call {
    Chat,
    Embed,
}

/// What the server knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Page {
    Tags,
    Show,
    Version,
}

/// Whether a path is Ollama's.
pub(in crate::fake_provider) fn speaks_at(path: &str) -> bool {
    path.starts_with("/api/")
}

impl Call {
    /// The call at a path.
    pub(in crate::fake_provider) fn at(path: &str) -> Option<Self> {
        match path {
            "/api/chat" => Some(Self::Chat),
            "/api/embed" => Some(Self::Embed),
            _ => None,
        }
    }

    /// The answer to a request's body.
    pub(in crate::fake_provider) fn prepare(self, body: &[u8]) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => chat::prepare(body),
            Self::Embed => embed::prepare(body),
        }
    }
}

impl Page {
    /// The page at a path.
    pub(in crate::fake_provider) fn at(path: &str) -> Option<Self> {
        match path {
            "/api/tags" => Some(Self::Tags),
            "/api/show" => Some(Self::Show),
            "/api/version" => Some(Self::Version),
            _ => None,
        }
    }

    /// How it is asked for.
    pub(in crate::fake_provider) fn method(self) -> Method {
        if self == Self::Show { Method::POST } else { Method::GET }
    }

    /// What is on it; which model is shown stands in the body.
    pub(in crate::fake_provider) fn show(self, body: &[u8]) -> Result<String, Fault> {
        match self {
            Self::Tags => Ok(models::tags()),
            Self::Show => models::show(body),
            Self::Version => Ok(models::version()),
        }
    }
}
