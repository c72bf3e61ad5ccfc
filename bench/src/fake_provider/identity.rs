//! Access tokens: who hands them out remembers them, and their time ends.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::fault::Fault;

/// As long as real ones last.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3_599);

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    GoogleCloud,
    /// Azure `OpenAI`.
    CognitiveServices,
    /// Any other resource in Azure.
    AnotherOfAzure,
    Copilot,
}

/// A token that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) expires_in_seconds: u64,
}

/// Hands out tokens and knows them again.
#[derive(Debug)]
pub(super) struct Identity {
    /// The only secret of a client, and a token that is always good.
    key: Option<String>,
    google_public_key: Option<Vec<u8>>,
    lifetime: Duration,
    tokens: Mutex<HashMap<String, Standing>>,
}

#[derive(Debug)]
struct Standing {
    audience: Audience,
    expires_at: Instant,
}

impl Identity {
    /// Knows no token yet.
    pub(super) fn new(
        key: Option<String>,
        google_public_key: Option<Vec<u8>>,
        lifetime: Option<Duration>,
    ) -> Self {
        let lifetime = lifetime.unwrap_or(DEFAULT_LIFETIME);
        Self { key, google_public_key, lifetime, tokens: Mutex::default() }
    }

    /// What a service account of Google's signs with, the public half of it.
    pub(super) fn google_public_key(&self) -> Option<&[u8]> {
        self.google_public_key.as_deref()
    }

    /// Whether a client's secret is the right one.
    pub(super) fn knows_secret(&self, secret: &str) -> bool {
        self.key.as_deref().is_none_or(|key| key == secret)
    }

    /// A new token.
    pub(super) fn hand_out(&self, audience: Audience) -> Token {
        let mut tokens = self.tokens();
        let prefix = match audience {
            Audience::GoogleCloud => "ya29.fake",
            Audience::CognitiveServices | Audience::AnotherOfAzure => "eyJ0eXAi.fake",
            Audience::Copilot => "tid=fake",
        };
        let text = format!("{prefix}-{:08}", tokens.len() + 1);
        let expires_at = Instant::now() + self.lifetime;
        tokens.insert(text.clone(), Standing { audience, expires_at });
        Token { text, expires_in_seconds: self.lifetime.as_secs() }
    }

    /// How many there have been.
    pub(super) fn handed_out(&self) -> u64 {
        u64::try_from(self.tokens().len()).unwrap_or(u64::MAX)
    }

    /// Ends the time of every token at once, whatever was said when it was handed out.
    pub(super) fn expire_all(&self) {
        let now = Instant::now();
        for standing in self.tokens().values_mut() {
            standing.expires_at = now;
        }
    }

    /// Refuses a token that was not handed out for this, or whose time is over.
    pub(super) fn check_token(&self, token: &str, audience: Audience) -> Result<(), Fault> {
        if self.key.as_deref() == Some(token) {
            return Ok(());
        }
        match self.tokens().get(token) {
            Some(standing) if standing.audience != audience => {
                Err(Fault::WrongCredential { masked: String::new() })
            }
            Some(standing) if standing.expires_at <= Instant::now() => {
                Err(Fault::ExpiredCredential)
            }
            Some(_) => Ok(()),
            None => Err(Fault::WrongCredential { masked: String::new() }),
        }
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<String, Standing>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal of what the request says, by a name of OAuth 2.0's.
pub(super) fn refused(name: &'static str, message: String) -> Fault {
    Fault::Named { status: StatusCode::BAD_REQUEST, name, message }
}

/// The body of a refusal by the rules of OAuth 2.0.
pub(super) fn refusal(fault: &Fault) -> Value {
    let error = match fault {
        Fault::Named { name, .. } => name,
        _ => "invalid_request",
    };
    json!({ "error": error, "error_description": fault.to_string() })
}

/// The key in a PEM file; nothing if it is none.
pub(super) fn key_in_pem(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN PUBLIC KEY-----")?;
    let (encoded, _) = rest.split_once("-----END PUBLIC KEY-----")?;
    STANDARD.decode(encoded.split_whitespace().collect::<String>()).ok()
}

/// The seconds of the clock on the wall, by which tokens say how long they last.
pub(super) fn now_seconds() -> i64 {
    clock_gettime(ClockId::Realtime).tv_sec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_audience_until_its_time_is_over() {
        let identity = Identity::new(None, None, None);
        let token = identity.hand_out(Audience::GoogleCloud);
        let check = |audience| identity.check_token(&token.text, audience);
        assert_eq!(token.expires_in_seconds, 3_599);
        assert_eq!(check(Audience::GoogleCloud), Ok(()));
        assert!(check(Audience::CognitiveServices).is_err());
        identity.expire_all();
        assert_eq!(check(Audience::GoogleCloud), Err(Fault::ExpiredCredential));
        let next = identity.hand_out(Audience::GoogleCloud);
        assert_eq!(identity.check_token(&next.text, Audience::GoogleCloud), Ok(()));
        assert_eq!(identity.handed_out(), 2);
    }

    #[test]
    fn a_token_that_nobody_handed_out_is_wrong_unless_it_is_the_key() {
        let identity = Identity::new(Some("sk-right".to_owned()), None, None);
        assert_eq!(identity.check_token("sk-right", Audience::GoogleCloud), Ok(()));
        let wrong = identity.check_token("ya29.other", Audience::GoogleCloud);
        assert!(matches!(wrong, Err(Fault::WrongCredential { .. })));
    }

    #[test]
    fn a_key_is_read_from_its_file() {
        let pem = "-----BEGIN PUBLIC KEY-----\nAAEC\nAwQ=\n-----END PUBLIC KEY-----\n";
        assert_eq!(key_in_pem(pem), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(key_in_pem("no key"), None);
    }
}
