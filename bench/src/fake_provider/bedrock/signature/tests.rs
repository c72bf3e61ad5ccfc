use http::{Request, request::Parts};

use super::*;

// What botocore's `SigV4Auth` made of this request, to be had again.
const BODY: &[u8] = br#"{"messages":[]}"#;
const DATE: &str = "20261130T120000Z";
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261130/us-west-2/bedrock/aws4_request, \
     SignedHeaders=content-type;host;x-amz-date, \
     Signature=473c41fe5e465e75b243453162ac71ab6eff7df9f0e410b18ab474126261d905";

fn key() -> AwsKey {
    AwsKey {
        access_key_id: "AKIDEXAMPLE".to_owned(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        session_token: None,
    }
}

fn request(authorization: &str) -> Parts {
    let request = Request::builder()
        .method("POST")
        .uri("/model/fake%40chunks%3D4%2Ctag%3Da/converse?b=2&a=%2F1")
        .header("host", "127.0.0.1:9000")
        .header("content-type", "application/json")
        .header("x-amz-date", DATE)
        .header("authorization", authorization);
    request.body(()).unwrap().into_parts().0
}

fn check_at(
    now_seconds: i64,
    authorization: &str,
    body: &[u8],
    key: Option<&AwsKey>,
) -> Result<(), Fault> {
    let request = request(authorization);
    check(&VendorCall::of(&request, body, 1), "bedrock", key, now_seconds)
}

fn checked(authorization: &str, body: &[u8], key: &AwsKey) -> Result<(), &'static str> {
    let now = seconds_of(DATE).unwrap();
    check_at(now, authorization, body, Some(key)).map_err(|fault| match fault {
        Fault::Named { name, .. } => name,
        _ => "another",
    })
}

#[test]
fn what_amazons_own_sdk_signed_is_right() {
    assert_eq!(checked(AUTHORIZATION, BODY, &key()), Ok(()));
}

#[test]
fn whatever_is_changed_after_signing_makes_it_wrong() {
    let wrong = Err("InvalidSignatureException");
    assert_eq!(checked(AUTHORIZATION, b"{}", &key()), wrong);
    let other = AwsKey { secret_access_key: "another".to_owned(), ..key() };
    assert_eq!(checked(AUTHORIZATION, BODY, &other), wrong);
    let region = AUTHORIZATION.replace("us-west-2", "us-east-1");
    assert_eq!(checked(&region, BODY, &key()), wrong);
    let service = AUTHORIZATION.replace("/bedrock/", "/bedrock-runtime/");
    assert_eq!(checked(&service, BODY, &key()), wrong);
}

#[test]
fn an_unknown_key_and_a_missing_token_are_told_apart_from_a_wrong_signature() {
    let unknown = AUTHORIZATION.replace("AKIDEXAMPLE", "AKIDOTHER");
    assert_eq!(checked(&unknown, BODY, &key()), Err("UnrecognizedClientException"));
    let temporary = AwsKey { session_token: Some("token".to_owned()), ..key() };
    assert_eq!(checked(AUTHORIZATION, BODY, &temporary), Err("UnrecognizedClientException"));
}

#[test]
fn a_signature_has_all_its_parts() {
    for incomplete in ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"] {
        assert_eq!(checked(incomplete, BODY, &key()), Err("IncompleteSignatureException"));
    }
    let unsigned = AUTHORIZATION.replace("host;", "");
    assert_eq!(checked(&unsigned, BODY, &key()), Err("IncompleteSignatureException"));
}

#[test]
fn an_old_signature_has_expired() {
    let late = seconds_of(DATE).unwrap() + 3_600;
    let fault = check_at(late, AUTHORIZATION, BODY, Some(&key())).unwrap_err();
    assert!(fault.to_string().contains("Signature expired"), "{fault}");
}

#[test]
fn where_nobody_knows_the_secret_only_the_form_is_checked() {
    let now = seconds_of(DATE).unwrap();
    assert_eq!(check_at(now, AUTHORIZATION, b"other", None), Ok(()));
}
