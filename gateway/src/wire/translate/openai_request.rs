//! The request of OpenAI chat completions: read from a client, written to a provider.

mod messages;
mod read;
mod web_search;
mod write;
mod write_messages;

pub(super) use self::{
    read::read,
    write::{write, write_effort},
};
