//! Anthropic's models elsewhere: which betas and fields of a call reach the host, and how.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::attempt::OutboundBody;
use crate::{
    kernel::config::{Host, Provider, ProviderKind},
    wire::{AllowedBetas, AllowedFields, HostedForm, HostedRules, SentBetas},
};

static BETA: HeaderName = HeaderName::from_static("anthropic-beta");
static VERSION: HeaderName = HeaderName::from_static("anthropic-version");

/// How a host of Anthropic's models is asked.
pub(super) struct Hosting {
    rules: HostedRules,
}

impl Hosting {
    /// None where messages are sent as they come: at Anthropic itself, unless the configuration
    /// denies something.
    pub(super) fn of(provider: &Provider) -> Option<Self> {
        let form = match provider.kind {
            ProviderKind::Anthropic => HostedForm::ANTHROPIC,
            ProviderKind::Vertex => HostedForm::VERTEX,
            ProviderKind::Bedrock => HostedForm::BEDROCK,
            _ => return None,
        };
        let (mut betas, mut fields) = match Host::find(provider.kind) {
            Some(host) => known_of(host),
            None => (AllowedBetas::everything(), AllowedFields::everything()),
        };
        let lists = &provider.betas;
        lists.allow.iter().for_each(|name| betas.allow(name, None));
        lists.deny.iter().for_each(|name| betas.deny(name));
        lists.allow_fields.iter().for_each(|name| fields.allow(name, &[]));
        lists.deny_fields.iter().for_each(|name| fields.deny(name));
        let is_plain =
            form == HostedForm::ANTHROPIC && betas.takes_everything() && fields.takes_everything();
        (!is_plain).then_some(Self { rules: HostedRules { form, betas, fields } })
    }

    /// A body as the host takes it; `headers` are the vendor's of the call.
    pub(super) fn fit(&self, outbound: OutboundBody, headers: &HeaderMap) -> OutboundBody {
        let OutboundBody { body, mut dropped_fields } = outbound;
        let SentBetas { sent, dropped } = self.betas_of(headers);
        let fitted = self.rules.fit(&body, &sent);
        let told = dropped.into_iter().chain(fitted.dropped);
        for name in told.map(Cow::<'static, str>::Owned) {
            if !dropped_fields.contains(&name) {
                dropped_fields.push(name);
            }
        }
        OutboundBody { body: fitted.body, dropped_fields }
    }

    /// The same without a caller.
    pub(super) fn fit_unasked(&self, body: Vec<u8>) -> Vec<u8> {
        self.rules.fit(&Bytes::from(body), &[]).body.to_vec()
    }

    /// The vendor's headers of a call as the host takes them.
    pub(super) fn headers(&self, headers: &mut HeaderMap) {
        let betas = self.betas_of(headers).sent.join(",");
        headers.remove(&BETA);
        if self.rules.form.version.is_some() {
            headers.remove(&VERSION);
        }
        if !self.rules.form.has_betas_in_body
            && !betas.is_empty()
            && let Ok(value) = HeaderValue::from_str(&betas)
        {
            headers.insert(BETA.clone(), value);
        }
    }

    fn betas_of(&self, headers: &HeaderMap) -> SentBetas {
        let texts = headers.get_all(&BETA).into_iter().filter_map(|value| value.to_str().ok());
        self.rules.betas.of_call(texts)
    }
}

fn known_of(host: &Host) -> (AllowedBetas, AllowedFields) {
    let mut betas = AllowedBetas::default();
    for entry in &host.betas {
        entry.names.iter().for_each(|name| betas.allow(name, entry.sent_as.as_deref()));
    }
    let mut fields = AllowedFields::default();
    for entry in &host.fields {
        entry.names.iter().for_each(|name| fields.allow(name, &entry.needs));
    }
    (betas, fields)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kernel::config::BetaLists;

    /// What Claude Code 2.1 sends.
    const BETAS: &str = "claude-code-20250219,interleaved-thinking-2025-05-14,\
        thinking-token-count-2026-05-13,context-management-2025-06-27,\
        prompt-caching-scope-2026-01-05,mid-conversation-system-2026-04-07,effort-2025-11-24";

    fn hosting(kind: &str, betas: BetaLists) -> Option<Hosting> {
        let kind = ProviderKind::try_from(kind.to_owned()).unwrap();
        Hosting::of(&Provider { betas, ..Provider::new(kind) })
    }

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        headers.insert("anthropic-beta", HeaderValue::from_static(BETAS));
        headers
    }

    fn message() -> Value {
        json!({
            "model": "claude", "max_tokens": 32_000, "stream": true, "metadata": { "user_id": "u" },
            "thinking": { "type": "adaptive" }, "output_config": { "effort": "high" },
            "context_management": { "edits": [{ "type": "clear_thinking_20251015", "keep": "all" }] },
            "system": [{ "type": "text", "text": "s", "cache_control": { "type": "ephemeral", "scope": "global" } }],
            "tools": [{ "name": "Bash", "description": "d", "input_schema": {}, "eager_input_streaming": true }],
            "messages": [{ "role": "user", "content": "hello" }, { "role": "system", "content": "now" }],
        })
    }

    fn fitted(hosting: &Hosting) -> (Value, Vec<String>) {
        let body = Bytes::from(message().to_string());
        let outbound = OutboundBody { body, dropped_fields: Vec::new() };
        let OutboundBody { body, dropped_fields } = hosting.fit(outbound, &headers());
        let told = dropped_fields.iter().map(ToString::to_string).collect();
        (serde_json::from_slice(&body).unwrap(), told)
    }

    #[test]
    fn anthropic_itself_takes_everything_unless_something_is_denied() {
        assert!(hosting("anthropic", BetaLists::new()).is_none());
        let deny = BetaLists { deny: vec!["effort-2025-11-24".to_owned()], ..BetaLists::new() };
        let hosting = hosting("anthropic", deny).unwrap();
        let (body, told) = fitted(&hosting);
        assert_eq!((body, told), (message(), vec!["anthropic-beta: effort-2025-11-24".to_owned()]));
        let mut headers = headers();
        hosting.headers(&mut headers);
        assert_eq!(headers["anthropic-version"], "2023-06-01");
        assert_eq!(headers["anthropic-beta"], BETAS.trim_end_matches(",effort-2025-11-24"));
    }

    #[test]
    fn claude_code_is_understood_by_vertex() {
        let hosting = hosting("vertex", BetaLists::new()).unwrap();
        let (body, told) = fitted(&hosting);
        let mut expected = message();
        expected.as_object_mut().unwrap().remove("model");
        expected["anthropic_version"] = "vertex-2023-10-16".into();
        expected["system"][0]["cache_control"] = json!({ "type": "ephemeral" });
        expected["messages"][1]["role"] = "user".into();
        assert_eq!(body, expected);
        assert_eq!(
            told,
            [
                "anthropic-beta: claude-code-20250219",
                "anthropic-beta: thinking-token-count-2026-05-13",
                "anthropic-beta: prompt-caching-scope-2026-01-05",
                "anthropic-beta: mid-conversation-system-2026-04-07",
                "anthropic-beta: effort-2025-11-24",
                "cache_control.scope",
                "messages.system",
            ]
        );
        let mut headers = headers();
        hosting.headers(&mut headers);
        assert_eq!(
            headers["anthropic-beta"],
            "interleaved-thinking-2025-05-14,context-management-2025-06-27"
        );
        assert!(!headers.contains_key("anthropic-version"));
    }

    #[test]
    fn claude_code_is_understood_by_bedrock() {
        let hosting = hosting("bedrock", BetaLists::new()).unwrap();
        let (body, told) = fitted(&hosting);
        assert_eq!(
            body["anthropic_beta"],
            json!(["interleaved-thinking-2025-05-14", "context-management-2025-06-27"])
        );
        assert_eq!(body["anthropic_version"], "bedrock-2023-05-31");
        for gone in ["model", "stream", "context_management"] {
            assert!(body.get(gone).is_none(), "{gone}");
        }
        assert!(body["tools"][0].get("eager_input_streaming").is_none());
        assert_eq!(body["output_config"], json!({ "effort": "high" }));
        for field in ["context_management.clear_thinking_20251015", "tools.eager_input_streaming"] {
            assert!(told.iter().any(|name| name == field), "{field}: {told:?}");
        }
        let mut headers = headers();
        hosting.headers(&mut headers);
        assert!(headers.is_empty());
    }

    #[test]
    fn the_configuration_says_otherwise() {
        let lists = BetaLists {
            allow: vec!["effort-2025-11-24".to_owned()],
            deny: vec!["context-management-2025-06-27".to_owned()],
            allow_fields: vec!["messages.system".to_owned()],
            deny_fields: vec!["metadata".to_owned()],
        };
        let hosting = hosting("vertex", lists).unwrap();
        let (body, told) = fitted(&hosting);
        assert_eq!(body["messages"], message()["messages"]);
        for field in ["metadata", "context_management"] {
            assert!(body.get(field).is_none() && told.iter().any(|name| name == field), "{field}");
        }
        let mut headers = headers();
        hosting.headers(&mut headers);
        assert_eq!(headers["anthropic-beta"], "interleaved-thinking-2025-05-14,effort-2025-11-24");
    }
}
