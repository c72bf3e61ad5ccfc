//! Every answer, as each client is told it; every stream whole, byte by byte, and in random pieces.

use std::path::PathBuf;

use rstest::rstest;

use super::{CLIENTS, PROVIDERS, case::Case, told_alike::ToldAlike};
use crate::wire::{
    Dialect,
    translate::{
        Echo, TranslationContext,
        tests::{context, indented, streams::told_in},
        translate_response,
    },
};

/// In how many ways each stream is cut, beside whole and byte by byte.
const SEEDS: u64 = 12;
/// The longest piece of a stream, in bytes.
const LONGEST_PIECE: u64 = 97;

#[rstest]
fn an_answer_is_told_to_every_client(
    #[files("src/wire/translate/tests/matrix/answers/*.txt")] path: PathBuf,
) {
    let case = Case::read(&path);
    let mut golden = String::new();
    for client in CLIENTS {
        let mut whole = ToldAlike::default();
        let mut streamed = ToldAlike::default();
        for provider in PROVIDERS.into_iter().filter(|provider| *provider != client) {
            if let Some(body) = case.given(provider, "whole") {
                whole.add(provider, tell_whole(provider, client, body));
            }
            if let Some(stream) = case.given(provider, "streamed") {
                streamed.add(provider, tell_streamed(provider, client, stream));
            }
        }
        whole.write(&format!("{}, whole", client.as_str()), &mut golden);
        streamed.write(&format!("{}, streamed", client.as_str()), &mut golden);
    }
    insta::assert_snapshot!(format!("answer_{}", case.name), golden);
}

fn tell_whole(provider: Dialect, client: Dialect, body: &str) -> String {
    match translate_response(provider, client, body.as_bytes(), &context_of(client)) {
        Ok(told) => indented(&told),
        Err(error) => format!("an error: {error}"),
    }
}

fn tell_streamed(provider: Dialect, client: Dialect, stream: &str) -> String {
    let bytes = format!("{}\n\n", stream.trim_end()).into_bytes();
    let context = context_of(client);
    let told = told_in(&context, provider, client, [&*bytes]);
    assert_eq!(told, told_in(&context, provider, client, bytes.chunks(1)), "byte by byte");
    for seed in 0..SEEDS {
        let cut = told_in(&context, provider, client, pieces(&bytes, seed));
        assert_eq!(told, cut, "in pieces of seed {seed}");
    }
    match told {
        (told, Ok(())) => told,
        (told, Err(error)) => format!("{told}an error: {error}"),
    }
}

/// A client of the Responses API reads its own settings in each answer.
fn context_of(client: Dialect) -> TranslationContext {
    let echo = (client == Dialect::OpenAiResponses).then(|| Echo::read(b"{}"));
    TranslationContext { echo, ..context() }
}

/// The same pieces for the same seed, on every machine.
fn pieces(mut rest: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut state = seed;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        // Knuth's linear congruential generator, its upper bits.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = usize::try_from((state >> 33) % LONGEST_PIECE + 1).unwrap();
        let (piece, later) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = later;
    }
    pieces
}
