//! Usage as Gemini reports it: what is thought is no part of the candidates, and zeros are left out.

use serde_json::{Map, Value, json};

use super::service::Service;
use crate::fake_provider::{directives::Directives, ledger::Usage};

/// `usageMetadata` of an answer.
pub(super) fn metadata(usage: Usage, directives: &Directives, service: Service) -> Value {
    let for_tools = directives.tool_prompt_tokens.min(usage.input);
    let prompt = usage.input - for_tools;
    let candidates = usage.output - usage.reasoning;
    let mut fields = Map::new();
    let mut tell = |name: &str, count: u64| {
        if count > 0 {
            fields.insert(name.to_owned(), json!(count));
        }
    };
    tell("promptTokenCount", prompt);
    tell("candidatesTokenCount", candidates);
    tell("totalTokenCount", usage.input + usage.output);
    tell("cachedContentTokenCount", usage.cached);
    tell("toolUsePromptTokenCount", for_tools);
    tell("thoughtsTokenCount", usage.reasoning);
    fields.insert("promptTokensDetails".to_owned(), text_tokens(prompt));
    if usage.cached > 0 {
        fields.insert("cacheTokensDetails".to_owned(), text_tokens(usage.cached));
    }
    if for_tools > 0 {
        fields.insert("toolUsePromptTokensDetails".to_owned(), text_tokens(for_tools));
    }
    if service == Service::Vertex {
        fields.insert("trafficType".to_owned(), json!("ON_DEMAND"));
        if candidates > 0 {
            fields.insert("candidatesTokensDetails".to_owned(), text_tokens(candidates));
        }
    }
    Value::Object(fields)
}

/// So many tokens of text, as a list by modality.
pub(super) fn text_tokens(count: u64) -> Value {
    json!([{ "modality": "TEXT", "tokenCount": count }])
}

/// The usage once `sent` of `parts` have gone out, which is also what is billed then.
pub(super) fn after(usage: Usage, sent: usize, parts: usize) -> Usage {
    let share = |tokens: u64| {
        let [sent, parts] = [sent, parts.max(1)].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        tokens.saturating_mul(sent) / parts
    };
    Usage { output: share(usage.output), reasoning: share(usage.reasoning), ..usage }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_provider::ledger::Units;

    const NONE: Units = Units { images: 0, seconds: 0, characters: 0, searches: 0 };
    const USAGE: Usage =
        Usage { input: 100, cached: 60, cache_write: 0, output: 50, reasoning: 20, units: NONE };

    #[test]
    fn thoughts_and_tools_are_counted_beside_candidates_and_prompt() {
        let directives = Directives { tool_prompt_tokens: 10, ..Directives::default() };
        let told = metadata(USAGE, &directives, Service::AiStudio);
        assert_eq!(
            told,
            json!({
                "promptTokenCount": 90, "candidatesTokenCount": 30, "totalTokenCount": 150,
                "cachedContentTokenCount": 60, "toolUsePromptTokenCount": 10,
                "thoughtsTokenCount": 20,
                "promptTokensDetails": text_tokens(90), "cacheTokensDetails": text_tokens(60),
                "toolUsePromptTokensDetails": text_tokens(10),
            })
        );
    }

    #[test]
    fn a_count_of_zero_is_left_out() {
        let all_thought = Usage { output: 20, cached: 0, ..USAGE };
        let told = metadata(all_thought, &Directives::default(), Service::Vertex);
        assert_eq!(told.get("candidatesTokenCount"), None);
        assert_eq!(told.get("cachedContentTokenCount"), None);
        assert_eq!(told["totalTokenCount"], 120);
    }

    #[test]
    fn usage_grows_with_what_is_sent() {
        assert_eq!((after(USAGE, 1, 4).output, after(USAGE, 4, 4)), (12, USAGE));
    }
}
