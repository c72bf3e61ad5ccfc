//! Against signatures that botocore has made: `by_botocore.json` holds what `SigV4Auth` of
//! botocore 1.44 puts on each request for the service `bedrock` on 2026-11-30 at 08:00 UTC, with
//! `botocore.auth.get_current_datetime` set to that instant.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    method: String,
    url: String,
    region: String,
    token: Option<String>,
    headers: std::collections::BTreeMap<String, String>,
    body: String,
    date: String,
    authorization: String,
}

/// 2026-11-30T08:00:00Z
const NOW: Timestamp = Timestamp::from_micros(1_796_025_600_000_000);

fn keys(token: Option<String>) -> Credentials {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    Credentials::new("AKIDEXAMPLE", secret, token, None, "test")
}

#[test]
fn a_signature_is_the_one_that_the_official_sdk_makes() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("by_botocore.json")).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let mut request = Request::new(case.method.parse().unwrap(), case.url.parse().unwrap());
        for (name, value) in &case.headers {
            let name = HeaderName::try_from(name).unwrap();
            request.headers_mut().insert(name, HeaderValue::try_from(value).unwrap());
        }
        if !case.body.is_empty() {
            *request.body_mut() = Some(case.body.into());
        }
        sign(&mut request, &keys(case.token.clone()), "bedrock", &case.region, NOW).unwrap();
        let header = |name: &str| {
            request.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(header("x-amz-date"), Some(case.date));
        assert_eq!(header("x-amz-security-token"), case.token);
        assert_eq!(header("authorization"), Some(case.authorization), "{}", case.url);
        assert!(request.headers()["authorization"].is_sensitive());
    }
}

#[test]
fn one_changed_byte_is_another_signature() {
    let signature = |body: &'static str| {
        let url = "https://example.com/model/m/converse".parse().unwrap();
        let mut request = Request::new(http::Method::POST, url);
        *request.body_mut() = Some(body.into());
        sign(&mut request, &keys(None), "bedrock", "us-east-1", NOW).unwrap();
        request.headers()["authorization"].clone()
    };
    assert_eq!(signature("{}"), signature("{}"));
    assert_ne!(signature("{}"), signature("[]"));
}
