//! What vendors keep for their customers: files and batches, and where they are asked for.
//!
//! It is kept in memory, for each vendor apart, until the fake ends.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Method;

use super::{
    Provider, anthropic::message_batches, fault::Fault, openai::batches, openai::files,
    vendor::Vendor, vendor_call::VendorCall,
};

/// What can be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept<'a> {
    /// OpenAI's, or Azure's.
    Files(files::Call<'a>),
    /// OpenAI's, or Azure's.
    Batches(batches::Call<'a>),
    /// Anthropic's.
    MessageBatches(message_batches::Call<'a>),
}

/// What is found.
#[derive(Debug)]
pub(super) enum Found {
    /// A JSON document.
    Page(String),
    /// What is in a file.
    File {
        content_type: &'static str,
        /// What the file is called, where its vendor says so.
        name: Option<String>,
        content: Bytes,
        /// Only half of it comes.
        is_cut: bool,
    },
}

/// All that is kept, oldest first.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    files: Mutex<Vec<files::File>>,
    batches: Mutex<Vec<batches::Kept>>,
    message_batches: Mutex<Vec<message_batches::Kept>>,
}

impl<'a> Kept<'a> {
    /// What is asked for there; nothing if it is something else.
    pub(super) fn at(vendor: Vendor, method: &Method, path: &'a str) -> Option<Self> {
        let below = match vendor {
            Vendor::Azure => path.strip_prefix("/openai/v1/")?,
            Vendor::OpenAi | Vendor::Anthropic => path.strip_prefix("/v1/")?,
            _ => return None,
        };
        let segments: Vec<&str> = below.split('/').collect();
        if vendor == Vendor::Anthropic {
            let call =
                message_batches::Call::at(method, segments.strip_prefix(&["messages", "batches"])?);
            return call.map(Self::MessageBatches);
        }
        let (kind, rest) = segments.split_first()?;
        match *kind {
            "files" => files::Call::at(method, rest).map(Self::Files),
            "batches" => batches::Call::at(method, rest).map(Self::Batches),
            _ => None,
        }
    }

    /// Whether it makes something, which the provider's books take down.
    pub(super) fn is_making(self) -> bool {
        matches!(
            self,
            Self::Files(files::Call::Create)
                | Self::Batches(batches::Call::Create)
                | Self::MessageBatches(message_batches::Call::Create)
        )
    }

    /// What is found.
    pub(super) fn find(
        self,
        provider: &Provider,
        vendor: Vendor,
        call: &VendorCall<'_>,
    ) -> Result<Found, Fault> {
        match self {
            Self::Files(asked) => asked.find(provider, vendor, call),
            Self::Batches(asked) => asked.find(provider, vendor, call),
            Self::MessageBatches(asked) => asked.find(provider, call),
        }
    }
}

impl Shelf {
    pub(super) fn files(&self) -> MutexGuard<'_, Vec<files::File>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn batches(&self) -> MutexGuard<'_, Vec<batches::Kept>> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn message_batches(&self) -> MutexGuard<'_, Vec<message_batches::Kept>> {
        self.message_batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of an id that is the object's own: what is kept by two providers on one machine is
/// told apart by their ports, as real ids are never given twice.
pub(super) fn number(call: &VendorCall<'_>, serial: u64) -> String {
    let port = call.header("host").and_then(|host| host.rsplit_once(':')).map(|(_, port)| port);
    format!("{:0>5}{serial:019x}", port.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_keeps_its_own_below_its_own_path() {
        for (vendor, method, path, found) in [
            (Vendor::OpenAi, Method::POST, "/v1/files", Some(Kept::Files(files::Call::Create))),
            (
                Vendor::Azure,
                Method::POST,
                "/openai/v1/batches/b/cancel",
                Some(Kept::Batches(batches::Call::Cancel("b"))),
            ),
            (
                Vendor::Anthropic,
                Method::GET,
                "/v1/messages/batches/b/results",
                Some(Kept::MessageBatches(message_batches::Call::Results("b"))),
            ),
            (Vendor::Anthropic, Method::POST, "/v1/files", None),
            (Vendor::OpenAi, Method::PUT, "/v1/files", None),
            (Vendor::OpenAi, Method::GET, "/v1/files/", None),
            (Vendor::Azure, Method::GET, "/openai/files", None),
        ] {
            assert_eq!(Kept::at(vendor, &method, path), found, "{method} {path}");
        }
    }
}
