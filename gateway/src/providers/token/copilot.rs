//! GitHub, which hands out tokens of Copilot for some minutes to whoever shows a subscriber's token.
//!
//! Their interface is not documented; it is what every editor with Copilot uses.
//! <https://github.com/microsoft/vscode-copilot-chat/blob/main/src/platform/authentication/common/copilotToken.ts>

use http::{
    HeaderValue,
    header::{ACCEPT, AUTHORIZATION},
};
use reqwest::{Client, Request};
use url::Url;

use super::{BadCredential, TokenFailure, cache::Granted, grant::built};
use crate::{
    kernel::{
        Secret,
        config::{GitHub, Provider},
    },
    providers::{
        copilot::{EDITOR, EDITOR_VERSION},
        endpoints::join,
    },
};

const PATH: [&str; 3] = ["copilot_internal", "v2", "token"];

/// Whoever has subscribed to Copilot.
pub(super) struct Subscriber {
    url: Url,
    shows: HeaderValue,
    secret: Secret,
    /// Whether the address that a token names is taken: not where the configuration names one.
    follows: bool,
}

impl Subscriber {
    pub(super) fn of(provider: &Provider) -> Result<Self, BadCredential> {
        let bad = |key, detail: &str| BadCredential { key, detail: detail.to_owned() };
        let no_url = || bad("github.api_url", "no path can be added to this URL");
        let api = GitHub::api_of(provider).filter(|url| !url.cannot_be_a_base());
        let secret = provider.api_key.clone().unwrap_or_else(|| Secret::new(""));
        let shows = HeaderValue::from_str(&format!("token {}", secret.expose()));
        let mut shows = shows.map_err(|_| {
            bad("api_key", "the token has characters that an HTTP header cannot carry")
        })?;
        shows.set_sensitive(true);
        let url = join(&api.ok_or_else(no_url)?, &PATH);
        Ok(Self { url, shows, secret, follows: provider.base_url.is_none() })
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        vec![self.secret.clone()]
    }

    /// What asks for a token.
    pub(super) fn request(&self, client: &Client) -> Result<Request, TokenFailure> {
        let request = client
            .get(self.url.clone())
            .header(AUTHORIZATION, self.shows.clone())
            .header(ACCEPT, "application/json")
            .header(EDITOR.clone(), EDITOR_VERSION);
        built(request)
    }

    /// A token with an address that calls may go to: one as well protected as the address of
    /// whoever names it.
    pub(super) fn checked(&self, granted: Granted) -> Result<Granted, TokenFailure> {
        let is_protected = |place: &Url| place.scheme() == "https" || self.url.scheme() == "http";
        match &granted.good_at {
            Some(place) if self.follows && !(is_protected(place) && place.has_host()) => {
                Err(TokenFailure(format!("GitHub names an address that is not https: {place}")))
            }
            _ => Ok(Granted { good_at: granted.good_at.filter(|_| self.follows), ..granted }),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::Timestamp;

    use super::*;
    use crate::kernel::config::{ProviderKind, Proxy};

    fn provider(base_url: Option<&str>) -> Provider {
        Provider {
            api_key: Some(Secret::new("gho_1")),
            base_url: base_url.map(|url| Url::parse(url).unwrap()),
            ..Provider::new(ProviderKind::GitHubCopilot)
        }
    }

    fn granted(place: &str) -> Granted {
        Granted {
            token: Secret::new("tid=1"),
            expires_at: Timestamp::from_micros(0),
            good_at: Some(Url::parse(place).unwrap()),
        }
    }

    #[test]
    fn a_subscribers_token_is_shown_to_github() {
        let subscriber = Subscriber::of(&provider(None)).unwrap();
        let http = super::super::client::for_tokens(&Proxy::default(), false).unwrap();
        let request = subscriber.request(&http).unwrap();
        assert_eq!(request.url().as_str(), "https://api.github.com/copilot_internal/v2/token");
        assert_eq!(request.headers()[AUTHORIZATION], "token gho_1");
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
    }

    #[test]
    fn a_token_leads_where_it_is_good_unless_the_configuration_says_otherwise() {
        let place = "https://api.business.githubcopilot.com/";
        let followed = Subscriber::of(&provider(None)).unwrap().checked(granted(place)).unwrap();
        assert_eq!(followed.good_at.unwrap().as_str(), place);
        let own = Subscriber::of(&provider(Some("https://proxy.example"))).unwrap();
        assert!(own.checked(granted(place)).unwrap().good_at.is_none());
    }

    #[test]
    fn a_token_does_not_lead_to_where_it_can_be_read_on_the_way() {
        let subscriber = Subscriber::of(&provider(None)).unwrap();
        assert!(subscriber.checked(granted("http://api.githubcopilot.com")).is_err());
    }
}
