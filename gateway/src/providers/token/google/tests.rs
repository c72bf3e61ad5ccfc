//! What Google is asked, by each who may ask.

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use rstest::rstest;
use serde_json::Value;

use super::*;
use crate::{kernel::config::Proxy, providers::client};

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_500_000);

fn google(credentials: Option<String>) -> Google {
    Google {
        project: "acme".to_owned(),
        location: "global".to_owned(),
        credentials_file: None,
        credentials: credentials.map(Secret::new),
        service_account: None,
        quota_project: None,
        metadata_host: None,
    }
}

fn http() -> Client {
    client::for_tokens(&Proxy::default(), true).unwrap()
}

fn body(request: &Request) -> String {
    let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
    String::from_utf8(body.to_vec()).unwrap()
}

fn place(request: &Request) -> String {
    format!("{} {}", request.method(), request.url())
}

fn refused(google: &Google) -> BadCredential {
    Account::of(google).err().unwrap()
}

fn pem(key: &KeyPair) -> String {
    let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(key).unwrap();
    let text = STANDARD.encode(der.as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

#[test]
fn an_assertion_is_signed_by_the_key_of_the_service_account() {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let file = json!({
        "type": "service_account", "client_email": "bot@acme.iam.gserviceaccount.com",
        "private_key": pem(&key), "private_key_id": "k1", "token_uri": "http://127.0.0.1:1/token",
        "quota_project_id": "billed",
    });
    let account = Account::of(&google(Some(file.to_string()))).unwrap();
    assert_eq!(account.quota_project().as_deref(), Some("billed"));
    assert!(!account.is_local());
    let request = account.own_request(&http(), NOW).unwrap();
    assert_eq!(place(&request), "POST http://127.0.0.1:1/token");
    let body = body(&request);
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!(form[0], ("grant_type".to_owned(), ASSERTION_GRANT.to_owned()));
    assert_eq!(form[1].0, "assertion");

    let (signed, signature) = form[1].1.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    let part = |at: usize| -> Value {
        let part = signed.split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    assert_eq!(part(0), json!({ "typ": "JWT", "alg": "RS256", "kid": "k1" }));
    assert_eq!(
        part(1),
        json!({
            "iss": "bot@acme.iam.gserviceaccount.com", "scope": SCOPE,
            "aud": "https://oauth2.googleapis.com/token", "iat": 1_790_000_000, "exp": 1_790_003_600,
        })
    );
}

fn user() -> Value {
    json!({
        "type": "authorized_user", "account": "", "client_id": "id", "client_secret": "s3cret",
        "refresh_token": "r/1", "universe_domain": "googleapis.com",
    })
}

#[test]
fn a_user_who_has_signed_in_shows_the_refresh_token() {
    let account = Account::of(&google(Some(user().to_string()))).unwrap();
    let request = account.own_request(&http(), NOW).unwrap();
    assert_eq!(place(&request), "POST https://oauth2.googleapis.com/token");
    assert_eq!(
        body(&request),
        "grant_type=refresh_token&client_id=id&client_secret=s3cret&refresh_token=r%2F1"
    );
    let secrets: Vec<String> =
        account.secrets().iter().map(|secret| secret.expose().to_owned()).collect();
    assert_eq!(secrets, ["s3cret", "r/1"]);
    assert!(account.request_as_another(&http(), &Secret::new("t")).unwrap().is_none());
}

#[test]
fn without_a_credential_the_metadata_of_the_machine_is_asked() {
    let account = Account::of(&google(None)).unwrap();
    let request = account.own_request(&http(), NOW).unwrap();
    assert_eq!(
        place(&request),
        "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
    );
    assert_eq!(request.headers()["metadata-flavor"], "Google");
    assert!(account.is_local());
    let elsewhere = Google { metadata_host: Some("127.0.0.1:80".to_owned()), ..google(None) };
    let request = Account::of(&elsewhere).unwrap().own_request(&http(), NOW).unwrap();
    assert!(place(&request).starts_with("GET http://127.0.0.1/computeMetadata/"));
    let nonsense = Google { metadata_host: Some("a b".to_owned()), ..google(None) };
    assert_eq!(refused(&nonsense).key, "google.metadata_host");
}

#[test]
fn another_account_is_impersonated_with_the_token_of_the_own_one() {
    let account = "gateway@acme.iam.gserviceaccount.com";
    let google = Google { service_account: Some(account.to_owned()), ..google(None) };
    let account = Account::of(&google).unwrap();
    assert!(!account.is_local());
    let request = account.request_as_another(&http(), &Secret::new("own")).unwrap().unwrap();
    assert_eq!(
        place(&request),
        "POST https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\
         gateway@acme.iam.gserviceaccount.com:generateAccessToken"
    );
    assert_eq!(request.headers()[AUTHORIZATION], "Bearer own");
    let body: Value = serde_json::from_str(&body(&request)).unwrap();
    assert_eq!(body, json!({ "scope": [SCOPE], "lifetime": "3600s" }));
}

#[test]
fn a_file_may_say_which_account_is_impersonated() {
    let file = json!({
        "type": "impersonated_service_account", "delegates": [], "source_credentials": user(),
        "service_account_impersonation_url": "http://127.0.0.1:1/v1/x:generateAccessToken",
    });
    let account = Account::of(&google(Some(file.to_string()))).unwrap();
    assert!(place(&account.own_request(&http(), NOW).unwrap()).ends_with("/token"));
    let request = account.request_as_another(&http(), &Secret::new("own")).unwrap().unwrap();
    assert_eq!(place(&request), "POST http://127.0.0.1:1/v1/x:generateAccessToken");
}

#[rstest]
#[case("s3cret {", "not JSON")]
#[case("{}", "no `type`")]
#[case(r#"{"type":"external_account"}"#, "`external_account`")]
#[case(r#"{"type":"authorized_user","client_id":"s3cret"}"#, "refresh_token")]
#[case(r#"{"type":"authorized_user","client_id":{"s3cret":1}}"#, "refresh_token")]
#[case(
    r#"{"type":"service_account","client_email":"a@b","private_key":"s3cret"}"#,
    "no RSA key in PEM"
)]
fn a_bad_credential_is_told_without_its_content(#[case] text: &str, #[case] told: &str) {
    let BadCredential { key, detail } = refused(&google(Some(text.to_owned())));
    assert_eq!(key, "google.credentials");
    assert!(detail.contains(told) && !detail.contains("s3cret"), "{detail}");
}

#[test]
fn a_file_that_is_not_there_is_told_by_its_name() {
    let file = Some("/nowhere/key.json".into());
    let BadCredential { key, detail } = refused(&Google { credentials_file: file, ..google(None) });
    assert_eq!(key, "google.credentials_file");
    assert!(detail.contains("/nowhere/key.json"), "{detail}");
}
