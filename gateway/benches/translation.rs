//! What translation alone costs: nanoseconds and memory for each request, answer and piece of a
//! stream, for every pair of dialects. No network, no records: those are in `make bench`.
//!
//!     cargo bench --package helix-engine --bench translation [-- PART]
//!
//! PART chooses the pairs with that in their name. Memory does not depend on the machine, times do.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

#[path = "translation/allocations.rs"]
mod allocations;
#[path = "translation/samples.rs"]
mod samples;

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use gateway::{
    kernel::config::UnsupportedFields,
    wire::{
        Dialect, Echo, LimitField, StreamTranslator, Target, TranslationContext, WireError,
        translate_request, translate_response,
    },
};

use self::{allocations::Counting, samples::PIECES};

#[global_allocator]
static HEAP: Counting = Counting::new();

/// How long each figure is measured, after as much that does not count.
const TIME: Duration = Duration::from_millis(100);

const CLIENTS: [Dialect; 4] =
    [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::AnthropicMessages, Dialect::Gemini];
const PROVIDERS: [Dialect; 8] = [
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::BedrockConverse,
    Dialect::CohereChat,
    Dialect::OllamaChat,
    Dialect::WorkersAi,
];

fn main() -> Result<(), WireError> {
    let part = env::args().skip(1).find(|argument| !argument.starts_with('-'));
    println!("{:<40}{:>33}{:>27}{:>27}", "", "a request", "an answer", "a piece of a stream");
    println!(
        "{:<46}{}",
        "client → provider",
        format!("{:>9}{:>9}{:>9}", "ns", "allocs", "bytes").repeat(3)
    );
    for client in CLIENTS {
        for provider in PROVIDERS.into_iter().filter(|provider| *provider != client) {
            let name = format!("{} → {}", client.as_str(), provider.as_str());
            if part.as_ref().is_none_or(|part| name.contains(part)) {
                let request = request(client, provider)?;
                let answer = answer(client, provider)?;
                let piece = stream(client, provider)?.per(PIECES);
                println!("{name:<46}{request}{answer}{piece}");
            }
        }
    }
    Ok(())
}

fn request(client: Dialect, provider: Dialect) -> Result<Cost, WireError> {
    let body = samples::request(client);
    let target = Target {
        dialect: provider,
        model: "upstream-model",
        output_limit: Some(4_096),
        limit_field: LimitField::MaxCompletionTokens,
        reasoning: None,
        unsupported_fields: UnsupportedFields::Refuse,
        is_streaming: true,
    };
    cost(|| translate_request(client, &body, &target).map(drop))
}

fn answer(client: Dialect, provider: Dialect) -> Result<Cost, WireError> {
    let (body, context) = (samples::answer(provider), context(client));
    cost(|| translate_response(provider, client, &body, &context).map(drop))
}

fn stream(client: Dialect, provider: Dialect) -> Result<Cost, WireError> {
    let (events, context) = (samples::stream(provider), context(client));
    let mut out = Vec::new();
    cost(|| {
        let mut translator = StreamTranslator::new(provider, client, context.clone(), true);
        for event in &events {
            out.clear();
            translator.push(event.as_bytes(), &mut out)?;
        }
        translator.finish(&mut out)
    })
}

fn context(client: Dialect) -> TranslationContext {
    TranslationContext {
        model: "house-model".to_owned(),
        id: "req_1".to_owned(),
        created_at_seconds: 1_700_000_000,
        echo: (client == Dialect::OpenAiResponses).then(|| Echo::read(&samples::request(client))),
    }
}

/// What one run of something takes.
struct Cost {
    nanos: f64,
    allocations: f64,
    bytes: f64,
}

impl Cost {
    #[expect(clippy::cast_precision_loss, reason = "a hundred pieces")]
    fn per(self, parts: usize) -> Self {
        let parts = parts as f64;
        let Self { nanos, allocations, bytes } = self;
        Self { nanos: nanos / parts, allocations: allocations / parts, bytes: bytes / parts }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { nanos, allocations, bytes } = self;
        write!(formatter, "{nanos:>9.0}{allocations:>9.1}{bytes:>9.0}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn cost(mut run: impl FnMut() -> Result<(), WireError>) -> Result<Cost, WireError> {
    runs_in(TIME, &mut run)?;
    let (before, started_at) = (HEAP.taken(), Instant::now());
    let runs = runs_in(TIME, &mut run)? as f64;
    let (elapsed, after) = (started_at.elapsed(), HEAP.taken());
    Ok(Cost {
        nanos: elapsed.as_secs_f64() * 1e9 / runs,
        allocations: (after.count - before.count) as f64 / runs,
        bytes: (after.bytes - before.bytes) as f64 / runs,
    })
}

fn runs_in(
    time: Duration,
    run: &mut impl FnMut() -> Result<(), WireError>,
) -> Result<u64, WireError> {
    let started_at = Instant::now();
    let mut runs = 0;
    while started_at.elapsed() < time {
        black_box(run())?;
        runs += 1;
    }
    Ok(runs)
}
