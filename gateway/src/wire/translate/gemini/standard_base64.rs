//! Base64 in the alphabet that other vendors take. This API takes the one for addresses, too, and
//! its official SDK for Python writes that one.

use std::borrow::Cow;

/// The same bytes; what is no base64 stays none.
pub(super) fn standard_base64(data: &str) -> Cow<'_, str> {
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
