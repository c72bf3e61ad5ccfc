//! Between dialects: every pair that there is.

use gateway::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        self, Dialect, Echo, LimitField, StreamEnd, StreamMeter, StreamTranslator, Target,
        TranslationContext, WireError,
    },
};

use crate::{
    choice::{CLIENTS, Choices, EMBEDDINGS, PROVIDERS, pieces},
    facts::read,
    framing::events_of,
    json::assert_json,
};

const MODEL: &str = "upstream-model";

/// A request: what comes out is JSON, and where the gateway has taken the request and
/// takes that dialect as well, it takes what it has written.
pub fn translate_request(data: &[u8]) {
    let mut choices = Choices::of(data);
    let (from, to) = (choices.number(), choices.number());
    let (from, to) = if usize::from(from) % 6 == CLIENTS.len() {
        (Dialect::OpenAiEmbeddings, EMBEDDINGS[usize::from(to) % EMBEDDINGS.len()])
    } else {
        (CLIENTS[usize::from(from) % 6], PROVIDERS[usize::from(to) % PROVIDERS.len()])
    };
    let target = Target {
        dialect: to,
        model: MODEL,
        output_limit: choices.one([None, Some(1_000)]),
        limit_field: limit_field(to, &mut choices),
        reasoning: choices.one([
            None,
            Some(ReasoningControl::Effort),
            Some(ReasoningControl::Budget),
        ]),
        unsupported_fields: choices.one([UnsupportedFields::Drop, UnsupportedFields::Refuse]),
        is_streaming: choices.one([false, true]),
    };
    let body = choices.rest();
    let Ok(translated) = wire::translate_request(from, body, &target) else { return };
    assert_json(&translated.body);
    let is_read =
        matches!(to, Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::AnthropicMessages);
    if is_read && read(from, MODEL, body).is_ok() {
        let facts = read(to, MODEL, &translated.body);
        let body = String::from_utf8_lossy(&translated.body);
        assert!(facts.is_ok(), "{facts:?} of {body}");
    }
}

fn limit_field(to: Dialect, choices: &mut Choices<'_>) -> LimitField {
    let of_chat = choices.one([LimitField::MaxTokens, LimitField::MaxCompletionTokens]);
    match to {
        Dialect::OpenAiResponses => LimitField::MaxOutputTokens,
        Dialect::Gemini => LimitField::GenerationConfig,
        _ => of_chat,
    }
}

/// An answer: what comes out is JSON.
pub fn translate_response(data: &[u8]) {
    let mut choices = Choices::of(data);
    let (from, to) = (choices.number(), choices.number());
    let has_echo = choices.one([false, true]);
    let body = choices.rest();
    let context = context(has_echo.then_some(body));
    let translated = if usize::from(to) % 6 == CLIENTS.len() {
        let from = EMBEDDINGS[usize::from(from) % EMBEDDINGS.len()];
        wire::translate_embeddings(from, body, body, "house-model")
    } else {
        let from = PROVIDERS[usize::from(from) % PROVIDERS.len()];
        wire::translate_response(from, CLIENTS[usize::from(to) % 6], body, &context)
    };
    if let Ok(translated) = translated {
        assert_json(&translated);
    }
}

/// A stream: the same whole and in pieces, every event of it JSON, and ended where the provider's
/// has ended.
pub fn translate_stream(data: &[u8]) {
    let mut choices = Choices::of(data);
    let (from, to) = (choices.one(PROVIDERS), choices.one(CLIENTS));
    let how = choices.number();
    let asks_for_usage = choices.one([true, false]);
    let stream = choices.rest();
    let translator = || StreamTranslator::new(from, to, context(None), asks_for_usage);
    let whole = told(translator(), [stream]);
    let in_pieces = told(translator(), pieces(stream, how));
    assert_eq!(String::from_utf8_lossy(&in_pieces.0), String::from_utf8_lossy(&whole.0));
    assert_eq!(in_pieces.1, whole.1);
    let (out, failure) = whole;
    assert!(out.is_empty() || out.ends_with(b"\n\n"), "events are whole");
    for (_, event) in events_of([out.as_slice()]) {
        if event != "[DONE]" {
            assert_json(event.as_bytes());
        }
    }
    if failure.is_none() {
        let mut meter = StreamMeter::new(to);
        meter.push(&out);
        let told = String::from_utf8_lossy(&out);
        assert_ne!(meter.closed(), StreamEnd::Open, "the client waits for more behind {told}");
    }
}

fn told<'a>(
    mut translator: StreamTranslator,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<WireError>) {
    let mut out = Vec::new();
    let told = pieces.into_iter().try_for_each(|piece| translator.push(piece, &mut out));
    let told = told.and_then(|()| translator.finish(&mut out));
    (out, told.err())
}

fn context(request: Option<&[u8]>) -> TranslationContext {
    TranslationContext {
        model: "house-model".to_owned(),
        id: "req_1".to_owned(),
        created_at_seconds: 1_700_000_000,
        echo: request.map(Echo::read),
    }
}
