//! The request of Anthropic messages: read from a client, written to a provider.

mod messages;
mod read;
mod server_tools;
mod thinking;
mod write;
mod write_messages;

pub(super) use self::{
    read::read,
    thinking::{Reasoning, ThinkingConfig, effort_name, write_reasoning},
    write::write,
};
