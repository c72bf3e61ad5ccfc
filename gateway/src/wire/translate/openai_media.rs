//! Images and files as OpenAI's APIs write them: by their address, or within it.

use super::{
    data_url::DataUrl,
    ir::{Document, DocumentSource, Image, ImageSource},
};
use crate::wire::WireError;

/// An image of the field `field`.
///
/// # Errors
///
/// `Invalid` where it is within its address, but not as base64.
pub(super) fn image(
    field: &'static str,
    url: String,
    detail: Option<String>,
) -> Result<Image, WireError> {
    let source = match DataUrl::read(&url) {
        DataUrl::None => ImageSource::Url(url),
        DataUrl::Base64 { media_type, data } => ImageSource::Base64 { media_type, data },
        DataUrl::Other => {
            let detail = "an image in a `data:` URL must be base64";
            return Err(WireError::invalid(field, detail));
        }
    };
    Ok(Image { source, detail })
}

/// A file of the field `field`, by what is in it.
///
/// # Errors
///
/// `Invalid` where it is not within its address as base64.
pub(super) fn file(
    field: &'static str,
    data: &str,
    title: Option<String>,
) -> Result<Document, WireError> {
    let DataUrl::Base64 { media_type, data } = DataUrl::read(data) else {
        return Err(WireError::invalid(
            field,
            "the `file_data` of a file must be a base64 `data:` URL with its media type",
        ));
    };
    let source = DocumentSource::Base64 { media_type, data };
    Ok(Document { source, title, context: None, is_cited: false })
}
