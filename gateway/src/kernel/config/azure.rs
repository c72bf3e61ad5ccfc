//! `azure` of a provider: in which version Azure OpenAI is asked, and by whom.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::{ConfigError, Provider, ProviderKind, check::inconsistent, check::resolve};
use crate::kernel::Secret;

/// The version without a date, whose API is OpenAI's own.
const UNDATED: &str = "v1";
/// What a token has to be good for.
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";

/// How Azure OpenAI is asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Azure {
    /// `v1`, or the date of an older version; left out: `v1`.
    #[serde(default)]
    pub api_version: Option<String>,
    /// The directory in Entra to which the client belongs.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// The client in Entra that asks.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret; `${NAME}` takes it from the environment.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// The file with an assertion about the client, which a cluster writes anew from time to time.
    #[serde(default)]
    pub federated_token_file: Option<PathBuf>,
    /// Whether the identity of the machine is used, and which one of several.
    #[serde(default)]
    pub managed_identity: Option<ManagedIdentity>,
    /// Where Entra is; left out: `AZURE_AUTHORITY_HOST`, else Microsoft's own address.
    #[serde(default)]
    pub authority_host: Option<Url>,
    /// What a token has to be good for, where that is not Azure OpenAI of the public cloud.
    #[serde(default)]
    pub scope: Option<String>,
    /// What the machine says of its own identity.
    #[serde(skip)]
    pub machine: AzureMachine,
}

/// `managed_identity`: `true`, or the client that is meant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected `true`, or `{ client_id: … }` for an assigned one")]
pub enum ManagedIdentity {
    /// Whether the machine's own identity is used.
    Own(bool),
    /// One that was assigned to it.
    Assigned {
        /// Its client id.
        client_id: String,
    },
}

/// What App Service, or whoever stands in for the machine's metadata, sets in the environment.
#[derive(Debug, Clone, Default)]
pub struct AzureMachine {
    /// `IDENTITY_ENDPOINT`: where App Service hands out tokens.
    pub identity_endpoint: Option<Url>,
    /// `IDENTITY_HEADER`: what it wants to be shown.
    pub identity_header: Option<Secret>,
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST`: where the metadata of the machine is.
    pub metadata_host: Option<Url>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum AzureLogin<'a> {
    /// Whoever has the key.
    Key,
    /// A client with a secret.
    Secret {
        /// The directory.
        tenant_id: &'a str,
        /// The client.
        client_id: &'a str,
        /// Its secret.
        secret: &'a Secret,
    },
    /// A client that somebody else vouches for.
    Federated {
        /// The directory.
        tenant_id: &'a str,
        /// The client.
        client_id: &'a str,
        /// Where the assertion is.
        file: &'a PathBuf,
    },
    /// The machine.
    Machine {
        /// Which one of its identities; its own if none.
        client_id: Option<&'a str>,
    },
}

impl Azure {
    /// The date of an older version; none for `v1`.
    #[must_use]
    pub fn dated(&self) -> Option<&str> {
        self.api_version.as_deref().filter(|version| *version != UNDATED)
    }

    /// What a token has to be good for.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or(SCOPE)
    }

    /// Who asks.
    ///
    /// # Errors
    /// The key at fault, and what to write.
    pub fn login(&self, has_key: bool) -> Result<AzureLogin<'_>, (&'static str, &'static str)> {
        let machine = match &self.managed_identity {
            None | Some(ManagedIdentity::Own(false)) => None,
            Some(ManagedIdentity::Own(true)) => Some(self.client_id.as_deref()),
            Some(ManagedIdentity::Assigned { client_id }) => Some(Some(&**client_id)),
        };
        let ways = [
            has_key,
            self.client_secret.is_some(),
            self.federated_token_file.is_some(),
            machine.is_some(),
        ];
        if ways.iter().filter(|way| **way).count() > 1 {
            return Err((
                "azure",
                "more than one credential is given; leave one of `api_key`, `client_secret`, \
                 `federated_token_file` and `managed_identity`",
            ));
        }
        if has_key {
            return Ok(AzureLogin::Key);
        }
        if let Some(client_id) = machine {
            return Ok(AzureLogin::Machine { client_id });
        }
        let tenant_id = || {
            let missing = ("azure.tenant_id", "write the id of the directory to which it belongs");
            self.tenant_id.as_deref().ok_or(missing)
        };
        let client_id = || {
            let missing = ("azure.client_id", "write the id of the client (the application)");
            self.client_id.as_deref().ok_or(missing)
        };
        if let Some(secret) = &self.client_secret {
            return Ok(AzureLogin::Secret {
                tenant_id: tenant_id()?,
                client_id: client_id()?,
                secret,
            });
        }
        if let Some(file) = &self.federated_token_file {
            return Ok(AzureLogin::Federated {
                tenant_id: tenant_id()?,
                client_id: client_id()?,
                file,
            });
        }
        Err((
            "api_key",
            "Azure OpenAI needs a credential; write `${AZURE_OPENAI_API_KEY}` to take a key from \
             the environment, or in `azure` a `client_secret`, a `federated_token_file` or \
             `managed_identity: true`",
        ))
    }
}

/// Takes from the environment what is referred to, and what Microsoft's own SDKs find there.
pub(super) fn resolve_references(
    key: &str,
    provider: &mut Provider,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    if provider.kind != ProviderKind::Azure {
        return Ok(());
    }
    let has_key = provider.api_key.is_some();
    let azure = provider.azure.get_or_insert_default();
    if let Some(secret) = &mut azure.client_secret {
        resolve(secret, &format!("{key}.azure.client_secret"), variable)?;
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let url = |name: &str| match set(name) {
        None => Ok(None),
        Some(text) => Url::parse(&text).map(Some).map_err(|_| ConfigError::Environment {
            name: name.to_owned(),
            detail: "expected a URL that starts with http:// or https://".to_owned(),
        }),
    };
    if azure.authority_host.is_none() {
        azure.authority_host = url("AZURE_AUTHORITY_HOST")?;
    }
    azure.machine = AzureMachine {
        identity_endpoint: url("IDENTITY_ENDPOINT")?,
        identity_header: set("IDENTITY_HEADER").map(Secret::new),
        metadata_host: url("AZURE_POD_IDENTITY_AUTHORITY_HOST")?,
    };
    // A cluster with workload identity says so by three variables.
    let is_silent = !has_key && azure.client_secret.is_none() && azure.managed_identity.is_none();
    if is_silent && azure.federated_token_file.is_none() {
        azure.federated_token_file = set("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from);
    }
    if azure.federated_token_file.is_some() {
        azure.tenant_id = azure.tenant_id.take().or_else(|| set("AZURE_TENANT_ID"));
        azure.client_id = azure.client_id.take().or_else(|| set("AZURE_CLIENT_ID"));
    }
    Ok(())
}

pub(super) fn check(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    let wrong = |field: &str, detail: &str| Err(inconsistent(format!("{key}.{field}"), detail));
    let azure = match (&provider.azure, provider.kind) {
        (Some(azure), ProviderKind::Azure) => azure,
        (Some(_), _) => return wrong("azure", "only `kind: azure` has this key; leave it out"),
        (None, _) => return Ok(()),
    };
    if azure.dated().is_some_and(|version| !is_dated(version)) {
        return wrong(
            "azure.api_version",
            "expected `v1`, or a date such as `2024-10-21` or `2025-04-01-preview`",
        );
    }
    if azure.tenant_id.as_ref().is_some_and(|tenant| tenant.is_empty() || tenant.contains('/')) {
        return wrong("azure.tenant_id", "expected the id or a domain of a directory in Entra");
    }
    if !azure.scope().ends_with("/.default") {
        return wrong("azure.scope", "expected a resource with `/.default` behind it");
    }
    azure
        .login(provider.api_key.is_some())
        .map(drop)
        .or_else(|(field, detail)| wrong(field, detail))
}

fn is_dated(version: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == *form,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    version.len() >= FORM.len()
        && version.bytes().zip(FORM).all(fits)
        && version.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{super::load::load_text, *};

    fn load(azure: &str, environment: &[(&str, &str)]) -> Result<Azure, String> {
        let text = format!(
            "providers: {{ a: {{ kind: azure, base_url: 'https://acme.openai.azure.com', {azure} }} }}"
        );
        let config = load_text(&text, environment).map_err(|error| error.to_string())?;
        Ok(config.providers["a"].azure.clone().unwrap())
    }

    #[test]
    fn a_key_alone_is_enough_and_asks_in_the_newest_version() {
        let azure = load("api_key: k", &[]).unwrap();
        assert!(azure.dated().is_none());
        assert!(matches!(azure.login(true), Ok(AzureLogin::Key)));
        let azure = load("api_key: k, azure: { api_version: '2024-10-21' }", &[]).unwrap();
        assert_eq!(azure.dated(), Some("2024-10-21"));
    }

    #[test]
    fn the_machine_says_what_it_is() {
        let environment = [
            ("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi"),
            ("IDENTITY_HEADER", "shown"),
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:2"),
        ];
        let azure = load("azure: { managed_identity: true }", &environment).unwrap();
        assert!(matches!(azure.login(false), Ok(AzureLogin::Machine { client_id: None })));
        assert_eq!(azure.machine.identity_endpoint.unwrap().as_str(), "http://127.0.0.1:1/msi");
        assert_eq!(azure.machine.identity_header.unwrap().expose(), "shown");
        let azure = load("azure: { managed_identity: { client_id: one } }", &[]).unwrap();
        assert!(matches!(azure.login(false), Ok(AzureLogin::Machine { client_id: Some("one") })));
        let error = load("azure: { managed_identity: true }", &[("IDENTITY_ENDPOINT", "here")]);
        assert!(error.unwrap_err().contains("IDENTITY_ENDPOINT"));
    }

    #[test]
    fn a_cluster_with_workload_identity_needs_nothing_in_the_file() {
        let environment = [
            ("AZURE_FEDERATED_TOKEN_FILE", "/token"),
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us"),
        ];
        let azure = load("output_limit_field: max_tokens", &environment).unwrap();
        let Ok(AzureLogin::Federated { tenant_id, client_id, .. }) = azure.login(false) else {
            panic!("{azure:?}")
        };
        assert_eq!((tenant_id, client_id), ("t", "c"));
        assert!(azure.authority_host.is_some());
        let azure = load("api_key: k", &environment).unwrap();
        assert!(matches!(azure.login(true), Ok(AzureLogin::Key)));
    }

    #[rstest]
    #[case("headers: {}", "providers.a.api_key", "AZURE_OPENAI_API_KEY")]
    #[case("azure: { client_secret: s, client_id: c }", "providers.a.azure.tenant_id", "directory")]
    #[case("azure: { client_secret: s, tenant_id: t }", "providers.a.azure.client_id", "client")]
    #[case("api_key: k, azure: { managed_identity: true }", "providers.a.azure", "more than one")]
    #[case("api_key: k, azure: { api_version: newest }", "providers.a.azure.api_version", "2024")]
    #[case("api_key: k, azure: { tenant_id: 'a/b' }", "providers.a.azure.tenant_id", "directory")]
    #[case("azure: { managed_identity: 5 }", "", "expected `true`")]
    #[case("api_key: k, azure: { scope: x }", "providers.a.azure.scope", "/.default")]
    #[case(
        "azure: { client_secret: '${NONE}', tenant_id: t, client_id: c }",
        "providers.a.azure.client_secret",
        "`NONE` is not set"
    )]
    fn what_is_wrong_is_named(#[case] azure: &str, #[case] key: &str, #[case] told: &str) {
        let error = load(azure, &[]).unwrap_err();
        assert!(error.starts_with(key) && error.contains(told), "{error}");
    }
}
