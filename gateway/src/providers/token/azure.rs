//! Entra, and the machine's own identity in Azure.

use std::path::PathBuf;

use http::header::CONTENT_TYPE;
use reqwest::Request;
use url::Url;

use super::{
    TokenFailure,
    grant::{built, form},
};
use crate::kernel::{
    Secret,
    config::{Azure, AzureLogin},
};

const FORM: &str = "application/x-www-form-urlencoded";
const ENTRA: &str = "https://login.microsoftonline.com";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Where each machine in Azure finds what is known of it.
const METADATA: &str = "http://169.254.169.254";
/// <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>
const METADATA_VERSION: &str = "2018-02-01";
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
const APP_SERVICE_VERSION: &str = "2019-08-01";

/// A client in Entra, or a machine.
pub(super) struct Client {
    url: Url,
    scope: String,
    shows: Shows,
}

/// What it proves itself with.
enum Shows {
    Secret { client_id: String, secret: Secret },
    Assertion { client_id: String, file: PathBuf },
    AppService { client_id: Option<String>, header: Secret },
    Machine { client_id: Option<String> },
}

impl Client {
    /// None for whoever has a key, and where no address can be made.
    pub(super) fn of(azure: &Azure, login: AzureLogin<'_>) -> Option<Self> {
        let machine = &azure.machine;
        let (url, shows) = match login {
            AzureLogin::Key => return None,
            AzureLogin::Secret { tenant_id, client_id, secret } => {
                let client_id = client_id.to_owned();
                (entra(azure, tenant_id)?, Shows::Secret { client_id, secret: secret.clone() })
            }
            AzureLogin::Federated { tenant_id, client_id, file } => {
                let client_id = client_id.to_owned();
                (entra(azure, tenant_id)?, Shows::Assertion { client_id, file: file.clone() })
            }
            AzureLogin::Machine { client_id } => {
                let client_id = client_id.map(str::to_owned);
                let app_service =
                    machine.identity_endpoint.as_ref().zip(machine.identity_header.as_ref());
                if let Some((url, header)) = app_service {
                    (url.clone(), Shows::AppService { client_id, header: header.clone() })
                } else {
                    (metadata(machine.metadata_host.clone())?, Shows::Machine { client_id })
                }
            }
        };
        Some(Self { url, scope: azure.scope().to_owned(), shows })
    }

    pub(super) fn secrets(&self) -> Vec<Secret> {
        match &self.shows {
            Shows::Secret { secret, .. } => vec![secret.clone()],
            Shows::AppService { header, .. } => vec![header.clone()],
            Shows::Assertion { .. } | Shows::Machine { .. } => Vec::new(),
        }
    }

    /// What asks for a token.
    pub(super) async fn request(&self, client: &reqwest::Client) -> Result<Request, TokenFailure> {
        match &self.shows {
            Shows::Secret { client_id, secret } => {
                self.of_client(client, client_id, &[("client_secret", secret.expose())])
            }
            Shows::Assertion { client_id, file } => {
                // A cluster writes the file anew before the assertion in it ends.
                let assertion = tokio::fs::read_to_string(file).await.map_err(|error| {
                    TokenFailure(format!("cannot read {}: {error}", file.display()))
                })?;
                let proof = [
                    ("client_assertion_type", ASSERTION_TYPE),
                    ("client_assertion", assertion.trim()),
                ];
                self.of_client(client, client_id, &proof)
            }
            Shows::AppService { client_id, header } => {
                let url = self.of_machine(APP_SERVICE_VERSION, client_id.as_deref());
                built(client.get(url).header("x-identity-header", header.expose()))
            }
            Shows::Machine { client_id } => {
                let url = self.of_machine(METADATA_VERSION, client_id.as_deref());
                built(client.get(url).header("metadata", "true"))
            }
        }
    }

    fn of_client(
        &self,
        client: &reqwest::Client,
        client_id: &str,
        proof: &[(&str, &str)],
    ) -> Result<Request, TokenFailure> {
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("scope", self.scope.as_str()),
        ];
        fields.extend_from_slice(proof);
        built(client.post(self.url.clone()).header(CONTENT_TYPE, FORM).body(form(&fields)))
    }

    fn of_machine(&self, version: &str, client_id: Option<&str>) -> Url {
        let mut url = self.url.clone();
        let resource = self.scope.strip_suffix("/.default").unwrap_or(&self.scope);
        url.query_pairs_mut()
            .append_pair("api-version", version)
            .append_pair("resource", resource)
            .extend_pairs(client_id.map(|client_id| ("client_id", client_id)));
        url
    }
}

fn metadata(host: Option<Url>) -> Option<Url> {
    let mut url = host.or_else(|| Url::parse(METADATA).ok())?;
    url.set_path("/metadata/identity/oauth2/token");
    Some(url)
}

fn entra(azure: &Azure, tenant_id: &str) -> Option<Url> {
    let mut url = azure.authority_host.clone().or_else(|| Url::parse(ENTRA).ok())?;
    url.path_segments_mut().ok()?.pop_if_empty().extend([tenant_id, "oauth2", "v2.0", "token"]);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::config::{AzureMachine, ManagedIdentity, Proxy};

    async fn request(azure: &Azure) -> (String, String, Request) {
        let client = Client::of(azure, azure.login(false).unwrap()).unwrap();
        let http = super::super::client::for_tokens(&Proxy::default(), true).unwrap();
        let request = client.request(&http).await.unwrap();
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (format!("{} {}", request.method(), request.url()), body, request)
    }

    fn client() -> Azure {
        Azure {
            tenant_id: Some("acme.example".to_owned()),
            client_id: Some("app".to_owned()),
            ..Azure::default()
        }
    }

    #[tokio::test]
    async fn a_client_shows_its_secret_to_entra() {
        let azure = Azure { client_secret: Some(Secret::new("s&t")), ..client() };
        let (place, body, request) = request(&azure).await;
        assert_eq!(place, "POST https://login.microsoftonline.com/acme.example/oauth2/v2.0/token");
        assert_eq!(
            body,
            "grant_type=client_credentials&client_id=app\
             &scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default&client_secret=s%26t"
        );
        assert_eq!(request.headers()[CONTENT_TYPE], FORM);
    }

    #[tokio::test]
    async fn an_assertion_is_read_anew_each_time() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let azure = Azure {
            federated_token_file: Some(file.path().to_owned()),
            authority_host: Some(Url::parse("https://login.microsoftonline.us/").unwrap()),
            ..client()
        };
        for assertion in ["one", "two"] {
            std::fs::write(file.path(), format!("{assertion}\n")).unwrap();
            let (place, body, _) = request(&azure).await;
            assert!(place.starts_with("POST https://login.microsoftonline.us/acme.example/oauth2"));
            assert!(body.ends_with(&format!("client_assertion={assertion}")), "{body}");
            assert!(body.contains("client_assertion_type=urn%3Aietf%3Aparams"), "{body}");
        }
    }

    #[tokio::test]
    async fn a_machine_asks_its_metadata() {
        let azure = Azure {
            managed_identity: Some(ManagedIdentity::Assigned { client_id: "one".to_owned() }),
            ..Azure::default()
        };
        let (place, body, request) = request(&azure).await;
        assert_eq!(
            place,
            "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01\
             &resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=one"
        );
        assert_eq!((body.as_str(), &request.headers()["metadata"]), ("", &"true".parse().unwrap()));
    }

    #[tokio::test]
    async fn in_app_service_the_endpoint_of_the_environment_is_asked() {
        let machine = AzureMachine {
            identity_endpoint: Url::parse("http://127.0.0.1:41/msi/token").ok(),
            identity_header: Some(Secret::new("shown")),
            metadata_host: None,
        };
        let managed_identity = Some(ManagedIdentity::Own(true));
        let azure = Azure { managed_identity, machine, ..Azure::default() };
        let (place, _, request) = request(&azure).await;
        assert_eq!(
            place,
            "GET http://127.0.0.1:41/msi/token?api-version=2019-08-01\
             &resource=https%3A%2F%2Fcognitiveservices.azure.com"
        );
        assert_eq!(request.headers()["x-identity-header"], "shown");
    }

    #[tokio::test]
    async fn an_assertion_that_is_not_there_is_told_by_its_file() {
        let azure = Azure { federated_token_file: Some("/nowhere/token".into()), ..client() };
        let client = Client::of(&azure, azure.login(false).unwrap()).unwrap();
        let http = super::super::client::for_tokens(&Proxy::default(), true).unwrap();
        let failure = client.request(&http).await.unwrap_err();
        assert!(failure.0.contains("/nowhere/token"), "{failure}");
    }
}
