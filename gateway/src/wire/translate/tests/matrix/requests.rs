//! Every request, as each provider is sent it.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use rstest::rstest;
use serde_json::value::RawValue;

use super::{CLIENTS, PROVIDERS, case::Case, told_alike::ToldAlike};
use crate::wire::{
    Dialect,
    translate::{
        Target,
        tests::{indented, target},
        translate_request,
    },
};

/// The fields that say that an answer is streamed; not every dialect has one.
const OF_STREAMS: [&str; 2] = ["stream", "stream_options"];

#[rstest]
fn a_request_is_told_to_every_provider(
    #[files("src/wire/translate/tests/matrix/requests/*.txt")] path: PathBuf,
) {
    let case = Case::read(&path);
    let mut golden = String::new();
    for provider in PROVIDERS {
        let mut told = ToldAlike::default();
        for client in CLIENTS.into_iter().filter(|client| *client != provider) {
            if let Some(body) = case.given(client, "whole") {
                told.add(client, tell(&case, client, provider, body));
            }
        }
        told.write(provider.as_str(), &mut golden);
    }
    insta::assert_snapshot!(format!("request_{}", case.name), golden);
}

fn tell(case: &Case, client: Dialect, provider: Dialect, body: &str) -> String {
    let model = match provider {
        Dialect::Gemini => "gemini-3-pro",
        Dialect::BedrockConverse => "eu.anthropic.claude-sonnet-4-5",
        _ => "upstream-model",
    };
    let target = Target { model, reasoning: case.reasoning, ..target(provider) };
    let whole = translate_request(client, body.as_bytes(), &target);
    let streaming = Target { is_streaming: true, ..target };
    let streamed = translate_request(client, body.as_bytes(), &streaming);
    match (whole, streamed) {
        (Ok(whole), Ok(streamed)) => {
            assert_eq!(whole.dropped_fields, streamed.dropped_fields);
            assert_eq!(beside_streams(&whole.body), beside_streams(&streamed.body), "{provider:?}");
            let mut told = indented(&whole.body);
            if !whole.dropped_fields.is_empty() {
                write!(told, "\nwithout {}", whole.dropped_fields.join(", ")).unwrap();
            }
            told
        }
        (Ok(whole), Err(error)) => format!("{}\nstreamed: {error}", indented(&whole.body)),
        (Err(error), _) => format!("refused at {:?}: {error}", error.pointer()),
    }
}

/// The text of every other field.
fn beside_streams(body: &[u8]) -> BTreeMap<String, String> {
    let body: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).unwrap();
    let others = body.into_iter().filter(|(field, _)| !OF_STREAMS.contains(&field.as_str()));
    others.map(|(field, value)| (field, value.get().to_owned())).collect()
}
