//! What the gateway reads of a request, and writes into it.

use bytes::Bytes;
use gateway::wire::{
    self, Dialect, Edits, FieldRules, FittedBody, LimitField, ModelPath, PromptLength, RelayedApi,
    RequestFacts, RequestNeeds, StateWishes, StatelessInput, WireError, carried_items, kept_item,
    listed_items, named_files, rewrite, stateless_body,
};

use crate::{choice::Choices, json::assert_json};

const OUTPUT_LIMIT: i64 = 77;
const MODEL: &str = "vendor/\"model\"";

/// A dialect, and the fields by which an answer can be limited in it.
const DIALECTS: [(Dialect, &[LimitField]); 10] = [
    (Dialect::OpenAiChat, &[LimitField::MaxTokens, LimitField::MaxCompletionTokens]),
    (Dialect::OpenAiCompletions, &[LimitField::MaxTokens]),
    (Dialect::OpenAiResponses, &[LimitField::MaxOutputTokens]),
    (Dialect::AnthropicMessages, &[LimitField::MaxTokens]),
    (Dialect::Gemini, &[LimitField::GenerationConfig]),
    (Dialect::OpenAiEmbeddings, &[]),
    (Dialect::Relayed(RelayedApi::Moderations), &[]),
    (Dialect::Relayed(RelayedApi::Rerank), &[]),
    (Dialect::Relayed(RelayedApi::ImageGenerations), &[]),
    (Dialect::Relayed(RelayedApi::Speech), &[]),
];

/// Reads the facts of a request and edits it: it stays JSON, what was edited is read again as it
/// was edited, and editing it once more changes nothing.
pub fn facts_and_rewrite(data: &[u8]) {
    let mut choices = Choices::of(data);
    let (dialect, limits) = choices.one(DIALECTS);
    let of_limits = usize::from(choices.number());
    let include_usage = choices.one([false, true]);
    let body = Bytes::copy_from_slice(choices.rest());
    let Ok(facts) = read(dialect, "asked-model", &body) else { return };
    assert_json(&body);
    fit(&body);
    keep(&body);
    need(dialect, &body, &facts);
    let field = limits.get(of_limits % (limits.len() + 1)).copied();
    let edits = Edits {
        model: Some(MODEL),
        output_limit: field.map(|field| (field, OUTPUT_LIMIT)),
        include_usage,
    };
    let edited = rewrite(dialect, &body, &facts, &edits);
    assert_json(&edited);
    let told = String::from_utf8_lossy(&edited);
    let again = read(dialect, MODEL, &edited);
    assert!(again.is_ok(), "{again:?} of {told}");
    let Ok(again) = again else { return };
    assert_eq!(again.model, MODEL, "{told}");
    assert_eq!((again.is_streaming, again.choices), (facts.is_streaming, facts.choices), "{told}");
    assert_eq!((again.units, again.thinking_tokens), (facts.units, facts.thinking_tokens));
    if field.is_some() {
        let limit = again.output_limit;
        assert!(limit.is_some_and(|limit| limit <= OUTPUT_LIMIT), "{limit:?} of {told}");
    } else {
        assert_eq!(again.output_limit, facts.output_limit, "{told}");
    }
    let can_ask = matches!(dialect, Dialect::OpenAiChat | Dialect::OpenAiCompletions);
    assert_eq!(again.asks_for_usage, facts.asks_for_usage || (can_ask && include_usage), "{told}");
    assert_eq!(rewrite(dialect, &edited, &again, &edits), edited, "edited once is edited");
}

/// The facts of a request; `model` is that of its path, where it has one.
pub(crate) fn read(dialect: Dialect, model: &str, body: &[u8]) -> Result<RequestFacts, WireError> {
    if dialect == Dialect::Gemini {
        let path = ModelPath { model: model.to_owned(), is_streaming: true };
        return RequestFacts::read_at(&path, body);
    }
    RequestFacts::read(dialect, body)
}

/// What a model has to be able to do for it, within what a body can hold.
fn need(dialect: Dialect, body: &[u8], facts: &RequestFacts) {
    let roomy = RequestNeeds::read(dialect, body, facts, None);
    let needs = RequestNeeds::read(dialect, body, facts, Some(0));
    let PromptLength { least_tokens, likely_tokens } = needs.prompt;
    assert!(least_tokens <= likely_tokens, "{needs:?}");
    assert!(usize::try_from(least_tokens).is_ok_and(|tokens| tokens <= body.len()), "{needs:?}");
    assert_eq!(
        RequestNeeds { prompt: needs.prompt, ..roomy },
        needs,
        "only the length is measured"
    );
    assert!(needs.inputs.len() <= 5, "each kind once: {needs:?}");
}

/// What else becomes of a request's fields: it stays JSON.
fn fit(body: &Bytes) {
    let rules = FieldRules {
        unsupported: vec![("n", None), ("logit_bias", None), ("messages", None), ("top_p", None)],
        renamed: vec![("max_completion_tokens", "max_tokens"), ("store", "keep")],
        needless: vec!["stream_options", "metadata", "model"],
    };
    let fitted = rules.fit(body, "a vendor", true);
    assert!(fitted.is_ok(), "what is not taken is cut");
    if let Ok(fitted) = fitted {
        assert_json(&fitted.body);
        let again = FittedBody { body: fitted.body.clone(), dropped: Vec::new() };
        assert_eq!(rules.fit(&fitted.body, "a vendor", false), Ok(again));
    }
    if let Ok(files) = named_files(body) {
        assert!(files.iter().all(|file| file.len() <= body.len()));
    }
    let mut texts = 0;
    let _ = wire::texts_of_request(body, &mut |text| texts += text.len());
    assert!(texts <= body.len(), "no escape is shorter than what it stands for");
}

/// What is kept of a conversation of the Responses API, and sent with its next turn.
fn keep(body: &[u8]) {
    let Ok(items) = wire::input_items(body) else { return };
    let json = items.json();
    assert_json(json.as_bytes());
    for item in listed_items(&json, "resp_1").unwrap_or_default() {
        assert_json(item.json.as_bytes());
    }
    let response = format!("{{\"output\":{json}}}");
    let carried = carried_items(&json, &response, true).map(|carried| carried.json());
    assert!(carried.is_ok(), "what was kept can be read");
    assert_json(carried.unwrap_or_default().as_bytes());
    for reference in items.references() {
        let kept = kept_item(&json, &response, &reference.id, true);
        assert!(kept.is_some(), "what is named is there");
        assert_json(kept.flatten().unwrap_or_else(|| "null".to_owned()).as_bytes());
    }
    let input = StatelessInput { earlier: &items, own: &items, is_resolved: true };
    for keeps_thoughts in [false, true] {
        if let Ok(Some(wishes)) = StateWishes::read(body)
            && let Ok(stateless) = stateless_body(body, &input, &wishes, keeps_thoughts)
        {
            assert_json(&stateless);
        }
    }
}
