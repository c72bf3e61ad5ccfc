//! The request of Anthropic messages: read from a client, written to a provider.

mod read;
mod refuse;
mod write;

pub(super) use self::{read::read, write::write};
