//! `aws` of a provider: where in Amazon's cloud it is, and whose keys open it.
//!
//! Without keys of its own the gateway looks where Amazon's tools look: the environment, profiles,
//! a web identity, the container, the machine.

use serde::Deserialize;
use url::Url;

use super::{ConfigError, Provider, ProviderKind, check::inconsistent};
use crate::kernel::Secret;

/// The longest name of a region that is believed, in bytes.
const REGION_LIMIT_BYTES: usize = 32;

/// `aws` of a provider
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aws {
    /// The region: `eu-central-1`. `${NAME}` takes it from the environment, as it does the keys.
    #[serde(default)]
    pub region: Option<String>,
    /// The name of a key; its secret is `secret_access_key`.
    #[serde(default)]
    pub access_key_id: Option<Secret>,
    /// The secret of the key.
    #[serde(default)]
    pub secret_access_key: Option<Secret>,
    /// What a key for some hours has beside its secret.
    #[serde(default)]
    pub session_token: Option<Secret>,
    /// The profile of the shared files, `~/.aws/credentials` and `~/.aws/config`, that has the keys.
    #[serde(default)]
    pub profile: Option<String>,
    /// The role that is taken on with the keys found.
    #[serde(default)]
    pub role_arn: Option<String>,
}

impl Aws {
    /// The base URL of a service in the region, by the name that the service has in addresses.
    #[must_use]
    pub fn url_of(&self, service: &str) -> Option<Url> {
        let region = self.region.as_deref()?;
        let suffix = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else if region.starts_with("eusc-") {
            "amazonaws.eu"
        } else {
            "amazonaws.com"
        };
        Url::parse(&format!("https://{service}.{region}.{suffix}")).ok()
    }

    /// What of it nobody may see.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secret_access_key.iter().chain(&self.session_token)
    }
}

/// Checks what a provider at Amazon cannot do without.
pub(super) fn check(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    let none = Aws::default();
    let aws = provider.aws.as_ref().unwrap_or(&none);
    let wrong = |name: &str, detail: &str| Err(inconsistent(format!("{key}.aws.{name}"), detail));
    if provider.kind == ProviderKind::SageMaker && provider.api_key.is_some() {
        return Err(inconsistent(
            format!("{key}.api_key"),
            "SageMaker takes signatures and no key; write `access_key_id` and \
             `secret_access_key` in `aws`, or leave them out to have them found",
        ));
    }
    let is_elsewhere = provider.base_url.is_some() && provider.api_key.is_some();
    match &aws.region {
        None if is_elsewhere => {}
        None => {
            return wrong("region", "it is asked in a region; write its name: `eu-central-1`");
        }
        Some(region) if !is_region(region) => {
            return wrong("region", "expected the name of a region, such as `eu-central-1`");
        }
        Some(_) => {}
    }
    let has_keys = aws.access_key_id.is_some() || aws.secret_access_key.is_some();
    if provider.api_key.is_some() && (has_keys || aws.profile.is_some() || aws.role_arn.is_some()) {
        return wrong(
            if has_keys { "access_key_id" } else { "profile" },
            "one credential is enough; remove this or `api_key`",
        );
    }
    if aws.access_key_id.is_some() != aws.secret_access_key.is_some() {
        let missing =
            if aws.access_key_id.is_some() { "secret_access_key" } else { "access_key_id" };
        return wrong(missing, "a key has both, `access_key_id` and `secret_access_key`");
    }
    if aws.session_token.is_some() && !has_keys {
        return wrong("session_token", "it belongs to a key; write `access_key_id`, too");
    }
    if aws.profile.is_some() && has_keys {
        return wrong("profile", "one credential is enough; remove this or `access_key_id`");
    }
    match &aws.role_arn {
        Some(arn) if !(arn.starts_with("arn:") && arn.contains(":role/")) => {
            wrong("role_arn", "expected `arn:aws:iam::ACCOUNT:role/NAME`")
        }
        _ => Ok(()),
    }
}

fn is_region(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=REGION_LIMIT_BYTES).contains(&name.len())
        && name.bytes().all(is_plain)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{super::UnsupportedFields, *};

    fn provider(aws: Option<&str>, api_key: Option<&str>, base_url: Option<&str>) -> Provider {
        Provider {
            aws: aws.map(|aws| serde_json::from_str(aws).unwrap()),
            api_key: api_key.map(Secret::new),
            base_url: base_url.map(|url| Url::parse(url).unwrap()),
            unsupported_fields: UnsupportedFields::Refuse,
            ..Provider::new(ProviderKind::Bedrock)
        }
    }

    #[rstest]
    #[case(None, Some("providers.b.aws.region"))]
    #[case(Some("{}"), Some("providers.b.aws.region"))]
    #[case(Some(r#"{"region":"eu-central-1"}"#), None)]
    #[case(Some(r#"{"region":"EU Central"}"#), Some("providers.b.aws.region"))]
    #[case(
        Some(r#"{"region":"r","access_key_id":"A"}"#),
        Some("providers.b.aws.secret_access_key")
    )]
    #[case(
        Some(r#"{"region":"r","secret_access_key":"A"}"#),
        Some("providers.b.aws.access_key_id")
    )]
    #[case(Some(r#"{"region":"r","session_token":"A"}"#), Some("providers.b.aws.session_token"))]
    #[case(
        Some(r#"{"region":"r","access_key_id":"A","secret_access_key":"B","profile":"p"}"#),
        Some("providers.b.aws.profile")
    )]
    #[case(
        Some(r#"{"region":"r","access_key_id":"A","secret_access_key":"B","session_token":"C"}"#),
        None
    )]
    #[case(Some(r#"{"region":"r","role_arn":"admin"}"#), Some("providers.b.aws.role_arn"))]
    #[case(Some(r#"{"region":"r","role_arn":"arn:aws:iam::123456789012:role/x"}"#), None)]
    fn what_is_missing_or_too_much_is_named(
        #[case] aws: Option<&str>,
        #[case] expected: Option<&str>,
    ) {
        let told = check("providers.b", &provider(aws, None, None)).err();
        assert_eq!(told.map(|error| error.to_string()).as_deref().map(key_of), expected);
    }

    /// The key that an error begins with.
    fn key_of(error: &str) -> &str {
        error.split(": ").next().unwrap_or_default()
    }

    #[test]
    fn a_key_of_bedrock_stands_alone_and_needs_no_region_at_an_address_of_its_own() {
        let elsewhere = provider(None, Some("key"), Some("https://example.com"));
        assert!(check("providers.b", &elsewhere).is_ok());
        let nowhere = check("providers.b", &provider(None, Some("key"), None));
        assert!(nowhere.unwrap_err().to_string().contains("aws.region"));
        let both = provider(Some(r#"{"region":"r","profile":"p"}"#), Some("key"), None);
        assert!(check("providers.b", &both).unwrap_err().to_string().contains("api_key"));
    }

    #[test]
    fn sagemaker_takes_no_key() {
        let keyed = Provider { kind: ProviderKind::SageMaker, ..provider(None, Some("key"), None) };
        let error = check("providers.s", &keyed).unwrap_err().to_string();
        assert!(error.starts_with("providers.s.api_key: SageMaker takes signatures"), "{error}");
    }

    #[rstest]
    #[case("us-east-1", "https://bedrock-runtime.us-east-1.amazonaws.com/")]
    #[case("cn-north-1", "https://bedrock-runtime.cn-north-1.amazonaws.com.cn/")]
    #[case("eusc-de-east-1", "https://bedrock-runtime.eusc-de-east-1.amazonaws.eu/")]
    fn a_region_has_an_address(#[case] region: &str, #[case] url: &str) {
        let aws = Aws { region: Some(region.to_owned()), ..Aws::default() };
        assert_eq!(aws.url_of("bedrock-runtime").unwrap().as_str(), url);
    }
}
