//! The files in which Google keeps credentials.
//! <https://cloud.google.com/docs/authentication/application-default-credentials>

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::kernel::Secret;

const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// One of the files.
pub(super) enum CredentialFile {
    ServiceAccount {
        account: KeyFile,
        quota_project: Option<String>,
    },
    /// As `gcloud auth application-default login` writes it.
    User {
        user: User,
        quota_project: Option<String>,
    },
    /// The same with `--impersonate-service-account`.
    Impersonated {
        url: Url,
        source: Box<Self>,
    },
}

/// The key of a service account.
#[derive(Deserialize)]
pub(super) struct KeyFile {
    pub(super) client_email: String,
    pub(super) private_key: Secret,
    #[serde(default)]
    pub(super) private_key_id: Option<String>,
    #[serde(default)]
    pub(super) token_uri: Option<Url>,
}

/// A user who has signed in.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) refresh_token: Secret,
    #[serde(default)]
    pub(super) token_uri: Option<Url>,
}

#[derive(Deserialize)]
struct Impersonated {
    service_account_impersonation_url: Url,
    source_credentials: Value,
}

/// Where tokens are handed out: as a file says, else at Google's own address.
pub(super) fn token_uri(of_file: Option<Url>) -> Result<Url, String> {
    of_file.map_or_else(|| Url::parse(TOKEN_URI).map_err(|error| error.to_string()), Ok)
}

impl CredentialFile {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead, without anything of its content but the
    /// name of its type.
    pub(super) fn read(text: &Secret) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text.expose()).map_err(|error| {
            format!(
                "this is not JSON (line {}, column {}); expected what Google Cloud gives as the \
                 key of a service account",
                error.line(),
                error.column()
            )
        })?;
        Self::of(value)
    }

    fn of(value: Value) -> Result<Self, String> {
        let quota_project = value["quota_project_id"].as_str().map(str::to_owned);
        match value["type"].as_str() {
            Some("service_account") => Ok(Self::ServiceAccount {
                account: typed(value, "client_email, private_key")?,
                quota_project,
            }),
            Some("authorized_user") => Ok(Self::User {
                user: typed(value, "client_id, client_secret, refresh_token")?,
                quota_project,
            }),
            Some("impersonated_service_account") => {
                let Impersonated { service_account_impersonation_url, source_credentials } =
                    typed(value, "service_account_impersonation_url, source_credentials")?;
                let source = Box::new(Self::of(source_credentials)?);
                Ok(Self::Impersonated { url: service_account_impersonation_url, source })
            }
            Some(other) => Err(format!(
                "credentials of the type `{other}` are not known here; expected `service_account`, \
                 `authorized_user` or `impersonated_service_account`"
            )),
            None => Err("there is no `type`; expected what Google Cloud gives as the key of a \
                         service account"
                .to_owned()),
        }
    }
}

fn typed<T: for<'de> Deserialize<'de>>(value: Value, fields: &str) -> Result<T, String> {
    // The error of the reader may show a value.
    serde_json::from_value(value)
        .map_err(|_| format!("a field is missing or no text; expected {fields}"))
}
