//! What an answer is billed by.

use gateway::{
    kernel::config::{CachedField, ReasoningField, SearchesField, UsagePlace, UsageShape},
    wire::{self, Dialect, StreamMeter, UsageReport, seconds_of_audio},
};

use crate::choice::{Choices, OTHERS, PROVIDERS, pieces};

/// The usage of an answer, whole and streamed: no count is below zero, and the chunks of a stream
/// change nothing.
pub fn usage(data: &[u8]) {
    let mut choices = Choices::of(data);
    let dialect = dialect(&mut choices);
    let how = choices.number();
    let shape = UsageShape {
        cached: choices.one([
            CachedField::Details,
            CachedField::PromptCacheHitTokens,
            CachedField::CachedTokens,
        ]),
        reasoning: choices.one([
            ReasoningField::Within,
            ReasoningField::Beside,
            ReasoningField::TopLevel,
        ]),
        stream: choices.one([UsagePlace::Chunk, UsagePlace::XGroq, UsagePlace::Choice]),
        citations: choices.one([false, true]),
        searches: choices.one([
            SearchesField::Nowhere,
            SearchesField::NumSearchQueries,
            SearchesField::ServerToolUse,
        ]),
        total_only: choices.one([false, true]),
    };
    let body = choices.rest();
    check(wire::usage_of_response(dialect, shape, body).as_ref());
    let _ = wire::texts_of_response(body, &mut |text| assert!(text.len() <= body.len()));
    assert!(seconds_of_audio(body, body.len() as u64) >= 0);
    let whole = told(StreamMeter::shaped(dialect, shape), [body]);
    assert_eq!(told(StreamMeter::shaped(dialect, shape), pieces(body, how)), whole);
}

fn dialect(choices: &mut Choices<'_>) -> Dialect {
    let number = usize::from(choices.number()) % (PROVIDERS.len() + OTHERS.len());
    PROVIDERS
        .get(number)
        .or_else(|| OTHERS.get(number - PROVIDERS.len()))
        .copied()
        .unwrap_or(Dialect::OpenAiChat)
}

/// Everything that a meter says of a stream.
fn told<'a>(mut meter: StreamMeter, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    for piece in pieces {
        meter.push(piece);
    }
    let end = (meter.ended(), meter.closed());
    let report = meter.report();
    check(report.as_ref());
    let written = (meter.beginning(), meter.beginning_bytes(), meter.output_bytes());
    assert!(meter.least_output_tokens() >= 0);
    assert!(meter.prompt().is_none_or(|prompt| prompt.prompt() >= 0));
    format!("{end:?} {report:?} {:?} {written:?}", meter.prompt())
}

fn check(report: Option<&UsageReport>) {
    let Some(UsageReport { tokens, units, .. }) = report else { return };
    let counts = [
        tokens.input,
        tokens.cached_input,
        tokens.cache_write,
        tokens.cache_write_1h,
        tokens.output,
        tokens.reasoning,
        tokens.audio_input,
        tokens.audio_output,
        tokens.image_input,
        tokens.image_output,
        units.images,
        units.characters,
        units.audio_seconds,
        units.searches,
    ];
    assert!(counts.iter().all(|count| *count >= 0), "{report:?}");
    assert!(tokens.total() >= 0, "{report:?}");
}
