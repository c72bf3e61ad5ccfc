//! Opens providers in Amazon's cloud: finds a key, keeps it fresh, and signs requests with it.

mod chain;
mod keys;
mod outside;
mod signature;

use aws_credential_types::Credentials;
use reqwest::Request;

use self::{chain::Chain, keys::Keys, signature::sign};
use super::{Failure, ProviderError};
use crate::kernel::{Clock, config::Aws};

/// What signs the requests of one provider.
pub(super) struct Signer {
    service: &'static str,
    region: String,
    keys: Keys,
    clock: Clock,
}

impl Signer {
    /// For requests to a service, by the name in which they are signed.
    ///
    /// # Errors
    /// Where the HTTP client that asks for keys cannot be made.
    pub(super) fn new(
        service: &'static str,
        aws: &Aws,
        clock: &Clock,
    ) -> Result<Self, ProviderError> {
        let region = aws.region.clone().unwrap_or_default();
        let keys = match (&aws.access_key_id, &aws.secret_access_key, &aws.role_arn) {
            (Some(id), Some(secret), None) => {
                let token = aws.session_token.as_ref().map(|token| token.expose().to_owned());
                let (id, secret) = (id.expose(), secret.expose());
                Keys::fixed(Credentials::new(id, secret, token, None, "configuration"))
            }
            _ => Keys::found(Chain::new(aws)?, clock),
        };
        Ok(Self { service, region, keys, clock: clock.clone() })
    }

    /// Signs the request, which is whole otherwise.
    ///
    /// # Errors
    /// Where no key is found, or the request cannot be signed.
    pub(super) async fn open(&self, request: &mut Request) -> Result<(), Failure> {
        let keys = self.keys.current().await.map_err(Failure::NoCredential)?;
        sign(request, &keys, self.service, &self.region, self.clock.now())
            .ok_or_else(|| Failure::NoCredential("the request cannot be signed".to_owned()))
    }

    /// The text without what the keys at hand keep secret.
    pub(super) fn scrub(&self, text: String) -> String {
        let Some(keys) = self.keys.at_hand() else { return text };
        let secrets = [Some(keys.secret_access_key()), keys.session_token()];
        secrets
            .into_iter()
            .flatten()
            .filter(|secret| !secret.is_empty())
            .fold(text, |text, secret| text.replace(secret, "[secret]"))
    }
}
