//! Forms with files.
//!
//! Source: RFC 7578.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use http::header::CONTENT_TYPE;
use multer::Multipart;
use serde_json::{Map, Value, json};

use super::{fault::Fault, vendor_call::VendorCall};

/// A form that was read.
#[derive(Debug)]
pub(super) struct Form {
    parts: Vec<Part>,
}

/// One of its parts.
#[derive(Debug)]
pub(super) struct Part {
    name: String,
    pub(super) file_name: Option<String>,
    content_type: Option<String>,
    pub(super) content: Bytes,
}

impl Form {
    /// The form that a call brings.
    pub(super) fn read(call: &VendorCall<'_>) -> Result<Self, Fault> {
        let content_type = call.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let boundary =
            multer::parse_boundary(content_type).map_err(|error| invalid(&error.to_string()))?;
        let body = Bytes::copy_from_slice(call.body);
        // The body is all there, so nothing is waited for.
        let parts = parts_of(body, boundary).now_or_never();
        let parts = parts.ok_or_else(|| invalid("it has no end"))?;
        Ok(Self { parts: parts.map_err(|error| invalid(&error.to_string()))? })
    }

    /// The text of a field.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.texts(name).next()
    }

    /// The texts of a field that may be there several times, also as `name[]`.
    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = String> {
        let texts = self.named(name).filter(|part| part.file_name.is_none());
        texts.map(|part| String::from_utf8_lossy(&part.content).into_owned())
    }

    /// The files of a field, also those of `name[]`.
    pub(super) fn files(&self, name: &str) -> impl Iterator<Item = &Part> {
        self.named(name).filter(|part| part.file_name.is_some())
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Part> {
        self.parts
            .iter()
            .filter(move |part| part.name.strip_suffix("[]").unwrap_or(&part.name) == name)
    }

    /// What is in it, as JSON: of a file what it is, and its digest.
    pub(super) fn told(&self) -> String {
        let mut told = Map::new();
        for part in &self.parts {
            let value = match &part.file_name {
                Some(file_name) => json!({
                    "file_name": file_name, "content_type": part.content_type,
                    "bytes": part.content.len(), "sha256": sha256(&part.content),
                }),
                None => json!(String::from_utf8_lossy(&part.content)),
            };
            match told.get_mut(&part.name) {
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = json!([first.take(), value]),
                None => {
                    told.insert(part.name.clone(), value);
                }
            }
        }
        Value::Object(told).to_string()
    }
}

async fn parts_of(body: Bytes, boundary: String) -> Result<Vec<Part>, multer::Error> {
    let chunks = stream::iter([Ok::<_, std::convert::Infallible>(body)]);
    let mut form = Multipart::new(chunks, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(ToString::to_string);
        parts.push(Part { name, file_name, content_type, content: field.bytes().await? });
    }
    Ok(parts)
}

fn invalid(why: &str) -> Fault {
    Fault::Invalid(format!("Could not parse multipart form: {why}"))
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method, Uri};

    use super::*;

    fn read(body: &str) -> Result<Form, Fault> {
        let uri = Uri::from_static("/v1/images/edits");
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("multipart/form-data; boundary=line");
        headers.insert(CONTENT_TYPE, form);
        let body = body.as_bytes();
        Form::read(&VendorCall {
            method: &Method::POST,
            uri: &uri,
            headers: &headers,
            body,
            serial: 1,
        })
    }

    const FORM: &str = "--line\r\nContent-Disposition: form-data; name=\"image[]\"; \
        filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nabc\r\n\
        --line\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"b.png\"\r\n\r\n\
        \r\n--line\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na fox\r\n--line--\r\n";

    #[test]
    fn files_and_texts_are_found_by_the_name_of_their_field() {
        let form = read(FORM).unwrap();
        assert_eq!(form.files("image").map(|part| part.content.len()).collect::<Vec<_>>(), [3, 0]);
        assert_eq!(form.text("prompt").as_deref(), Some("a fox"));
        assert_eq!(form.text("image"), None);
    }

    #[test]
    fn what_is_told_of_a_form_says_what_its_files_are() {
        let told: Value = serde_json::from_str(&read(FORM).unwrap().told()).unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(told["image[]"][0]["sha256"], abc);
        assert_eq!(told["image[]"][1]["file_name"], "b.png");
        assert_eq!(told["prompt"], "a fox");
    }

    #[test]
    fn a_form_that_breaks_off_is_none() {
        assert!(matches!(read(&FORM[..FORM.len() - 30]), Err(Fault::Invalid(_))));
    }
}
