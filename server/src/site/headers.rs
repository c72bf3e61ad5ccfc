//! Headers that every answer of the site carries.

use axum::http::{
    HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS},
};
use tower::{
    ServiceBuilder,
    layer::util::{Identity, Stack},
};
use tower_http::set_header::SetResponseHeaderLayer;

type With<Inner> = Stack<SetResponseHeaderLayer<HeaderValue>, Inner>;
/// One for each of the five headers.
type Headers = ServiceBuilder<With<With<With<With<With<Identity>>>>>>;

/// Nothing is sniffed, framed or told to other sites. Pages bring their own, wider content
/// policy with their nonce; everything else gets one that allows nothing.
pub(super) fn layer() -> Headers {
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    ServiceBuilder::new()
        .layer(set(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(set(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(X_FRAME_OPTIONS, "DENY"))
        // `no-referrer` would turn the Origin of posted forms into `null`.
        .layer(set(REFERRER_POLICY, "same-origin"))
        .layer(set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
}
