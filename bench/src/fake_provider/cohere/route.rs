//! What can be asked of Cohere, by its path: `/v2/chat`.
//!
//! The list of models has the path of OpenAI's, so it is at `/cohere/v1/models`: whoever wants it
//! takes `/cohere` for the beginning of every address.

use http::Method;

use super::{chat, embed, models, rerank};
use crate::fake_provider::{
    endpoint::Endpoint, fault::Fault, percent, reply::Prepared, vendor_call::VendorCall,
};

const PREFIX: &str = "/cohere";

/// What Cohere charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Billed {
    Chat,
    Embed,
    Rerank,
}

/// What costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free<'a> {
    ModelList,
    Model(&'a str),
}

/// Whether a request is for Cohere.
pub(in crate::fake_provider) fn is_asked(path: &str) -> bool {
    path.starts_with("/v2/") || path.starts_with("/cohere/")
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &'a str,
) -> Result<Endpoint<'a>, Fault> {
    let billed = |billed: Billed| Some((Method::POST, Endpoint::billed(billed)));
    let found = match path.strip_prefix(PREFIX).unwrap_or(path) {
        "/v2/chat" => billed(Billed::Chat),
        "/v2/embed" => billed(Billed::Embed),
        "/v2/rerank" => billed(Billed::Rerank),
        "/v1/models" => Some((Method::GET, Endpoint::free(Free::ModelList))),
        path => path
            .strip_prefix("/v1/models/")
            .map(|id| (Method::GET, Endpoint::free(Free::Model(id)))),
    };
    Endpoint::taken_by(method, path, found)
}

impl Billed {
    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => chat::prepare(call.body, call.serial),
            Self::Embed => embed::prepare(call.body, call.serial),
            Self::Rerank => rerank::prepare(call.body, call.serial),
        }
    }
}

impl Free<'_> {
    /// The page.
    pub(in crate::fake_provider) fn page(self) -> Result<String, Fault> {
        match self {
            Self::ModelList => Ok(models::list()),
            Self::Model(id) => models::get(&percent::decoded(id)),
        }
    }
}

/// The id of an answer.
pub(super) fn id(serial: u64) -> String {
    format!("c0ffee00-0000-4000-8000-{serial:012x}")
}
