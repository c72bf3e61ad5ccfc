//! The stream of Anthropic messages: read from a provider, written to a client.

mod read;
mod write;

pub(super) use self::{read::Reader, write::Writer};
