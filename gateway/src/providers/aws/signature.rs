//! Amazon's signature of a request, version 4.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign as signature_of},
    sign::v4,
};
use http::{HeaderName, HeaderValue};
use reqwest::{Body, Request};
use shared::Timestamp;

/// Puts the signature on the request; none where it has something that cannot be signed.
pub(super) fn sign(
    request: &mut Request,
    keys: &Credentials,
    service: &str,
    region: &str,
    now: Timestamp,
) -> Option<()> {
    let identity = keys.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(instant(now))
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.url().as_str(),
        headers,
        SignableBody::Bytes(body),
    );
    let (instructions, _) = signature_of(signable.ok()?, &params).ok()?.into_parts();
    for (name, value) in instructions.headers() {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        request.headers_mut().insert(HeaderName::try_from(name).ok()?, value);
    }
    Some(())
}

fn instant(now: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(now.micros().unsigned_abs())
}

#[cfg(test)]
mod tests;
