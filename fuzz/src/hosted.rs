//! Requests to Anthropic's models at other hosts.

use bytes::Bytes;
use gateway::wire::{AllowedBetas, AllowedFields, HostedForm, HostedRules};
use serde_json::{Map, Value};

use crate::{choice::Choices, json::is_json};

/// Fields that one of the hosts takes, of every kind that there is.
const TAKEN: [&str; 14] = [
    "messages",
    "max_tokens",
    "system",
    "tools",
    "tools.name",
    "tools.input_schema",
    "tools.type",
    "stream",
    "thinking",
    "output_config",
    "output_config.format",
    "context_management",
    "cache_control",
    "cache_control.type",
];
const DENIED: &str = "metadata";

/// Fits a body to a host: it stays JSON, and has nothing at its top but what the host takes.
pub fn hosted(data: &[u8]) {
    let mut choices = Choices::of(data);
    let form = choices.one([HostedForm::BEDROCK, HostedForm::VERTEX, HostedForm::ANTHROPIC]);
    let takes_everything = choices.one([false, true]);
    let headers = choices.one(["", "context-1m, fine-grained", "a\"b,a\"b , c,,"]);
    let mut fields =
        if takes_everything { AllowedFields::everything() } else { AllowedFields::default() };
    for field in TAKEN {
        fields.allow(field, &[]);
    }
    fields.allow("speed", &["context-1m".to_owned()]);
    fields.deny(DENIED);
    let rules = HostedRules { form, betas: AllowedBetas::everything(), fields };
    let betas = rules.betas.of_call([headers]);
    let body = Bytes::copy_from_slice(choices.rest());
    let fitted = rules.fit(&body, &betas.sent);
    if !is_json(&body) || !body.trim_ascii_start().starts_with(b"{") {
        return; // It was refused before.
    }
    let told = String::from_utf8_lossy(&fitted.body);
    assert!(is_json(&fitted.body), "{told} was JSON");
    let Ok(members) = serde_json::from_slice::<Map<String, Value>>(&fitted.body) else { return };
    assert!(!members.contains_key(DENIED), "{told}");
    if let Some(version) = form.version {
        assert_eq!(members.get("anthropic_version"), Some(&version.into()), "{told}");
    }
    if form.has_betas_in_body && !betas.sent.is_empty() {
        assert!(members.contains_key("anthropic_beta"), "{told}");
    }
}
