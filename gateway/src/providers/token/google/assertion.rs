//! The assertion by which a service account asks for a token: a JWT that it signs itself.
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use shared::Timestamp;
use url::Url;

use super::{
    super::TokenFailure,
    SCOPE,
    file::{KeyFile, token_uri},
};

/// The longest that Google takes.
const LIFETIME_SECONDS: i64 = 3_600;
/// What Google's own libraries name, whatever the address is.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";

/// A service account that has its own key.
pub(super) struct ServiceAccount {
    email: String,
    key: EncodingKey,
    key_id: Option<String>,
    token_uri: Url,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl ServiceAccount {
    pub(super) fn of(file: KeyFile) -> Result<Self, String> {
        let KeyFile { client_email, private_key, private_key_id, token_uri: of_file } = file;
        // The reader's error may show the key.
        let key = EncodingKey::from_rsa_pem(private_key.expose().as_bytes()).map_err(|_| {
            "`private_key` is no RSA key in PEM; take the file as Google Cloud gives it".to_owned()
        })?;
        let token_uri = token_uri(of_file)?;
        Ok(Self { email: client_email, key, key_id: private_key_id, token_uri })
    }

    pub(super) const fn token_uri(&self) -> &Url {
        &self.token_uri
    }

    pub(super) fn assertion(&self, now: Timestamp) -> Result<String, TokenFailure> {
        let header = Header { kid: self.key_id.clone(), ..Header::new(Algorithm::RS256) };
        let issued_at = now.micros() / 1_000_000;
        let claims = Claims {
            iss: &self.email,
            scope: SCOPE,
            aud: AUDIENCE,
            iat: issued_at,
            exp: issued_at + LIFETIME_SECONDS,
        };
        jsonwebtoken::encode(&header, &claims, &self.key)
            .map_err(|_| TokenFailure("the service account's key cannot sign".to_owned()))
    }
}
