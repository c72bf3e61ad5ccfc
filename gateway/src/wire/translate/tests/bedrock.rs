//! Amazon Bedrock's Converse, towards it and from it.

use proptest::prelude::*;
use rstest::rstest;

use super::{
    context, indented,
    streams::{cut, snapshot_in},
    target,
};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect,
        Dialect::{AnthropicMessages, BedrockConverse, OpenAiChat},
        WireError,
        translate::{StreamTranslator, Target, translate_request, translate_response},
    },
};

const CLAUDE: &str = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA: &str = "amazon.nova-pro-v1:0";

macro_rules! case {
    ($folder:literal, $case:literal, $kind:literal) => {
        ($case, include_str!(concat!($folder, "/", $case, ".", $kind)))
    };
}

macro_rules! request {
    ($case:literal) => {
        case!("bedrock_requests", $case, "json")
    };
}

macro_rules! openai {
    ($case:literal) => {
        case!("openai_requests", $case, "json")
    };
}

macro_rules! anthropic {
    ($case:literal) => {
        case!("anthropic_requests", $case, "json")
    };
}

/// The body as it is sent, and below it what was dropped; or why it is refused.
fn told(from: Dialect, body: &str, target: &Target<'_>) -> String {
    let told = match translate_request(from, body.as_bytes(), target) {
        Ok(told) => told,
        Err(error) => return format!("--- refused, {:?}: {error}", error.pointer()),
    };
    let dropped = told.dropped_fields.join(", ");
    let dropped =
        if dropped.is_empty() { String::new() } else { format!("\n--- without {dropped}") };
    format!("{}{dropped}", indented(&told.body))
}

fn bedrock(model: &str) -> Target<'_> {
    Target { model, output_limit: Some(777), ..target(BedrockConverse) }
}

#[rstest]
#[case(openai!("text"))]
#[case(openai!("no_limit"))]
#[case(openai!("stream"))]
#[case(openai!("images"))]
#[case(openai!("tools"))]
#[case(openai!("tool_choice_required"))]
#[case(openai!("tool_choice_named"))]
#[case(openai!("tool_choice_none"))]
#[case(openai!("one_tool_at_a_time"))]
#[case(openai!("answer_schema"))]
#[case(openai!("nulls"))]
#[case(openai!("hints"))]
#[case(openai!("documents"))]
#[case(openai!("signed_thoughts"))]
#[case(request!("media"))]
#[case(request!("image_url"))]
#[case(request!("file_type"))]
#[case(request!("audio_type"))]
#[case(request!("closed_tools"))]
#[case(request!("tools_gone"))]
#[case(request!("one_forced_tool"))]
#[case(request!("sampling"))]
#[case(request!("hot"))]
#[case(request!("penalty"))]
#[case(request!("json_object"))]
fn an_openai_request_is_told_to_a_model_of_anthropics(#[case] (case, body): (&str, &str)) {
    let told = told(OpenAiChat, body, &bedrock(CLAUDE));
    insta::assert_snapshot!(format!("openai_to_bedrock_{case}"), told);
}

#[rstest]
#[case(openai!("one_tool_at_a_time"))]
#[case(openai!("signed_thoughts"))]
#[case(request!("sampling"))]
#[case(request!("top_k"))]
fn an_openai_request_is_told_to_another_model(#[case] (case, body): (&str, &str)) {
    let told = told(OpenAiChat, body, &bedrock(NOVA));
    insta::assert_snapshot!(format!("openai_to_nova_{case}"), told);
}

#[rstest]
#[case(anthropic!("text"))]
#[case(anthropic!("system_blocks"))]
#[case(anthropic!("images"))]
#[case(anthropic!("tools"))]
#[case(anthropic!("tool_choice_any"))]
#[case(anthropic!("tool_choice_named"))]
#[case(anthropic!("tool_choice_none"))]
#[case(anthropic!("answer_schema"))]
#[case(anthropic!("only_thoughts"))]
#[case(anthropic!("hints"))]
#[case(anthropic!("documents"))]
#[case(anthropic!("cache_marks"))]
#[case(anthropic!("failed_tool"))]
#[case(anthropic!("unicode"))]
#[case(request!("results"))]
fn an_anthropic_request_is_told_to_another_model(#[case] (case, body): (&str, &str)) {
    let told = told(AnthropicMessages, body, &bedrock(NOVA));
    insta::assert_snapshot!(format!("anthropic_to_nova_{case}"), told);
}

#[rstest]
#[case(anthropic!("cache_marks"))]
#[case(request!("results"))]
fn an_anthropic_request_is_told_to_a_model_of_anthropics(#[case] (case, body): (&str, &str)) {
    let told = told(AnthropicMessages, body, &bedrock(CLAUDE));
    insta::assert_snapshot!(format!("anthropic_to_bedrock_{case}"), told);
}

#[test]
fn a_model_without_a_cache_gets_no_marks() {
    let (_, body) = anthropic!("cache_marks");
    let told = told(AnthropicMessages, body, &bedrock("meta.llama4-maverick-17b-instruct-v1:0"));
    assert!(!told.contains("cachePoint"), "{told}");
    assert!(told.ends_with("--- without cache_control"), "{told}");
}

#[rstest]
#[case("effort", CLAUDE, Some(ReasoningControl::Effort))]
#[case("budget", CLAUDE, Some(ReasoningControl::Budget))]
#[case("none", CLAUDE, None)]
#[case("effort_of_nova", NOVA, Some(ReasoningControl::Effort))]
#[case("budget_of_nova", NOVA, Some(ReasoningControl::Budget))]
fn an_effort_is_told_as_the_model_takes_it(
    #[case] case: &str,
    #[case] model: &str,
    #[case] reasoning: Option<ReasoningControl>,
) {
    let (_, body) = request!("effort");
    let unsupported_fields = UnsupportedFields::Drop;
    let target =
        Target { reasoning, output_limit: Some(8_000), unsupported_fields, ..bedrock(model) };
    let told = told(OpenAiChat, body, &target);
    insta::assert_snapshot!(format!("bedrock_reasoning_{case}"), told);
}

macro_rules! response {
    ($case:literal) => {
        case!("bedrock_responses", $case, "json")
    };
}

#[rstest]
#[case(response!("text"))]
#[case(response!("tools"))]
#[case(response!("thoughts"))]
#[case(response!("unsigned_thought"))]
#[case(response!("stop_sequence"))]
#[case(response!("output_limit"))]
#[case(response!("window"))]
#[case(response!("guardrail"))]
#[case(response!("filtered"))]
#[case(response!("cited"))]
fn an_answer_is_told_to_both_clients(#[case] (case, body): (&str, &str)) {
    for (to, client) in [(OpenAiChat, "openai"), (AnthropicMessages, "anthropic")] {
        let told = translate_response(BedrockConverse, to, body.as_bytes(), &context());
        insta::assert_snapshot!(format!("bedrock_to_{client}_{case}"), indented(&told.unwrap()));
    }
}

#[rstest]
#[case("<html>")]
#[case("{}")]
#[case(r#"{"output":{}}"#)]
#[case(r#"{"message":"no"}"#)]
#[case(
    r#"{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"f","input":[]}}]}}}"#
)]
#[case(r#"{"output":{"message":{"content":[{"toolUse":{"toolUseId":"t","name":"f"}}]}}}"#)]
#[case(
    r#"{"output":{"message":{"content":[{"text":"On"}]}},"stopReason":"malformed_model_output"}"#
)]
fn an_answer_that_breaks_its_own_dialect_is_nonsense(#[case] body: &str) {
    let error = translate_response(BedrockConverse, OpenAiChat, body.as_bytes(), &context());
    assert!(matches!(error, Err(WireError::Nonsense(_))), "{error:?}");
}

macro_rules! stream {
    ($case:literal) => {
        case!("bedrock_streams", $case, "sse")
    };
}

#[rstest]
#[case(stream!("text"))]
#[case(stream!("tools"))]
#[case(stream!("thoughts"))]
#[case(stream!("server_tool"))]
#[case(stream!("stop_sequence"))]
#[case(stream!("output_limit_in_a_call"))]
#[case(stream!("guardrail"))]
#[case(stream!("malformed"))]
#[case(stream!("no_metadata"))]
#[case(stream!("cut"))]
#[case(stream!("error"))]
#[case(stream!("first_error"))]
#[case(stream!("unknown"))]
#[case(stream!("stray_arguments"))]
fn a_stream_is_told_to_both_clients(#[case] (case, stream): (&str, &str)) {
    for (to, client) in [(OpenAiChat, "openai"), (AnthropicMessages, "anthropic")] {
        let told = snapshot_in(&context(), BedrockConverse, to, stream);
        insta::assert_snapshot!(format!("bedrock_stream_to_{client}_{case}"), told);
    }
}

const STREAMS: [&str; 4] = [
    include_str!("bedrock_streams/text.sse"),
    include_str!("bedrock_streams/tools.sse"),
    include_str!("bedrock_streams/thoughts.sse"),
    include_str!("bedrock_streams/error.sse"),
];

fn replayed<'a>(
    to: Dialect,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (String, Result<(), WireError>) {
    let mut translator = StreamTranslator::new(BedrockConverse, to, context(), true);
    let mut out = Vec::new();
    let pushed = chunks.into_iter().try_for_each(|chunk| translator.push(chunk, &mut out));
    let ended = pushed.and_then(|()| translator.finish(&mut out));
    (String::from_utf8(out).unwrap(), ended)
}

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        stream in proptest::sample::select(&STREAMS[..]),
        to in proptest::sample::select(&[OpenAiChat, AnthropicMessages][..]),
        lengths in proptest::collection::vec(1..200_usize, 1..40),
    ) {
        let chunks = cut(stream, lengths);
        prop_assert_eq!(replayed(to, chunks), replayed(to, [stream.as_bytes()]));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        name in "(contentBlockDelta|contentBlockStart|messageStop|metadata|error)",
        body in "\\{\"(delta|start|usage|stopReason|error)\":.{0,40}\\}",
    ) {
        let event = format!("event: {name}\ndata: {body}\n\n");
        let (told, _) = replayed(OpenAiChat, [event.as_bytes(), &bytes]);
        prop_assert!(told.is_empty() || told.ends_with("\n\n"));
        let _ = translate_response(BedrockConverse, OpenAiChat, &bytes, &context());
        let _ = translate_response(BedrockConverse, OpenAiChat, body.as_bytes(), &context());
    }
}
