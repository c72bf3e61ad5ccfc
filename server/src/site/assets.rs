//! Style, code, fonts and icons.
//!
//! Every address carries a digest of the whole site, so a browser may keep each file for ever
//! and still never mixes two versions. With the feature `embed` the files are in the binary,
//! which then runs from any directory; without it they are read from the disk.

#[cfg(not(feature = "embed"))]
mod disk;
#[cfg(feature = "embed")]
mod embedded;

use app::shell::SiteFiles;
use axum::{
    extract::Path,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
            VARY,
        },
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use leptos::{WasmSplitManifest, prelude::ArcStoredValue};

#[cfg(not(feature = "embed"))]
use self::disk as source;
#[cfg(feature = "embed")]
use self::embedded as source;

/// A file in the encoding that was asked for.
struct File {
    bytes: Bytes,
    encoding: Option<&'static str>,
}

/// The encodings in which a reader takes a file besides plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

impl Accepted {
    fn by(headers: &HeaderMap) -> Self {
        let header = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let mut accepted = Self::default();
        for item in header.unwrap_or_default().split(',') {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let is_refused = parts.any(|weight| {
                weight.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0)
            });
            match name {
                "br" => accepted.brotli = !is_refused,
                "gzip" => accepted.gzip = !is_refused,
                _ => {}
            }
        }
        accepted
    }
}

fn base() -> String {
    format!("/site/{}", source::digest())
}

/// Where pages find their files.
pub(super) fn site_files() -> SiteFiles {
    SiteFiles { base: base(), reload: source::reload() }
}

/// Which parts of the code a lazily loaded page needs, so that the server can announce them.
pub(super) fn split_manifest() -> Option<WasmSplitManifest> {
    let manifest = source::file("pkg/__wasm_split_manifest.json", Accepted::default())?;
    let parts = serde_json::from_slice(&manifest.bytes).ok()?;
    let loader = "__wasm_split.______________________.js".to_owned();
    Some(WasmSplitManifest(ArcStoredValue::new((format!("{}/pkg", base()), parts, loader))))
}

/// `GET /site/{digest}/{*path}`
pub(super) async fn file(
    Path((digest, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if digest != source::digest() {
        // A page from before an update: it must be loaded again rather than mix two versions.
        return StatusCode::NOT_FOUND.into_response();
    }
    send(&path, &headers, source::CACHE_CONTROL_OF_SITE)
}

/// `GET /favicon.ico`, which browsers ask for without having been told.
pub(super) async fn favicon(headers: HeaderMap) -> Response {
    send("favicon.svg", &headers, "public, max-age=86400")
}

/// `GET /robots.txt`: nothing here is for search engines.
pub(super) async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

fn send(path: &str, headers: &HeaderMap, cache_control: &'static str) -> Response {
    let Some(file) = source::file(path, Accepted::by(headers)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}-{}\"", source::digest(), file.encoding.unwrap_or("plain"));
    let has_it = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if has_it && source::IS_IMMUTABLE {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.bytes.into_response()
    };
    let mut set = |name: HeaderName, value: HeaderValue| response.headers_mut().insert(name, value);
    set(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    set(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    set(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = file.encoding {
        set(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let (true, Ok(tag)) = (source::IS_IMMUTABLE, HeaderValue::from_str(&tag)) {
        set(ETAG, tag);
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_with_weight_zero_is_not_accepted() {
        let accepted = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, text.parse().unwrap());
            Accepted::by(&headers)
        };
        assert_eq!(accepted("gzip, deflate, br, zstd"), Accepted { brotli: true, gzip: true });
        assert_eq!(accepted("br;q=0, gzip;q=0.5"), Accepted { brotli: false, gzip: true });
        assert_eq!(accepted("identity"), Accepted::default());
    }
}
