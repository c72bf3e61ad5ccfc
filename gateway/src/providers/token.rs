//! Access tokens: a provider wants one, and somebody else hands it out for a while.
//!
//! A token is asked for once for all calls, and anew well before its time is over, while calls go
//! on with the one that there is. Nothing that is secret is in a failure.

mod answer;
mod azure;
mod cache;
mod copilot;
mod google;
mod grant;

use std::path::Path;

pub(super) use self::grant::TokenSource;
use self::{
    cache::TokenCache,
    grant::{Asker, Grant},
};
use super::client;
use crate::kernel::{
    Clock, Secret,
    config::{Azure, AzureLogin, Google, Provider, Proxy},
};

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct TokenFailure(pub(super) String);

/// Why no token can ever be asked for: the key of the configuration at fault, and what is wrong.
#[derive(Debug)]
pub(super) struct BadCredential {
    pub(super) key: &'static str,
    pub(super) detail: String,
}

/// A source of tokens, what of it is secret, and the project that its quota is counted in.
pub(super) struct Opened {
    pub(super) source: TokenSource,
    pub(super) secrets: Vec<Secret>,
    pub(super) quota_project: Option<String>,
}

/// The tokens of a service account, a user or a machine in Google Cloud.
pub(super) fn of_google(
    google: &Google,
    settings: &Proxy,
    clock: &Clock,
) -> Result<Opened, BadCredential> {
    let account = google::Account::of(google)?;
    let is_local = account.is_local();
    let quota_project = google.quota_project.clone().or_else(|| account.quota_project());
    let secrets = account.secrets();
    let source = source(Grant::Google(account), settings, is_local, clock)?;
    Ok(Opened { source, secrets, quota_project })
}

/// The tokens of a client or a machine in Azure; none where a key opens the provider.
pub(super) fn of_azure(
    azure: &Azure,
    has_key: bool,
    settings: &Proxy,
    clock: &Clock,
) -> Result<Option<Opened>, BadCredential> {
    let login = azure.login(has_key);
    let login = login.map_err(|(key, detail)| BadCredential { key, detail: detail.to_owned() })?;
    if matches!(login, AzureLogin::Key) {
        return Ok(None);
    }
    let is_local = matches!(login, AzureLogin::Machine { .. });
    let Some(client) = azure::Client::of(azure, login) else { return Ok(None) };
    let secrets = client.secrets();
    let source = source(Grant::Azure(client), settings, is_local, clock)?;
    Ok(Some(Opened { source, secrets, quota_project: None }))
}

/// The tokens of a subscriber of GitHub Copilot.
pub(super) fn of_copilot(
    provider: &Provider,
    settings: &Proxy,
    clock: &Clock,
) -> Result<Opened, BadCredential> {
    let subscriber = copilot::Subscriber::of(provider)?;
    let secrets = subscriber.secrets();
    let source = source(Grant::Copilot(subscriber), settings, false, clock)?;
    Ok(Opened { source, secrets, quota_project: None })
}

fn source(
    grant: Grant,
    settings: &Proxy,
    is_local: bool,
    clock: &Clock,
) -> Result<TokenSource, BadCredential> {
    let client = client::for_tokens(settings, is_local).map_err(|error| BadCredential {
        key: "kind",
        detail: format!("the HTTP client for its tokens could not be made: {error}"),
    })?;
    Ok(TokenCache::new(Asker::new(client, grant), clock.clone()))
}

/// The text of a file that an operator names.
fn text_of(key: &'static str, path: &Path) -> Result<String, BadCredential> {
    std::fs::read_to_string(path).map_err(|error| BadCredential {
        key,
        detail: format!("cannot read {}: {error}", path.display()),
    })
}
