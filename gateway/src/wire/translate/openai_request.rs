//! The request of OpenAI chat completions: read from a client, written to a provider.

mod read;
mod refuse;
mod write;

pub(super) use self::{read::read, write::write};
