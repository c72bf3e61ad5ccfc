//! The assertion by which a service account asks for a token: a JWT that it has signed itself.
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::fake_provider::{fault::Fault, identity::refused};

const LONGEST_SECONDS: i64 = 3_600;
/// How far a caller's clock may be ahead.
const SKEW_SECONDS: i64 = 300;

/// Refuses an assertion that Google refuses. Without a public key any signature will do.
pub(super) fn check(
    assertion: &str,
    public_key: Option<&[u8]>,
    audiences: &[String],
    now_seconds: i64,
) -> Result<(), Fault> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        return Err(invalid_grant("Assertion is not a well-formed JWT."));
    };
    if read(header)?["alg"] != "RS256" {
        return Err(invalid_grant("Invalid JWT Signature."));
    }
    let signed = &assertion[..header.len() + 1 + claims.len()];
    check_signature(public_key, signed, signature)?;
    check_claims(&read(claims)?, audiences, now_seconds)
}

fn read(part: &str) -> Result<Value, Fault> {
    let json = URL_SAFE_NO_PAD.decode(part).ok();
    let value = json.and_then(|json| serde_json::from_slice(&json).ok());
    value.ok_or_else(|| invalid_grant("Assertion is not a well-formed JWT."))
}

fn check_signature(public_key: Option<&[u8]>, signed: &str, signature: &str) -> Result<(), Fault> {
    let invalid = || invalid_grant("Invalid JWT Signature.");
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid())?;
    match public_key {
        None => Ok(()),
        Some(key) => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| invalid()),
    }
}

fn check_claims(claims: &Value, audiences: &[String], now_seconds: i64) -> Result<(), Fault> {
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    if !text("iss").contains('@') {
        return Err(invalid_grant("Invalid grant: account not found"));
    }
    if !audiences.iter().any(|audience| audience == text("aud")) {
        let right = audiences.first().map(String::as_str).unwrap_or_default();
        let message = format!("Invalid JWT: Failed audience check. The right audience is {right}");
        return Err(invalid_grant(&message));
    }
    let (Some(issued_at), Some(expires_at)) = (claims["iat"].as_i64(), claims["exp"].as_i64())
    else {
        return Err(invalid_grant(TIMEFRAME));
    };
    let is_short = (1..=LONGEST_SECONDS).contains(&(expires_at - issued_at));
    let is_now = issued_at <= now_seconds + SKEW_SECONDS && expires_at > now_seconds;
    if !is_short || !is_now {
        return Err(invalid_grant(TIMEFRAME));
    }
    if text("scope").split(' ').all(|scope| !SCOPES.contains(&scope)) {
        let message = "Invalid OAuth scope or ID token audience provided.".to_owned();
        return Err(refused("invalid_scope", message));
    }
    Ok(())
}

const TIMEFRAME: &str = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a \
     reasonable timeframe. Check your iat and exp values in the JWT claim.";
/// What Vertex AI asks for.
const SCOPES: [&str; 1] = ["https://www.googleapis.com/auth/cloud-platform"];

fn invalid_grant(message: &str) -> Fault {
    refused("invalid_grant", message.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW_SECONDS: i64 = 1_763_000_000;

    fn claims() -> Value {
        json!({
            "iss": "bot@fake.iam.gserviceaccount.com", "aud": "https://here/token",
            "scope": "openid https://www.googleapis.com/auth/cloud-platform",
            "iat": NOW_SECONDS, "exp": NOW_SECONDS + 3_600,
        })
    }

    fn refusal(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let assertion = format!("{}.{}.c2lnbmVk", part(header), part(claims));
        let audiences = ["https://here/token".to_owned()];
        let checked = check(&assertion, None, &audiences, NOW_SECONDS);
        checked.err().map(|fault| fault.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_claim_is_checked() {
        let header = json!({ "alg": "RS256", "typ": "JWT" });
        assert_eq!(refusal(&header, &claims()), "");
        for (name, value, said) in [
            ("iss", json!("nobody"), "account not found"),
            ("aud", json!("https://elsewhere/token"), "The right audience is https://here/token"),
            ("scope", json!("openid"), "Invalid OAuth scope"),
            ("exp", json!(NOW_SECONDS + 3_601), "short-lived"),
            ("iat", json!(NOW_SECONDS + 301), "short-lived"),
            ("exp", Value::Null, "short-lived"),
        ] {
            let mut claims = claims();
            claims[name] = value;
            let refusal = refusal(&header, &claims);
            assert!(refusal.contains(said), "{name}: {refusal}");
        }
        assert!(refusal(&json!({ "alg": "none" }), &claims()).contains("Invalid JWT Signature."));
    }
}
