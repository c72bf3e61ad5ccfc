//! The Responses API of a provider: its requests are written, its answers and streams read.

mod request;
mod response;
mod stream;

pub(in crate::wire::translate) use self::{
    request::write_request, response::read_response, stream::Reader,
};
