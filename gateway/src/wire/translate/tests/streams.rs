use proptest::prelude::*;
use rstest::rstest;

use super::{context, target};
use crate::wire::{
    Dialect,
    Dialect::{AnthropicMessages, OpenAiChat},
    WireError,
    translate::{StreamTranslator, TranslationContext},
};

macro_rules! openai {
    ($case:literal) => {
        ($case, include_str!(concat!("openai_streams/", $case, ".sse")))
    };
}

macro_rules! anthropic {
    ($case:literal) => {
        ($case, include_str!(concat!("anthropic_streams/", $case, ".sse")))
    };
}

/// What comes out of a stream fed in these chunks, and how it ended.
pub(super) fn tell<'a>(
    from: Dialect,
    to: Dialect,
    asks_for_usage: bool,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (String, Result<(), WireError>) {
    told_by(StreamTranslator::new(from, to, context(), asks_for_usage), chunks)
}

fn told_by<'a>(
    mut translator: StreamTranslator,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (String, Result<(), WireError>) {
    let mut out = Vec::new();
    let pushed = chunks.into_iter().try_for_each(|chunk| translator.push(chunk, &mut out));
    let ended = pushed.and_then(|()| translator.finish(&mut out));
    (String::from_utf8(out).unwrap(), ended)
}

fn snapshot_of(from: Dialect, to: Dialect, asks_for_usage: bool, stream: &str) -> String {
    snapshot(stream, || StreamTranslator::new(from, to, context(), asks_for_usage))
}

pub(super) fn snapshot_in(
    context: &TranslationContext,
    from: Dialect,
    to: Dialect,
    stream: &str,
) -> String {
    snapshot(stream, || StreamTranslator::new(from, to, context.clone(), true))
}

/// What comes out of a stream fed in these chunks, and how it ended.
pub(super) fn told_in<'a>(
    context: &TranslationContext,
    from: Dialect,
    to: Dialect,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (String, Result<(), WireError>) {
    told_by(StreamTranslator::new(from, to, context.clone(), true), chunks)
}

/// A stream in pieces of these lengths, and what is left of it.
pub(super) fn cut(stream: &str, lengths: Vec<usize>) -> Vec<&[u8]> {
    let mut rest = stream.as_bytes();
    let mut chunks = Vec::with_capacity(lengths.len() + 1);
    for length in lengths {
        let (chunk, later) = rest.split_at(length.min(rest.len()));
        chunks.push(chunk);
        rest = later;
    }
    chunks.push(rest);
    chunks
}

fn snapshot(stream: &str, translator: impl Fn() -> StreamTranslator) -> String {
    let (whole, ended) = told_by(translator(), [stream.as_bytes()]);
    let (bytewise, ended_bytewise) = told_by(translator(), stream.as_bytes().chunks(1));
    assert_eq!((&whole, &ended), (&bytewise, &ended_bytewise), "byte by byte differs");
    match ended {
        Ok(()) => whole,
        Err(error) => format!("{whole}--- {error}\n"),
    }
}

#[rstest]
#[case(openai!("text"))]
#[case(openai!("tools"))]
#[case(openai!("same_index"))]
#[case(openai!("sparse"))]
#[case(openai!("missing_ids"))]
#[case(openai!("refusal"))]
#[case(openai!("thoughts"))]
#[case(openai!("signed_thoughts"))]
#[case(openai!("error"))]
#[case(openai!("error_text"))]
#[case(openai!("interleaved"))]
#[case(openai!("cut"))]
#[case(openai!("html"))]
fn an_openai_stream_is_told_to_an_anthropic_client(#[case] (case, stream): (&str, &str)) {
    let told = snapshot_of(OpenAiChat, AnthropicMessages, false, stream);
    insta::assert_snapshot!(format!("openai_to_anthropic_{case}"), told);
}

#[rstest]
#[case(anthropic!("text"))]
#[case(anthropic!("tools"))]
#[case(anthropic!("thoughts"))]
#[case(anthropic!("whole_input"))]
#[case(anthropic!("stop_sequence"))]
#[case(anthropic!("error"))]
#[case(anthropic!("not_open"))]
#[case(anthropic!("cut"))]
fn an_anthropic_stream_is_told_to_an_openai_client(#[case] (case, stream): (&str, &str)) {
    let told = snapshot_of(AnthropicMessages, OpenAiChat, false, stream);
    insta::assert_snapshot!(format!("anthropic_to_openai_{case}"), told);
}

#[test]
fn usage_is_told_in_a_last_chunk_to_an_openai_client_that_asked() {
    let (_, stream) = anthropic!("text");
    let told = snapshot_of(AnthropicMessages, OpenAiChat, true, stream);
    insta::assert_snapshot!("anthropic_to_openai_text_with_usage", told);
}

#[test]
fn an_empty_stream_is_no_answer() {
    for (from, to) in [(OpenAiChat, AnthropicMessages), (AnthropicMessages, OpenAiChat)] {
        let (told, ended) = tell(from, to, true, []);
        assert_eq!(told, "");
        assert!(matches!(ended, Err(WireError::Nonsense(_))), "{ended:?}");
    }
}

#[test]
fn a_translator_that_failed_says_no_more() {
    let mut translator = StreamTranslator::new(OpenAiChat, AnthropicMessages, context(), false);
    let mut out = Vec::new();
    let failure = translator.push(b"data: <html>\n\n", &mut out).unwrap_err();
    assert_eq!(translator.push(b"data: [DONE]\n\n", &mut out), Err(failure.clone()));
    assert_eq!(translator.finish(&mut out), Err(failure));
    assert!(out.is_empty());
}

const STREAMS: [(Dialect, &str); 6] = [
    (OpenAiChat, include_str!("openai_streams/text.sse")),
    (OpenAiChat, include_str!("openai_streams/tools.sse")),
    (OpenAiChat, include_str!("openai_streams/interleaved.sse")),
    (AnthropicMessages, include_str!("anthropic_streams/text.sse")),
    (AnthropicMessages, include_str!("anthropic_streams/tools.sse")),
    (AnthropicMessages, include_str!("anthropic_streams/error.sse")),
];

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        (from, stream) in proptest::sample::select(&STREAMS[..]),
        lengths in proptest::collection::vec(1..200_usize, 1..40),
        asks_for_usage: bool,
    ) {
        let to = if from == OpenAiChat { AnthropicMessages } else { OpenAiChat };
        let chunks = cut(stream, lengths);
        prop_assert_eq!(
            tell(from, to, asks_for_usage, chunks),
            tell(from, to, asks_for_usage, [stream.as_bytes()])
        );
    }

    #[test]
    fn the_arguments_of_a_tool_arrive_whole_however_the_provider_cuts_them(
        city in "\\PC{0,30}",
        cuts in proptest::collection::vec(1..6_usize, 0..20),
    ) {
        let arguments = serde_json::json!({ "city": city }).to_string();
        let deltas = pieces(&arguments, &cuts);
        let (told, ended) = tell(OpenAiChat, AnthropicMessages, false, [&*openai_call(&deltas)]);
        prop_assert_eq!(ended, Ok(()));
        prop_assert_eq!(joined(&told, "/delta/partial_json"), &*arguments);
        let (told, ended) = tell(AnthropicMessages, OpenAiChat, false, [&*anthropic_call(&deltas)]);
        prop_assert_eq!(ended, Ok(()));
        let path = "/choices/0/delta/tool_calls/0/function/arguments";
        prop_assert_eq!(joined(&told, path), arguments);
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        body in "(data: )?[\\[{]\"(choices|type|delta|error)\":.{0,40}[\\]}]\n\n",
    ) {
        for (from, to) in [(OpenAiChat, AnthropicMessages), (AnthropicMessages, OpenAiChat)] {
            let (told, _) = tell(from, to, true, [body.as_bytes(), &bytes]);
            prop_assert!(told.is_empty() || told.ends_with("\n\n"));
            for input in [&bytes[..], body.as_bytes()] {
                let _ = super::super::translate_request(from, input, &target(to));
                let _ = super::super::translate_response(from, to, input, &context());
            }
        }
    }
}

fn pieces<'a>(text: &'a str, lengths: &[usize]) -> Vec<&'a str> {
    let mut rest = text;
    let mut pieces = Vec::new();
    for length in lengths {
        let at = rest.char_indices().nth(*length).map_or(rest.len(), |(at, _)| at);
        let (piece, later) = rest.split_at(at);
        pieces.push(piece);
        rest = later;
    }
    pieces.push(rest);
    pieces
}

fn openai_call(deltas: &[&str]) -> Vec<u8> {
    let mut calls = vec![serde_json::json!({"index": 0, "id": "c", "function": {"name": "f"}})];
    calls.extend(
        deltas
            .iter()
            .map(|delta| serde_json::json!({"index": 0, "function": {"arguments": delta}})),
    );
    let chunks = calls.iter().map(|call| {
        format!("data: {}\n\n", serde_json::json!({"choices": [{"delta": {"tool_calls": [call]}}]}))
    });
    chunks.chain(["data: [DONE]\n\n".to_owned()]).collect::<String>().into_bytes()
}

fn anthropic_call(deltas: &[&str]) -> Vec<u8> {
    let start = "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\
                 \"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}";
    let deltas = deltas.iter().map(|delta| {
        let delta = serde_json::json!({"type": "input_json_delta", "partial_json": delta});
        serde_json::json!({"type": "content_block_delta", "index": 0, "delta": delta}).to_string()
    });
    let events = [start.to_owned()].into_iter().chain(deltas);
    let events = events.chain([r#"{"type":"message_stop"}"#.to_owned()]);
    let events: Vec<_> = events.map(|event| format!("data: {event}\n\n")).collect();
    events.concat().into_bytes()
}

/// The texts at a path of every event, one after the other.
fn joined(stream: &str, path: &str) -> String {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
    events.filter_map(|event| event.pointer(path)?.as_str().map(str::to_owned)).collect()
}
