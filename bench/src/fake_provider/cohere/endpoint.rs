//! What can be asked of Cohere, and where.
//!
//! The list of models has the path of OpenAI's, so it is at `/cohere/v1/models`: whoever wants it
//! takes `/cohere` for the beginning of every address.

use super::{chat, embed, models, rerank};
use crate::fake_provider::{percent, reply::Prepared, vendor::Fault};

const PREFIX: &str = "/cohere";

/// What is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Call {
    Chat,
    Embed,
    Rerank,
}

/// What costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Page<'a> {
    Models,
    Model(&'a str),
}

/// Whether a path is Cohere's.
pub(in crate::fake_provider) fn speaks_at(path: &str) -> bool {
    path.starts_with("/v2/") || path.starts_with("/cohere/")
}

impl Call {
    /// The call at a path.
    pub(in crate::fake_provider) fn at(path: &str) -> Option<Self> {
        Some(match path.strip_prefix(PREFIX).unwrap_or(path) {
            "/v2/chat" => Self::Chat,
            "/v2/embed" => Self::Embed,
            "/v2/rerank" => Self::Rerank,
            _ => return None,
        })
    }

    /// The answer to a request's body; `serial` makes its ids.
    pub(in crate::fake_provider) fn prepare(
        self,
        body: &[u8],
        serial: u64,
    ) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => chat::prepare(body, serial),
            Self::Embed => embed::prepare(body, serial),
            Self::Rerank => rerank::prepare(body, serial),
        }
    }
}

impl<'a> Page<'a> {
    /// The page at a path.
    pub(in crate::fake_provider) fn at(path: &'a str) -> Option<Self> {
        match path.strip_prefix(PREFIX)? {
            "/v1/models" => Some(Self::Models),
            path => path.strip_prefix("/v1/models/").map(Self::Model),
        }
    }

    /// What is on it.
    pub(in crate::fake_provider) fn show(self) -> Result<String, Fault> {
        match self {
            Self::Models => Ok(models::list()),
            Self::Model(id) => models::get(&percent::decoded(id)),
        }
    }
}

/// The id of an answer.
pub(super) fn id(serial: u64) -> String {
    format!("c0ffee00-0000-4000-8000-{serial:012x}")
}
