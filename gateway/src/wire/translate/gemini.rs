//! Google's `generateContent`, spoken to clients and to providers.

mod read_request;
mod read_response;
mod read_stream;
mod thought_signature;
mod write_request;
mod write_response;
mod write_stream;

use std::borrow::Cow;

pub(super) use self::{
    read_request::read_request, read_response::read_response, read_stream::Reader,
    write_request::write_request, write_response::write_response, write_stream::Writer,
};

/// Base64 in the alphabet that other vendors take: this API takes the one for addresses, too, and
/// its official SDK for Python writes that one.
fn standard_base64(data: &str) -> Cow<'_, str> {
    let is_standard = data.len().is_multiple_of(4) && !data.contains(['-', '_']);
    if is_standard {
        return data.into();
    }
    let mut standard = data.replace('-', "+").replace('_', "/");
    while !standard.len().is_multiple_of(4) {
        standard.push('=');
    }
    standard.into()
}
