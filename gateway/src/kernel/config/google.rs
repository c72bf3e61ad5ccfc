//! `google` of a provider: whose Vertex AI is asked, and with whose credential.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::{ConfigError, Provider, ProviderKind, check::inconsistent, check::resolve};
use crate::kernel::Secret;

/// Where Google's own SDKs look for another metadata server.
const METADATA_HOST_VARIABLE: &str = "GCE_METADATA_HOST";
/// Several regions under one address of their own.
const MULTI_REGIONS: [&str; 2] = ["us", "eu"];

/// A project in Google Cloud, and who asks there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Google {
    /// The project in which calls run.
    pub project: String,
    /// The region in which they run, or `global`, `us` or `eu`.
    pub location: String,
    /// The file of a service account, or the one that `gcloud auth application-default login`
    /// writes. Without this and `credentials`, the metadata server of the machine is asked.
    #[serde(default)]
    pub credentials_file: Option<PathBuf>,
    /// The text of such a file; `${NAME}` takes it from the environment.
    #[serde(default)]
    pub credentials: Option<Secret>,
    /// The e-mail address of a service account that is to be impersonated.
    #[serde(default)]
    pub service_account: Option<String>,
    /// Which project's quota calls count against, if not that of the credential.
    #[serde(default)]
    pub quota_project: Option<String>,
    /// Host and port of the metadata server; left out: `GCE_METADATA_HOST`, else Google's own.
    #[serde(default)]
    pub metadata_host: Option<String>,
}

impl Google {
    /// Where Vertex AI of this location is.
    #[must_use]
    pub fn base_url(&self) -> Option<Url> {
        let location = &*self.location;
        let host = if location == "global" {
            "aiplatform.googleapis.com".to_owned()
        } else if MULTI_REGIONS.contains(&location) {
            format!("aiplatform.{location}.rep.googleapis.com")
        } else {
            format!("{location}-aiplatform.googleapis.com")
        };
        Url::parse(&format!("https://{host}")).ok()
    }
}

/// Takes from the environment what is referred to, and what Google's own SDKs find there.
pub(super) fn resolve_references(
    key: &str,
    provider: &mut Provider,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let Some(google) = &mut provider.google else { return Ok(()) };
    if let Some(credentials) = &mut google.credentials {
        resolve(credentials, &format!("{key}.google.credentials"), variable)?;
    }
    if google.metadata_host.is_none() {
        google.metadata_host = variable(METADATA_HOST_VARIABLE).filter(|host| !host.is_empty());
    }
    Ok(())
}

pub(super) fn check(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    let wrong = |field: &str, detail: &str| Err(inconsistent(format!("{key}.{field}"), detail));
    let google = match (&provider.google, provider.kind) {
        (Some(google), ProviderKind::Vertex) => google,
        (Some(_), _) => return wrong("google", "only `kind: vertex` has this key; leave it out"),
        (None, ProviderKind::Vertex) => {
            return wrong(
                "google",
                "Vertex AI is asked in a project; write yours: `google: { project: my-project, \
                 location: europe-west1 }`",
            );
        }
        (None, _) => return Ok(()),
    };
    if provider.api_key.is_some() {
        return wrong(
            "api_key",
            "Vertex AI takes access tokens and no key; leave it out and name a service account's \
             file in `google.credentials_file`",
        );
    }
    if !is_name(&google.project) {
        return wrong("google.project", "expected the id of a project, such as `acme-ai-1234`");
    }
    if !is_name(&google.location) {
        return wrong("google.location", "expected a region such as `europe-west1`, or `global`");
    }
    if google.credentials.is_some() && google.credentials_file.is_some() {
        return wrong(
            "google.credentials",
            "the credential is there twice; leave out this or `credentials_file`",
        );
    }
    if google.service_account.as_ref().is_some_and(|account| !account.contains('@')) {
        return wrong(
            "google.service_account",
            "expected the e-mail address of a service account, such as \
             `gateway@my-project.iam.gserviceaccount.com`",
        );
    }
    Ok(())
}

/// Whether a text can stand in an address as it is. Older projects have a domain in front:
/// `example.com:my-project`.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:_".contains(&byte);
    !text.is_empty() && text.bytes().all(is_plain) && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{super::load::load_text, *};

    const WHERE: &str = "project: acme, location: europe-west1";

    fn load(google: &str, more: &str) -> Result<Google, String> {
        let text = format!("providers: {{ v: {{ kind: vertex, google: {{ {google} }}{more} }} }}");
        let environment = [("FILE", "{}"), ("GCE_METADATA_HOST", "127.0.0.1:8080"), ("EMPTY", "")];
        let config = load_text(&text, &environment).map_err(|error| error.to_string())?;
        Ok(config.providers["v"].google.clone().unwrap())
    }

    #[rstest]
    #[case("europe-west1", "https://europe-west1-aiplatform.googleapis.com/")]
    #[case("global", "https://aiplatform.googleapis.com/")]
    #[case("eu", "https://aiplatform.eu.rep.googleapis.com/")]
    fn each_location_has_its_own_address(#[case] location: &str, #[case] expected: &str) {
        let google = load(&format!("project: acme, location: {location}"), "").unwrap();
        assert_eq!(google.base_url().unwrap().as_str(), expected);
    }

    #[test]
    fn a_credential_comes_from_the_environment_and_so_does_the_metadata_server() {
        let google = load(&format!("{WHERE}, credentials: '${{FILE}}'"), "").unwrap();
        assert_eq!(google.credentials.unwrap().expose(), "{}");
        assert_eq!(google.metadata_host.as_deref(), Some("127.0.0.1:8080"));
        let google = load(&format!("{WHERE}, metadata_host: 'other:1'"), "").unwrap();
        assert_eq!(google.metadata_host.as_deref(), Some("other:1"));
    }

    #[rstest]
    #[case("project: 'a/b', location: global", "", "providers.v.google.project")]
    #[case("project: acme, location: 'x?'", "", "providers.v.google.location")]
    #[case("project: acme, location: global, service_account: bot", "", "e-mail address")]
    #[case("project: acme, location: global", ", api_key: k", "providers.v.api_key")]
    #[case(
        "project: acme, location: global, credentials: '{}', credentials_file: a.json",
        "",
        "there twice"
    )]
    #[case("project: acme, location: global, credentials: '${NONE}'", "", "`NONE` is not set")]
    #[case("project: acme", "", "location")]
    fn what_is_wrong_is_named(#[case] google: &str, #[case] more: &str, #[case] told: &str) {
        let error = load(google, more).unwrap_err();
        assert!(error.contains(told), "{error}");
    }

    #[test]
    fn vertex_needs_a_project_and_nobody_else_has_one() {
        let error = load_text("providers: { v: { kind: vertex } }", &[]).unwrap_err().to_string();
        assert!(error.starts_with("providers.v.google") && error.contains("location:"), "{error}");
        let text = format!("providers: {{ v: {{ kind: ollama, google: {{ {WHERE} }} }} }}");
        let error = load_text(&text, &[]).unwrap_err().to_string();
        assert!(error.contains("only `kind: vertex`"), "{error}");
    }
}
