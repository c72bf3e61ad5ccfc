//! Entries of `providers` and `models` that do not come from the file: an administrator has written
//! them while gateways run.
//!
//! They take nothing from the server that the owner of its file has not put there for them: no
//! variable of the environment and no file of the machine.

use serde_json::Value;

use super::{
    ConfigError, Model, Provider,
    check::{inconsistent, resolve_provider},
    load::parse,
};
use crate::kernel::digest::sha256;

/// Fields that name files of the machine.
const FILES: [&str; 2] = ["/google/credentials_file", "/azure/federated_token_file"];

/// The document that a text in YAML or JSON is; `place` says where the text is from. No error shows
/// any of it.
///
/// # Errors
/// [`ConfigError::Invalid`], with line and column.
pub fn document(place: &str, text: &str) -> Result<Value, ConfigError> {
    parse(place, text)
}

/// The entry of `providers` that a document describes.
///
/// # Errors
/// [`ConfigError`], naming the key at fault.
pub fn managed_provider(name: &str, document: &Value) -> Result<Provider, ConfigError> {
    let key = format!("providers.{name}");
    if let Some(field) = reference(document) {
        return Err(inconsistent(
            format!("{key}{field}"),
            "only the configuration file takes values from the environment; write the value \
             itself, credentials are kept sealed",
        ));
    }
    if let Some(file) = FILES.into_iter().find(|file| document.pointer(file).is_some()) {
        return Err(inconsistent(
            format!("{key}{}", file.replace('/', ".")),
            "only the configuration file names files of the server; write the credential itself, \
             it is kept sealed",
        ));
    }
    let mut provider: Provider = parse(&key, &format!("{document:#}"))?;
    let variable = |name: &str| std::env::var(name).ok();
    resolve_provider(name, &mut provider, &variable)?;
    provider.edition = Some(sha256(document.to_string().as_bytes()));
    Ok(provider)
}

/// The entry of `models` that a document describes.
///
/// # Errors
/// [`ConfigError`], naming the key at fault.
pub fn managed_model(document: &Value) -> Result<Model, ConfigError> {
    parse("model", &format!("{document:#}"))
}

/// The first text that would be taken from the environment, by its path.
fn reference(document: &Value) -> Option<String> {
    match document {
        Value::String(text) => text.starts_with("${").then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| reference(item).map(|rest| format!("[{index}]{rest}"))),
        Value::Object(fields) => fields
            .iter()
            .find_map(|(name, field)| reference(field).map(|rest| format!(".{name}{rest}"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_says_what_the_file_would_say() {
        let document =
            json!({ "kind": "openai", "base_url": "http://10.0.0.7/v1", "api_key": "sk-1" });
        let provider = managed_provider("house", &document).unwrap();
        assert_eq!(provider.api_key.unwrap().expose(), "sk-1");
        let document = json!({ "name": "gpt", "backends": [{ "provider": "house" }] });
        assert_eq!(managed_model(&document).unwrap().max_output_tokens, 4_096);
    }

    #[rstest]
    #[case(json!({ "kind": "openai", "api_key": "${OPENAI_API_KEY}" }), "providers.a.api_key: only")]
    #[case(
        json!({ "kind": "bedrock", "aws": { "region": "${HOME}" } }),
        "providers.a.aws.region: only"
    )]
    #[case(
        json!({ "kind": "vertex", "google": { "project": "p", "location": "eu",
            "credentials_file": "/etc/shadow" } }),
        "providers.a.google.credentials_file: only"
    )]
    #[case(json!({ "kind": "openai", "api_kye": "k" }), "did you mean `api_key`?")]
    #[case(json!({ "kind": "opanai" }), "did you mean `openai`?")]
    fn what_only_the_file_may_say_and_what_nobody_may_is_refused(
        #[case] document: Value,
        #[case] told: &str,
    ) {
        let error = managed_provider("a", &document).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
