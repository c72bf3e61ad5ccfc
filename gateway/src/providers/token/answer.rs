//! What somebody who hands out tokens answers.

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;
use shared::Timestamp;
use url::Url;

use super::{TokenFailure, cache::Granted};
use crate::kernel::{Secret, instant};

/// Tokens have some thousand bytes at most.
const LIMIT_BYTES: usize = 64 * 1024;
/// Of what is said about a refusal.
const WORDS_LIMIT_CHARACTERS: usize = 300;
/// Of a token whose end is not told.
const LIFETIME_SECONDS: i64 = 300;

/// A token in the words of OAuth 2.0, of Azure's metadata, of Google's impersonation and of GitHub's
/// Copilot.
#[derive(Deserialize)]
struct Token {
    #[serde(rename = "access_token", alias = "accessToken", alias = "token")]
    text: String,
    /// Seconds, as a number or as a text.
    expires_in: Option<Value>,
    /// Seconds since 1970, as a number or as a text.
    #[serde(alias = "expires_at")]
    expires_on: Option<Value>,
    /// RFC 3339.
    #[serde(rename = "expireTime")]
    expire_time: Option<String>,
    /// Where it is good.
    endpoints: Option<Endpoints>,
}

#[derive(Deserialize)]
struct Endpoints {
    api: Option<Url>,
}

/// Reads an answer; `from` says whose it is, and `secrets` what of it may not be told.
pub(super) async fn read(
    mut response: Response,
    now: Timestamp,
    from: &str,
    secrets: &[Secret],
) -> Result<Granted, TokenFailure> {
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= LIMIT_BYTES => {
                body.extend_from_slice(&chunk);
            }
            Ok(None) => break,
            _ => return Err(TokenFailure(format!("{from} broke its answer off"))),
        }
    }
    if !status.is_success() {
        return Err(refused(&body, status.as_u16(), from, secrets));
    }
    granted(&body, now)
        .ok_or_else(|| TokenFailure(format!("{from} answered with something that is no token")))
}

fn granted(body: &[u8], now: Timestamp) -> Option<Granted> {
    let token: Token = serde_json::from_slice(body).ok()?;
    if token.text.is_empty() {
        return None;
    }
    let lasting = token.expires_in.as_ref().and_then(seconds).map(|left| now.plus_seconds(left));
    let ending = || {
        let at = token.expires_on.as_ref().and_then(seconds)?;
        Some(Timestamp::from_micros(0).plus_seconds(at))
    };
    let written = || token.expire_time.as_deref().and_then(|text| instant::read(text).ok());
    let expires_at = lasting
        .or_else(ending)
        .or_else(written)
        .unwrap_or_else(|| now.plus_seconds(LIFETIME_SECONDS));
    let good_at = token.endpoints.and_then(|endpoints| endpoints.api);
    Some(Granted { token: Secret::new(token.text), expires_at, good_at })
}

fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Why no token was handed out, in the words that OAuth 2.0, Google's APIs and GitHub's have for it.
fn refused(body: &[u8], status: u16, from: &str, secrets: &[Secret]) -> TokenFailure {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let code = text(&told["error"]).or_else(|| text(&told["error"]["status"]));
    let words = text(&told["error_description"])
        .or_else(|| text(&told["error"]["message"]))
        .or_else(|| text(&told["error_details"]["message"]))
        .or_else(|| text(&told["message"]));
    let hidden = secrets
        .iter()
        .filter(|secret| !secret.expose().is_empty())
        .fold(words.unwrap_or_default(), |words, secret| {
            words.replace(secret.expose(), "[secret]")
        });
    let plain: String = hidden
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(WORDS_LIMIT_CHARACTERS)
        .collect();
    let said: Vec<String> = code.into_iter().chain((!plain.is_empty()).then_some(plain)).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join(": ")) };
    TokenFailure(format!("{from} answered {status}{said}"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    #[rstest]
    #[case(r#"{"access_token":"t","expires_in":3599,"token_type":"Bearer"}"#, 3_599)]
    #[case(r#"{"access_token":"t","expires_in":"86399","expires_on":"1"}"#, 86_399)]
    #[case(r#"{"access_token":"t","expires_on":"1790000060","resource":"r"}"#, 60)]
    #[case(r#"{"accessToken":"t","expireTime":"2026-09-21T14:14:20Z"}"#, 60)]
    #[case(r#"{"access_token":"t"}"#, 300)]
    #[case(r#"{"access_token":"t","expires_on":"09/14/2017 00:00:00 PM +00:00"}"#, 300)]
    fn a_token_is_read_in_every_form(#[case] body: &str, #[case] seconds: i64) {
        let granted = granted(body.as_bytes(), NOW).unwrap();
        assert_eq!(granted.token.expose(), "t");
        assert_eq!(granted.expires_at, NOW.plus_seconds(seconds));
    }

    #[test]
    fn the_token_of_copilot_says_where_it_is_good() {
        let body = br#"{"token":"tid=1;exp=2","expires_at":1790001800,"refresh_in":1500,
            "endpoints":{"api":"https://api.business.githubcopilot.com","telemetry":"https://t"}}"#;
        let granted = granted(body, NOW).unwrap();
        assert_eq!(granted.token.expose(), "tid=1;exp=2");
        assert_eq!(granted.expires_at, NOW.plus_seconds(1_800));
        let place = granted.good_at.unwrap();
        assert_eq!(place.as_str(), "https://api.business.githubcopilot.com/");
    }

    #[rstest]
    #[case("")]
    #[case("<html>")]
    #[case(r#"{"access_token":""}"#)]
    #[case(r#"{"id_token":"t"}"#)]
    fn what_is_no_token_is_none(#[case] body: &str) {
        assert!(granted(body.as_bytes(), NOW).is_none());
    }

    #[rstest]
    #[case(
        r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
        "g answered 400: invalid_grant: Invalid JWT Signature."
    )]
    #[case(
        r#"{"error":"invalid_client","error_description":"AADSTS7000215: no s3cret\r\nTrace ID: 1"}"#,
        "g answered 400: invalid_client: AADSTS7000215: no [secret]  Trace ID: 1"
    )]
    #[case(
        r#"{"error":{"code":403,"message":"Permission denied","status":"PERMISSION_DENIED"}}"#,
        "g answered 400: PERMISSION_DENIED: Permission denied"
    )]
    #[case(r#"{"message":"Bad credentials","status":"401"}"#, "g answered 400: Bad credentials")]
    #[case("s3cret", "g answered 400")]
    fn a_refusal_is_told_without_what_is_secret(#[case] body: &str, #[case] expected: &str) {
        let failure = refused(body.as_bytes(), 400, "g", &[Secret::new("s3cret")]);
        assert_eq!(failure.0, expected);
    }
}
