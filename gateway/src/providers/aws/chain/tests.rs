//! Each place of the chain, with files, addresses and an environment of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use reqsign_core::{Result, StaticEnv};

use super::*;

/// A world with these files, answers (by the beginning of the address) and variables.
#[derive(Debug, Clone, Default)]
struct World {
    files: HashMap<&'static str, String>,
    answers: Vec<(&'static str, String)>,
    variables: HashMap<String, String>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FileRead for World {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        let text = self.files.get(path).ok_or_else(|| Error::config_invalid("no such file"))?;
        Ok(text.clone().into_bytes())
    }
}

impl HttpSend for World {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let url = request.uri().to_string();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.asked.lock().unwrap().push(format!("{url} {body}"));
        let answer = self.answers.iter().find(|(beginning, _)| url.starts_with(beginning));
        let Some((_, text)) = answer else {
            return Err(Error::unexpected(format!("{} gave no answer", request.uri())));
        };
        let mut response = Response::new(Bytes::from(text.clone()));
        *response.status_mut() = StatusCode::OK;
        Ok(response)
    }
}

impl World {
    fn with_file(mut self, path: &'static str, text: &str) -> Self {
        self.files.insert(path, text.to_owned());
        self
    }

    fn with_answer(mut self, beginning: &'static str, text: &str) -> Self {
        self.answers.push((beginning, text.to_owned()));
        self
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    async fn find(&self, aws: &str) -> std::result::Result<Credential, String> {
        let environment =
            StaticEnv { home_dir: Some("/home/helix".into()), envs: self.variables.clone() };
        let aws = serde_json::from_str(aws).unwrap();
        Chain::of(&aws, self.clone(), self.clone(), environment).find().await
    }
}

const REGION: &str = r#"{"region":"eu-central-1"}"#;
const ISSUED: &str = r#"{"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t","Expiration":"2999-01-01T00:00:00Z"}"#;

fn issued_by_sts(action: &str) -> String {
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>ASIASTS0123456789</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
         <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></{action}Result>\
         </{action}Response>"
    )
}

#[tokio::test]
async fn the_environment_comes_first() {
    let world = World::default()
        .with("AWS_ACCESS_KEY_ID", "AKIAENV")
        .with("AWS_SECRET_ACCESS_KEY", "s")
        .with("AWS_SESSION_TOKEN", "t")
        .with_file("/home/helix/.aws/credentials", "[default]\naws_access_key_id=AKIAFILE\n");
    let found = world.find(REGION).await.unwrap();
    assert_eq!(
        (found.access_key_id.as_str(), found.session_token.as_deref()),
        ("AKIAENV", Some("t"))
    );
    assert!(world.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_profile_is_the_one_that_is_named_and_nothing_else_is_asked() {
    let files = "[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=s\n\
        [team]\naws_access_key_id=AKIATEAM\naws_secret_access_key=s\n";
    let world = World::default()
        .with("AWS_ACCESS_KEY_ID", "AKIAENV")
        .with("AWS_SECRET_ACCESS_KEY", "s")
        .with_file("/home/helix/.aws/credentials", files);
    let found = world.find(r#"{"region":"eu-central-1","profile":"team"}"#).await.unwrap();
    assert_eq!(found.access_key_id, "AKIATEAM");
    let why = world.find(r#"{"region":"eu-central-1","profile":"none"}"#).await.unwrap_err();
    assert!(why.contains("the profile: none"), "{why}");
    assert!(!why.contains("the machine"), "{why}");
}

#[tokio::test]
async fn a_web_identity_is_changed_into_keys_in_the_region() {
    let world = World::default()
        .with("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod")
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token")
        .with_file("/var/run/token", "header.payload.signature")
        .with_answer(
            "https://sts.eu-central-1.amazonaws.com/",
            &issued_by_sts("AssumeRoleWithWebIdentity"),
        );
    let found = world.find(REGION).await.unwrap();
    assert_eq!(found.access_key_id, "ASIASTS0123456789");
    assert!(world.asked.lock().unwrap()[0].contains("RoleSessionName=helixgateway"));
}

#[tokio::test]
async fn a_container_hands_out_keys() {
    let world = World::default()
        .with("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials")
        .with("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token")
        .with_file("/var/run/token", "token")
        .with_answer("http://169.254.170.23/v1/credentials", ISSUED);
    assert_eq!(world.find(REGION).await.unwrap().access_key_id, "ASIA1");
}

#[tokio::test]
async fn a_machine_hands_out_the_keys_of_its_role() {
    let roles = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
    let world = World::default()
        .with_answer("http://169.254.169.254/latest/api/token", "token")
        .with_answer(
            "http://169.254.169.254/latest/meta-data/iam/security-credentials/gateway",
            ISSUED,
        )
        .with_answer(roles, "gateway");
    assert_eq!(world.find(REGION).await.unwrap().access_key_id, "ASIA1");
}

#[tokio::test]
async fn a_role_is_taken_on_with_the_keys_that_are_there() {
    let aws = r#"{"region":"eu-central-1","access_key_id":"AKIDEXAMPLE123456","secret_access_key":"s","role_arn":"arn:aws:iam::123456789012:role/x"}"#;
    let sts = "https://sts.eu-central-1.amazonaws.com/";
    let world = World::default().with_answer(sts, &issued_by_sts("AssumeRole"));
    let found = world.find(aws).await.unwrap();
    assert_eq!(found.access_key_id, "ASIASTS0123456789");
    let why = World::default().find(aws).await.unwrap_err();
    assert!(why.starts_with("the role cannot be taken on: "), "{why}");
}

#[tokio::test]
async fn where_nothing_is_found_every_place_is_named() {
    let why = World::default().find(REGION).await.unwrap_err();
    for place in ["environment", "web identity", "profile", "single sign-on", "container"] {
        assert!(why.contains(&format!("{place}: none")), "{place} in {why}");
    }
    assert!(why.contains("the machine: failed to connect to IMDS"), "{why}");
    let broken = World::default()
        .with("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod")
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", "/missing");
    let why = broken.find(REGION).await.unwrap_err();
    assert!(why.contains("the web identity: failed to read web identity token file"), "{why}");
}
