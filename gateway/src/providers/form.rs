//! A form as a provider is sent it: as it came, but for the name of the model.

use reqwest::{
    Body,
    multipart::{Form, Part},
};

use super::Failure;
use crate::call::{self, Upload};

const MODEL: &str = "model";

/// The form of a request. `model` is what the provider calls the model; it is added where the
/// caller named none and meant the usual one.
pub(super) fn form_of(upload: &Upload, model: &str) -> Result<Form, Failure> {
    let names_model = upload.parts().iter().any(|part| part.name == MODEL);
    let form = if names_model { Form::new() } else { Form::new().text(MODEL, model.to_owned()) };
    upload.parts().iter().try_fold(form, |form, part| {
        if part.name == MODEL {
            return Ok(form.text(MODEL, model.to_owned()));
        }
        let body = (Body::wrap_stream(part.content()), part.bytes());
        Ok(form.part(part.name.clone(), outbound(part, body)?))
    })
}

/// A part under its name and of its kind, with a body of so many bytes.
pub(super) fn outbound(part: &call::Part, (body, bytes): (Body, u64)) -> Result<Part, Failure> {
    let mut outbound = Part::stream_with_length(body, bytes);
    if let Some(file_name) = &part.file_name {
        outbound = outbound.file_name(file_name.clone());
    }
    match &part.content_type {
        Some(content_type) => outbound
            .mime_str(content_type)
            .map_err(|_| Failure::Nonsense("a media type that is none".to_owned())),
        None => Ok(outbound),
    }
}
