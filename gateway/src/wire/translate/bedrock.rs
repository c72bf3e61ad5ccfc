//! Amazon Bedrock's Converse: its requests are written, its answers and streams read.

mod request;
mod response;
mod stream;

pub(super) use self::{request::write_request, response::read_response, stream::Reader};
