//! Whoever asks Google Cloud: a service account, a user, a machine, or one of them as another
//! service account.

mod assertion;
mod file;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Request};
use serde_json::json;
use shared::Timestamp;
use url::Url;

use self::{
    assertion::ServiceAccount,
    file::{CredentialFile, User, token_uri},
};
use super::{
    BadCredential, TokenFailure,
    grant::{built, form},
    text_of,
};
use crate::kernel::{Secret, config::Google};

const FORM: &str = "application/x-www-form-urlencoded";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const ASSERTION_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const METADATA_HOST: &str = "metadata.google.internal";
const IMPERSONATION: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
/// As long as a token of another account may last without further permission.
const IMPERSONATION_LIFETIME: &str = "3600s";

/// Who asks.
pub(super) struct Account {
    own: Own,
    /// Where a token of another account is handed out, if one is meant.
    another: Option<Url>,
    quota_project: Option<String>,
}

enum Own {
    ServiceAccount(ServiceAccount),
    User {
        user: User,
        token_uri: Url,
    },
    /// Where the metadata of the machine says its token.
    Machine(Url),
}

impl Account {
    pub(super) fn of(google: &Google) -> Result<Self, BadCredential> {
        let (key, text) = match (&google.credentials, &google.credentials_file) {
            (Some(text), _) => ("google.credentials", text.clone()),
            (None, Some(file)) => {
                let key = "google.credentials_file";
                (key, Secret::new(text_of(key, file)?))
            }
            (None, None) => {
                let own = Own::Machine(metadata(google.metadata_host.as_deref())?);
                let another = google.service_account.as_deref().map(impersonation).transpose()?;
                return Ok(Self { own, another, quota_project: None });
            }
        };
        let bad = |detail| BadCredential { key, detail };
        let mut file = CredentialFile::read(&text).map_err(bad)?;
        let mut another = None;
        if let CredentialFile::Impersonated { url, source, .. } = file {
            another = Some(url);
            file = *source;
        }
        if let Some(account) = &google.service_account {
            another = Some(impersonation(account)?);
        }
        let (own, quota_project) = match file {
            CredentialFile::ServiceAccount { account, quota_project } => {
                let account = ServiceAccount::of(account).map_err(bad)?;
                (Own::ServiceAccount(account), quota_project)
            }
            CredentialFile::User { mut user, quota_project } => {
                let token_uri = token_uri(user.token_uri.take()).map_err(bad)?;
                (Own::User { user, token_uri }, quota_project)
            }
            CredentialFile::Impersonated { .. } => {
                return Err(
                    bad("one account is impersonated by another; name the last one".into()),
                );
            }
        };
        Ok(Self { own, another, quota_project })
    }

    /// Whether tokens are handed out on the machine itself, where no proxy leads.
    pub(super) const fn is_local(&self) -> bool {
        matches!(self.own, Own::Machine(_)) && self.another.is_none()
    }

    pub(super) fn quota_project(&self) -> Option<String> {
        self.quota_project.clone()
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        match &self.own {
            Own::User { user, .. } => vec![user.client_secret.clone(), user.refresh_token.clone()],
            Own::ServiceAccount(_) | Own::Machine(_) => Vec::new(),
        }
    }

    /// What asks for the account's own token.
    pub(super) fn own_request(
        &self,
        client: &Client,
        now: Timestamp,
    ) -> Result<Request, TokenFailure> {
        let (url, fields) = match &self.own {
            Own::ServiceAccount(account) => {
                let assertion = account.assertion(now)?;
                let fields = form(&[("grant_type", ASSERTION_GRANT), ("assertion", &assertion)]);
                (account.token_uri(), fields)
            }
            Own::User { user, token_uri } => (token_uri, refresh(user)),
            Own::Machine(url) => {
                return built(client.get(url.clone()).header("metadata-flavor", "Google"));
            }
        };
        built(client.post(url.clone()).header(CONTENT_TYPE, FORM).body(fields))
    }

    /// What asks for the token of the account that is meant, if that is another one.
    pub(super) fn request_as_another(
        &self,
        client: &Client,
        own: &Secret,
    ) -> Result<Option<Request>, TokenFailure> {
        let Some(url) = &self.another else { return Ok(None) };
        let body = json!({ "scope": [SCOPE], "lifetime": IMPERSONATION_LIFETIME });
        let request = client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", own.expose()))
            .body(body.to_string());
        built(request).map(Some)
    }
}

fn refresh(user: &User) -> String {
    form(&[
        ("grant_type", "refresh_token"),
        ("client_id", &user.client_id),
        ("client_secret", user.client_secret.expose()),
        ("refresh_token", user.refresh_token.expose()),
    ])
}

fn metadata(host: Option<&str>) -> Result<Url, BadCredential> {
    let host = host.unwrap_or(METADATA_HOST);
    let path = "computeMetadata/v1/instance/service-accounts/default/token";
    Url::parse(&format!("http://{host}/{path}")).map_err(|_| BadCredential {
        key: "google.metadata_host",
        detail: "expected a host, with a port if need be: `169.254.169.254:80`".to_owned(),
    })
}

fn impersonation(account: &str) -> Result<Url, BadCredential> {
    Url::parse(&format!("{IMPERSONATION}{account}:generateAccessToken")).map_err(|_| {
        BadCredential {
            key: "google.service_account",
            detail: "no address can be made of this account".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests;
