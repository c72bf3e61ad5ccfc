//! Amazon's signature, version 4, made again from the request and compared.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>

use std::fmt::Write;

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest, hmac};
use aws_smithy_types::date_time::{DateTime, Format};
use http::StatusCode;

use super::canonical;
use crate::fake_provider::{fault::Fault, vendor_call::VendorCall};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far a request's date may be from now. Amazon allows five minutes; a slow test machine more.
const SKEW_SECONDS: u64 = 15 * 60;

/// The one key whose signatures are valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKey {
    /// Who signs.
    pub access_key_id: String,
    /// What is signed with.
    pub secret_access_key: String,
    /// What has to be sent along, where the key is a temporary one.
    pub session_token: Option<String>,
}

/// What the `authorization` header says.
#[derive(Debug, PartialEq, Eq)]
struct Claim<'a> {
    access_key_id: &'a str,
    day: &'a str,
    region: &'a str,
    service: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Whether a header is a signature of this kind.
pub(super) fn is_one(authorization: &str) -> bool {
    authorization.starts_with(ALGORITHM)
}

/// Refuses a request that is not signed as Amazon demands. Without a `key`, nobody knows the
/// secret, and only the form is checked.
pub(super) fn check(
    call: &VendorCall<'_>,
    service: &str,
    key: Option<&AwsKey>,
    now_seconds: i64,
) -> Result<(), Fault> {
    let claim = call.header("authorization").and_then(Claim::read).ok_or_else(incomplete)?;
    let date = call.header("x-amz-date").ok_or_else(incomplete)?;
    let signed = |name: &str| claim.signed_headers.split(';').any(|signed| signed == name);
    if !signed("host") || !signed("x-amz-date") || !date.starts_with(claim.day) {
        return Err(incomplete());
    }
    if claim.service != service {
        let message = format!("Credential should be scoped to correct service: '{service}'. ");
        return Err(refused("InvalidSignatureException", message));
    }
    check_date(date, now_seconds)?;
    let Some(key) = key else { return Ok(()) };
    let token = call.header("x-amz-security-token");
    if claim.access_key_id != key.access_key_id || token != key.session_token.as_deref() {
        let message = "The security token included in the request is invalid.".to_owned();
        return Err(refused("UnrecognizedClientException", message));
    }
    let expected = claim.signature_of(call, date, &key.secret_access_key);
    verify_slices_are_equal(expected.as_bytes(), claim.signature.as_bytes()).map_err(|_| {
        let message = "The request signature we calculated does not match the signature you \
                       provided. Check your AWS Secret Access Key and signing method. Consult the \
                       service documentation for details.";
        refused("InvalidSignatureException", message.to_owned())
    })
}

fn refused(name: &'static str, message: String) -> Fault {
    Fault::Named { status: StatusCode::FORBIDDEN, name, message }
}

fn incomplete() -> Fault {
    let message = "Authorization header requires 'Credential', 'Signature', 'SignedHeaders' and \
                   the existence of either a 'X-Amz-Date' or a 'Date' header.";
    refused("IncompleteSignatureException", message.to_owned())
}

fn check_date(date: &str, now_seconds: i64) -> Result<(), Fault> {
    let signed_at = seconds_of(date).ok_or_else(incomplete)?;
    if signed_at.abs_diff(now_seconds) <= SKEW_SECONDS {
        return Ok(());
    }
    let message = if signed_at < now_seconds {
        format!("Signature expired: {date} is now earlier than the oldest that is taken.")
    } else {
        format!("Signature not yet current: {date} is still later than the newest that is taken.")
    };
    Err(refused("InvalidSignatureException", message))
}

/// The moment of `20260130T120000Z`.
fn seconds_of(date: &str) -> Option<i64> {
    let part = |from: usize, to: usize| date.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(9, 11)?, part(11, 13)?, part(13, 15)?);
    let written = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    DateTime::from_str(&written, Format::DateTime).ok().map(|moment| moment.secs())
}

impl<'a> Claim<'a> {
    fn read(authorization: &'a str) -> Option<Self> {
        let fields = authorization.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            let mut parts = fields.split(',').map(str::trim);
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let mut scope = field("Credential")?.split('/');
        let claim = Self {
            access_key_id: scope.next()?,
            day: scope.next()?,
            region: scope.next()?,
            service: scope.next()?,
            signed_headers: field("SignedHeaders")?,
            signature: field("Signature")?,
        };
        (scope.next() == Some("aws4_request")).then_some(claim)
    }

    fn signature_of(&self, call: &VendorCall<'_>, date: &str, secret: &str) -> String {
        let Self { day, region, service, .. } = self;
        let canonical = hex(&sha256(self.canonical_request(call).as_bytes()));
        let scope = format!("{day}/{region}/{service}/aws4_request");
        let string_to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{canonical}");
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [day, region, service, "aws4_request"] {
            key = hmac_of(&key, part);
        }
        hex(&hmac_of(&key, &string_to_sign))
    }

    fn canonical_request(&self, call: &VendorCall<'_>) -> String {
        let method = call.method;
        let path = canonical::path(call.uri.path());
        let query = canonical::query(call.uri.query().unwrap_or_default());
        let mut headers = String::new();
        for name in self.signed_headers.split(';') {
            let values = canonical_values(call, name);
            // Writing to a string cannot fail.
            let _ = writeln!(headers, "{name}:{values}");
        }
        let signed_headers = self.signed_headers;
        let hash = hex(&sha256(call.body));
        format!("{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{hash}")
    }
}

fn canonical_values(call: &VendorCall<'_>, name: &str) -> String {
    let values = call.headers.get_all(name).iter().map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    values.collect::<Vec<_>>().join(",")
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn hmac_of(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
