//! What a provider cannot do without, and what it must not be given.

use http::{HeaderName, HeaderValue};

use super::{
    Config, ConfigError, CredentialNeed, Provider, ProviderKind, aws, azure, check::inconsistent,
    github, google, hosts,
};

/// Headers that the gateway or its HTTP client sets itself.
const RESERVED: [&str; 17] = [
    "accept-encoding",
    "anthropic-version",
    "api-key",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "prefer",
    "transfer-encoding",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
    "x-client-request-id",
    "x-goog-api-key",
    "x-goog-user-project",
];

pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    for (name, provider) in &config.providers {
        let key = format!("providers.{name}");
        check_address(&key, provider)?;
        check_credential(&key, provider)?;
        check_aws(&key, provider)?;
        check_headers(&key, provider)?;
        google::check(&key, provider)?;
        azure::check(&key, provider)?;
        github::check(&key, provider)?;
        hosts::check(&key, provider)?;
    }
    Ok(())
}

fn check_address(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    match (&provider.base_url, provider.kind) {
        (Some(url), _) if !matches!(url.scheme(), "http" | "https") => Err(inconsistent(
            format!("{key}.base_url"),
            "expected a URL that starts with http:// or https://",
        )),
        (None, ProviderKind::Preset(preset)) if preset.base_url.is_none() => {
            let example = preset.example_url.as_deref().unwrap_or_default();
            Err(inconsistent(
                format!("{key}.base_url"),
                format!("{} has no address of its own; write yours: `{example}`", preset.title),
            ))
        }
        (None, kind) => match example_of(kind) {
            Some(example) => Err(inconsistent(
                format!("{key}.base_url"),
                format!(
                    "every customer has an address of their own here; write yours: `{example}`"
                ),
            )),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What an address looks like where a vendor has none for everyone.
const fn example_of(kind: ProviderKind) -> Option<&'static str> {
    match kind {
        ProviderKind::Azure => Some("https://RESOURCE.openai.azure.com"),
        ProviderKind::WorkersAi => {
            Some("https://api.cloudflare.com/client/v4/accounts/ACCOUNT_ID/ai/run")
        }
        _ => None,
    }
}

fn check_credential(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    let (title, variable) = match provider.kind {
        ProviderKind::Anthropic => ("Anthropic", "ANTHROPIC_API_KEY".to_owned()),
        ProviderKind::Preset(preset) if preset.credential == CredentialNeed::Required => {
            (&*preset.title, preset.key_variable())
        }
        ProviderKind::Gemini => ("Gemini", "GEMINI_API_KEY".to_owned()),
        ProviderKind::Cohere => ("Cohere", "COHERE_API_KEY".to_owned()),
        ProviderKind::WorkersAi => ("Workers AI", "CLOUDFLARE_API_TOKEN".to_owned()),
        ProviderKind::Replicate => ("Replicate", "REPLICATE_API_TOKEN".to_owned()),
        ProviderKind::GitHubCopilot => ("GitHub Copilot", "GITHUB_COPILOT_TOKEN".to_owned()),
        ProviderKind::Openai
        | ProviderKind::Vertex
        | ProviderKind::Bedrock
        | ProviderKind::SageMaker
        | ProviderKind::Azure
        | ProviderKind::Ollama
        | ProviderKind::Demo
        | ProviderKind::Preset(_) => return Ok(()),
    };
    if provider.api_key.is_some() {
        return Ok(());
    }
    Err(inconsistent(
        format!("{key}.api_key"),
        format!("{title} needs a key; write `${{{variable}}}` to take it from the environment"),
    ))
}

fn check_aws(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    if matches!(provider.kind, ProviderKind::Bedrock | ProviderKind::SageMaker) {
        return aws::check(key, provider);
    }
    match &provider.aws {
        Some(_) => Err(inconsistent(
            format!("{key}.aws"),
            "only providers of the kinds `bedrock` and `sagemaker` are in Amazon's cloud; remove it",
        )),
        None => Ok(()),
    }
}

fn check_headers(key: &str, provider: &Provider) -> Result<(), ConfigError> {
    for (name, value) in &provider.headers {
        let wrong = |detail| Err(inconsistent(format!("{key}.headers.{name}"), detail));
        let Ok(header) = HeaderName::try_from(name) else {
            return wrong("expected the name of an HTTP header, such as `X-Title`");
        };
        if RESERVED.contains(&header.as_str()) {
            return wrong("this header is the gateway's own; a credential belongs in `api_key`");
        }
        if HeaderValue::from_str(value.expose()).is_err() {
            return wrong("the value has characters that an HTTP header cannot carry");
        }
    }
    Ok(())
}
