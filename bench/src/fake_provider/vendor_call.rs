//! All that a vendor's endpoint may look at.

use http::{HeaderMap, Method, Uri, request::Parts};

/// One request.
#[derive(Debug, Clone, Copy)]
pub(super) struct VendorCall<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    /// Makes the ids of the answer.
    pub(super) serial: u64,
}

impl<'a> VendorCall<'a> {
    /// The request that came in as these.
    pub(super) fn of(parts: &'a Parts, body: &'a [u8], serial: u64) -> Self {
        let Parts { method, uri, headers, .. } = parts;
        Self { method, uri, headers, body, serial }
    }

    /// A header, where it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A value of the query.
    pub(super) fn query_value(&self, name: &str) -> Option<String> {
        value_of(self.uri.query()?.as_bytes(), name)
    }

    /// A value of the form that is the body.
    pub(super) fn form_value(&self, name: &str) -> Option<String> {
        value_of(self.body, name)
    }
}

fn value_of(form: &[u8], name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(form);
    values.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}
