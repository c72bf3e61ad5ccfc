//! GitHub Copilot: what it wants to be told of whoever asks.
//!
//! Its API is OpenAI's, and not documented; this is what the editors of GitHub's own and of others
//! send. `headers` of the configuration say otherwise.
//! <https://github.com/microsoft/vscode-copilot-chat>

use http::{HeaderMap, HeaderName, HeaderValue};
use memchr::memmem;

/// Under which integration GitHub counts the calls.
static INTEGRATION: HeaderName = HeaderName::from_static("copilot-integration-id");
/// One that it knows, as it must be.
const KNOWN_INTEGRATION: &str = "vscode-chat";
/// Which program asks.
pub(super) static EDITOR: HeaderName = HeaderName::from_static("editor-version");
pub(super) const EDITOR_VERSION: &str = concat!("helixgateway/", env!("CARGO_PKG_VERSION"));
/// That there are pictures in a request, which is refused otherwise.
static VISION: HeaderName = HeaderName::from_static("copilot-vision-request");

/// How a part with a picture is marked, in chat completions and in responses. A quote within a text
/// is written with a backslash, so that no text looks like it.
const PICTURES: [&str; 2] = ["\"image_url\"", "\"input_image\""];

/// The headers of every request.
pub(super) fn headers() -> HeaderMap {
    [(&INTEGRATION, KNOWN_INTEGRATION), (&EDITOR, EDITOR_VERSION)]
        .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
        .into_iter()
        .collect()
}

/// The headers that a body needs.
pub(super) fn headers_of(body: &[u8]) -> HeaderMap {
    let shows = |mark: &&str| memmem::find(body, mark.as_bytes()).is_some();
    let told = || (VISION.clone(), HeaderValue::from_static("true"));
    PICTURES.iter().any(shows).then(told).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"messages":[{"content":[{"type":"image_url","image_url":{"url":"u"}}]}]}"#, true)]
    #[case(r#"{"input":[{"content":[{"type": "input_image","image_url":"u"}]}]}"#, true)]
    #[case(r#"{"messages":[{"content":"a \"image_url\" of"}]}"#, false)]
    fn pictures_are_told_of(#[case] body: &str, #[case] expected: bool) {
        assert_eq!(headers_of(body.as_bytes()).contains_key(&VISION), expected);
    }
}
