//! What opens a provider.

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use reqwest::Request;
use url::Url;

use super::{
    Failure, ProviderError,
    aws::Signer,
    bedrock, sagemaker,
    token::{self, BadCredential, Opened, TokenSource},
};
use crate::kernel::{
    Clock, Secret,
    config::{Aws, Provider, ProviderKind, Proxy},
};

/// Shorter values of further headers are versions and the like. To hide them would hide every such
/// word of a provider's message.
const SECRET_BYTES: usize = 8;
/// Google's name for the project whose quota a call counts against.
/// <https://cloud.google.com/docs/quotas/set-quota-project>
static QUOTA_PROJECT: HeaderName = HeaderName::from_static("x-goog-user-project");

/// What no text may show: the credential, and values of further headers that may be one.
pub(super) fn secrets(provider: &Provider) -> Vec<Secret> {
    let is_long = |value: &&Secret| value.expose().len() >= SECRET_BYTES;
    let further = provider.headers.values().filter(is_long);
    let key = provider.api_key.iter();
    let keys = key.chain(provider.aws.iter().flat_map(Aws::secrets));
    keys.filter(|key| !key.expose().is_empty()).chain(further).cloned().collect()
}

/// What opens a provider.
pub(super) enum Credential {
    /// It is open to everyone who can reach it.
    None,
    /// The same value in these headers of every request.
    Header(Vec<HeaderName>, HeaderValue),
    /// A token that is handed out for a while.
    Token(Token),
    /// A signature of each request.
    Signature(Box<Signer>),
}

/// A token, and what goes with it.
pub(super) struct Token {
    source: TokenSource,
    /// What it is asked for with.
    secrets: Vec<Secret>,
    /// The project in Google Cloud whose quota calls count against.
    quota_project: Option<HeaderValue>,
}

impl Credential {
    /// Puts on the request what opens the provider. The request is whole otherwise, because a
    /// signature covers all of it.
    ///
    /// # Errors
    /// What asking for a token failed with.
    pub(super) async fn open(&self, request: &mut Request) -> Result<(), Failure> {
        match self {
            Self::None => {}
            Self::Header(names, value) => {
                for name in names {
                    request.headers_mut().insert(name.clone(), value.clone());
                }
            }
            Self::Token(token) => {
                let shown = token.source.shown().await;
                let shown = shown.map_err(|failure| Failure::NoCredential(failure.to_string()))?;
                request.headers_mut().insert(AUTHORIZATION, shown.header.clone());
                if let Some(place) = &shown.good_at {
                    moved(request.url_mut(), place);
                }
                if let Some(project) = &token.quota_project {
                    request.headers_mut().insert(QUOTA_PROJECT.clone(), project.clone());
                }
            }
            Self::Signature(signer) => signer.open(request).await?,
        }
        Ok(())
    }

    /// Whether a request that was refused may be sent once more with another token.
    pub(super) const fn is_renewable(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Does not show again what a refused request has shown.
    pub(super) fn forget(&self, shown: Option<&HeaderValue>) {
        if let (Self::Token(token), Some(shown)) = (self, shown) {
            token.source.forget(shown);
        }
    }

    /// The text without secrets that are not in the configuration as they are.
    pub(super) fn scrub(&self, text: String) -> String {
        match self {
            Self::None | Self::Header(..) => text,
            Self::Token(token) => {
                let fetched = token.source.secrets();
                let secrets = token.secrets.iter().chain(&fetched);
                secrets
                    .filter(|secret| !secret.expose().is_empty())
                    .fold(text, |text, secret| text.replace(secret.expose(), "[secret]"))
            }
            Self::Signature(signer) => signer.scrub(text),
        }
    }

    pub(super) const fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// The credential of a configured provider.
pub(super) fn credential(
    name: &str,
    provider: &Provider,
    settings: &Proxy,
    clock: &Clock,
) -> Result<Credential, ProviderError> {
    let opened = opened(provider, settings, clock).map_err(|BadCredential { key, detail }| {
        ProviderError::Credential { key: format!("providers.{name}.{key}"), detail }
    })?;
    if let Some(Opened { source, secrets, quota_project }) = opened {
        let quota_project = quota_project.and_then(|project| HeaderValue::try_from(project).ok());
        return Ok(Credential::Token(Token { source, secrets, quota_project }));
    }
    let service = match provider.kind {
        ProviderKind::Bedrock if provider.api_key.is_none() => Some(bedrock::SERVICE),
        ProviderKind::SageMaker => Some(sagemaker::SERVICE),
        _ => None,
    };
    if let Some(service) = service {
        let aws = provider.aws.clone().unwrap_or_default();
        return Ok(Credential::Signature(Box::new(Signer::new(service, &aws, clock)?)));
    }
    let Some(key) = &provider.api_key else { return Ok(Credential::None) };
    let named = match provider.kind {
        ProviderKind::Anthropic => vec!["x-api-key"],
        // Anthropic's models there want it where Anthropic does.
        ProviderKind::Azure => vec!["api-key", "x-api-key"],
        ProviderKind::Gemini => vec!["x-goog-api-key"],
        kind => kind
            .preset()
            .and_then(|preset| preset.credential_header.as_deref())
            .into_iter()
            .collect(),
    };
    let bad_key = || ProviderError::Key(name.to_owned());
    if named.is_empty() {
        let text = sensitive(&format!("Bearer {}", key.expose())).ok_or_else(bad_key)?;
        return Ok(Credential::Header(vec![AUTHORIZATION], text));
    }
    let headers = named.into_iter().map(HeaderName::try_from).collect::<Result<_, _>>();
    let value = sensitive(key.expose()).ok_or_else(bad_key)?;
    Ok(Credential::Header(headers.map_err(|_| bad_key())?, value))
}

/// The source of tokens, where the provider is opened by one.
fn opened(
    provider: &Provider,
    settings: &Proxy,
    clock: &Clock,
) -> Result<Option<Opened>, BadCredential> {
    match (provider.kind, &provider.google, &provider.azure) {
        (ProviderKind::Vertex, Some(google), _) => {
            token::of_google(google, settings, clock).map(Some)
        }
        (ProviderKind::Azure, _, Some(azure)) => {
            token::of_azure(azure, provider.api_key.is_some(), settings, clock)
        }
        (ProviderKind::GitHubCopilot, ..) => token::of_copilot(provider, settings, clock).map(Some),
        _ => Ok(None),
    }
}

/// The same request at another place, which the token is good at.
fn moved(url: &mut Url, place: &Url) {
    // None fails between addresses that requests can be sent to.
    let _ = url.set_scheme(place.scheme());
    let _ = url.set_host(place.host_str());
    let _ = url.set_port(place.port());
    let before = place.path().trim_end_matches('/');
    if !before.is_empty() {
        let path = format!("{before}{}", url.path());
        url.set_path(&path);
    }
}

/// The further headers of the configuration.
pub(super) fn further_headers(name: &str, provider: &Provider) -> Result<HeaderMap, ProviderError> {
    let header = |(header, value): (&String, &Secret)| {
        let bad = || ProviderError::Header(name.to_owned(), header.clone());
        let value = sensitive(value.expose()).ok_or_else(bad)?;
        Ok((HeaderName::try_from(header).map_err(|_| bad())?, value))
    };
    provider.headers.iter().map(header).collect()
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(kind: &str, header: (&str, &str)) -> Provider {
        Provider {
            api_key: Some(Secret::new("sk-1")),
            headers: [(header.0.to_owned(), Secret::new(header.1))].into(),
            ..Provider::new(ProviderKind::try_from(kind.to_owned()).unwrap())
        }
    }

    #[test]
    fn a_credential_is_in_the_header_that_the_vendor_wants() {
        let header = |kind| {
            let provider = provider(kind, ("X-Title", "Acme"));
            match credential("a", &provider, &Proxy::default(), &Clock::system()).unwrap() {
                Credential::Header(names, value) => (names[0].clone(), value),
                _ => panic!("{kind} has no header"),
            }
        };
        let (name, value) = header("groq");
        assert_eq!((name.as_str(), value.as_bytes()), ("authorization", &b"Bearer sk-1"[..]));
        assert!(value.is_sensitive());
        let (name, value) = header("azure-ai");
        assert_eq!((name.as_str(), value.as_bytes()), ("api-key", &b"sk-1"[..]));
        assert_eq!(header("anthropic").0, "x-api-key");
    }

    #[test]
    fn a_provider_at_amazon_is_opened_by_its_key_or_by_signatures() {
        let mut bedrock = provider("bedrock", ("X-Title", "Acme"));
        let opened = credential("a", &bedrock, &Proxy::default(), &Clock::system()).unwrap();
        assert!(matches!(opened, Credential::Header(names, _) if names == [AUTHORIZATION]));
        bedrock.api_key = None;
        let opened = credential("a", &bedrock, &Proxy::default(), &Clock::system()).unwrap();
        assert!(matches!(opened, Credential::Signature(_)));
        let aws = serde_json::json!({
            "access_key_id": "AKIA", "secret_access_key": "secret", "session_token": "token"
        });
        bedrock.aws = Some(serde_json::from_value(aws).unwrap());
        let hidden: Vec<_> = secrets(&bedrock).iter().map(|it| it.expose().to_owned()).collect();
        assert_eq!(hidden, ["secret", "token"]);
    }

    #[test]
    fn a_token_may_be_good_at_another_place() {
        let mut url = Url::parse("https://api.githubcopilot.com/chat/completions?a=b").unwrap();
        moved(&mut url, &Url::parse("https://api.business.githubcopilot.com").unwrap());
        assert_eq!(url.as_str(), "https://api.business.githubcopilot.com/chat/completions?a=b");
        moved(&mut url, &Url::parse("http://127.0.0.1:9/copilot/").unwrap());
        assert_eq!(url.as_str(), "http://127.0.0.1:9/copilot/chat/completions?a=b");
    }

    #[test]
    fn a_long_value_of_a_further_header_is_a_secret_and_a_version_is_none() {
        let count = |value| secrets(&provider("groq", ("X-Version", value))).len();
        assert_eq!((count("2"), count("a-long-token")), (1, 2));
    }
}
