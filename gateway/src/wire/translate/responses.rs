//! OpenAI's Responses API: its requests are read from clients, its answers written to them; and
//! the other way round for a provider that is asked by it.
//!
//! Source: `openai.types.responses` of the official SDK.

mod answer;
mod asked_tools;
mod echo;
mod encrypted_content;
mod items;
mod namespaces;
mod outbound;
mod output;
mod request;
mod server_tools;
mod stream;

pub use self::echo::Echo;
pub(in crate::wire) use self::encrypted_content::is_sealed_by_gateway;
pub(super) use self::{
    answer::{write, write_begun},
    outbound::{Reader, read_response, write_request},
    request::read,
    stream::Writer,
};
