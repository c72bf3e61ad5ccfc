//! Google's `generateContent`, spoken to clients and to providers.

mod read_request;
mod read_response;
mod read_stream;
mod standard_base64;
mod thought_signature;
mod write_request;
mod write_response;
mod write_stream;

pub(super) use self::{
    read_request::read_request, read_response::read_response, read_stream::Reader,
    write_request::write_request, write_response::write_response, write_stream::Writer,
};
