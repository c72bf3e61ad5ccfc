//! What can be asked of Ollama, by its path: `/api/chat`. No credential is needed.

use http::Method;

use super::{chat, embed, models};
use crate::fake_provider::{
    endpoint::Endpoint, fault::Fault, reply::Prepared, vendor_call::VendorCall,
};

/// What a model has to work for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Billed {
    Chat,
    Embed,
}

/// What the server knows of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free {
    Tags,
    /// Which model is shown stands in the body.
    Show,
    Version,
}

/// Whether a request is for Ollama.
pub(in crate::fake_provider) fn is_asked(path: &str) -> bool {
    path.starts_with("/api/")
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &str,
) -> Result<Endpoint<'a>, Fault> {
    let found = match path {
        "/api/chat" => Some((Method::POST, Endpoint::billed(Billed::Chat))),
        "/api/embed" => Some((Method::POST, Endpoint::billed(Billed::Embed))),
        "/api/tags" => Some((Method::GET, Endpoint::free(Free::Tags))),
        "/api/show" => Some((Method::POST, Endpoint::free(Free::Show))),
        "/api/version" => Some((Method::GET, Endpoint::free(Free::Version))),
        _ => None,
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
            Self::Chat => chat::prepare(call.body),
            Self::Embed => embed::prepare(call.body),
        }
    }
}

impl Free {
    /// The page.
    pub(in crate::fake_provider) fn page(self, call: &VendorCall<'_>) -> Result<String, Fault> {
        match self {
            Self::Tags => Ok(models::tags()),
            Self::Show => models::show(call.body),
            Self::Version => Ok(models::version()),
        }
    }
}
