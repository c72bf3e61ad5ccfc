//! Where keys are looked for, in order, as Amazon's own tools do.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use std::{sync::Arc, time::Duration};

use reqsign_aws_v4::{
    AssumeRoleGrant, AssumeRoleGranter, AssumeRoleWithWebIdentityCredentialProvider, Credential,
    ECSCredentialProvider, EnvCredentialProvider, IMDSv2CredentialProvider,
    ProfileCredentialProvider, SSOCredentialProvider, StaticCredentialProvider,
};
use reqsign_core::{
    Context, Env, Error, FileRead, GrantCredential, HttpSend, ProvideCredentialDyn,
    SigningCredential,
};

use super::outside::{Environment, Files, Http};
use crate::{kernel::config::Aws, providers::ProviderError};

/// How long a role is taken on for: the most that a role may that another role takes on.
const ROLE_DURATION: Duration = Duration::from_hours(1);
/// Under what name a role is taken on, in Amazon's records.
const SESSION_NAME: &str = "helixgateway";

type Place = (&'static str, Arc<dyn ProvideCredentialDyn<Credential = Credential>>);

/// The places, and the role that is taken on with what is found there.
pub(super) struct Chain {
    context: Context,
    places: Vec<Place>,
    role: Option<AssumeRoleGranter>,
}

impl Chain {
    /// # Errors
    /// Where the HTTP client cannot be made.
    pub(super) fn new(aws: &Aws) -> Result<Self, ProviderError> {
        Ok(Self::of(aws, Files, Http::new()?, Environment))
    }

    fn of(aws: &Aws, files: impl FileRead, http: impl HttpSend, environment: impl Env) -> Self {
        let context =
            Context::new().with_file_read(files).with_http_send(http).with_env(environment);
        let region = aws.region.clone().unwrap_or_default();
        let role = aws
            .role_arn
            .as_ref()
            .map(|arn| AssumeRoleGranter::new(&region, AssumeRoleGrant::new(arn, SESSION_NAME)));
        Self { context, places: places(aws, region), role }
    }

    /// A chain of one place, for tests.
    #[cfg(test)]
    pub(super) fn with_place(
        place: Arc<dyn ProvideCredentialDyn<Credential = Credential>>,
    ) -> Self {
        Self { context: Context::new(), places: vec![("the test", place)], role: None }
    }

    /// The first key that is found.
    ///
    /// # Errors
    /// What was tried, and what came of it.
    pub(super) async fn find(&self) -> Result<Credential, String> {
        let found = self.look().await?;
        let Some(role) = &self.role else { return Ok(found) };
        role.grant_credential(&self.context, &found, Some(ROLE_DURATION))
            .await
            .map_err(|error| format!("the role cannot be taken on: {}", told(&error)))
    }

    async fn look(&self) -> Result<Credential, String> {
        let mut tried = Vec::with_capacity(self.places.len());
        for (name, place) in &self.places {
            match place.provide_credential_dyn(&self.context).await {
                Ok(Some(found)) if found.is_valid() => return Ok(found),
                Ok(Some(_)) => tried.push(format!("{name}: an expired one")),
                Ok(None) => tried.push(format!("{name}: none")),
                Err(error) => tried.push(format!("{name}: {}", told(&error))),
            }
        }
        Err(format!("no key for Amazon was found ({})", tried.join("; ")))
    }
}

fn places(aws: &Aws, region: String) -> Vec<Place> {
    if let (Some(id), Some(secret)) = (&aws.access_key_id, &aws.secret_access_key) {
        let mut fixed = StaticCredentialProvider::new(id.expose(), secret.expose());
        if let Some(token) = &aws.session_token {
            fixed = fixed.with_session_token(token.expose());
        }
        return vec![("the configuration", Arc::new(fixed))];
    }
    let (profile, sso) = (ProfileCredentialProvider::new(), SSOCredentialProvider::new());
    if let Some(name) = &aws.profile {
        return vec![
            ("the profile", Arc::new(profile.with_profile(name))),
            ("the profile's single sign-on", Arc::new(sso.with_profile(name))),
        ];
    }
    let web_identity = AssumeRoleWithWebIdentityCredentialProvider::new()
        .with_region(region)
        .with_regional_sts_endpoint()
        .with_role_session_name(SESSION_NAME.to_owned());
    vec![
        ("the environment", Arc::new(EnvCredentialProvider::new())),
        ("the web identity", Arc::new(web_identity)),
        ("the profile", Arc::new(profile)),
        ("the profile's single sign-on", Arc::new(sso)),
        ("the container", Arc::new(ECSCredentialProvider::new())),
        ("the machine", Arc::new(IMDSv2CredentialProvider::new())),
    ]
}

/// An error and what caused it, in one line.
fn told(error: &Error) -> String {
    const LIMIT_CHARACTERS: usize = 300;
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    let line = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    line.take(LIMIT_CHARACTERS).collect()
}

#[cfg(test)]
mod tests;
