//! `data:` URLs: a file within its own address. <https://www.rfc-editor.org/rfc/rfc2397>

/// What a URL holds by itself.
pub(super) enum DataUrl {
    /// It is a place to look at.
    None,
    Base64 {
        media_type: String,
        data: String,
    },
    /// Something in it that is not base64.
    Other,
}

impl DataUrl {
    pub(super) fn read(url: &str) -> Self {
        let Some(inline) = url.strip_prefix("data:") else { return Self::None };
        match inline.split_once(";base64,") {
            Some((media_type, data)) => {
                Self::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }
            }
            None => Self::Other,
        }
    }
}
