//! Tools that the provider runs, and what an answer rests on: asked for, told, sent back.

use proptest::prelude::*;
use rstest::rstest;

use super::{context, indented, streams, target};
use crate::{
    kernel::config::UnsupportedFields,
    wire::{
        Dialect::{
            self, AnthropicMessages, BedrockConverse, CohereChat, Gemini, OpenAiChat,
            OpenAiResponses,
        },
        WireError,
        translate::{Target, translate_request, translate_response},
    },
};

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_str!(concat!("server_tools/", $name)))
    };
}

fn short(dialect: Dialect) -> &'static str {
    match dialect {
        AnthropicMessages => "anthropic",
        OpenAiResponses => "responses",
        Gemini => "gemini",
        _ => "openai",
    }
}

/// The body, and the names of what is not in it; or why there is none.
fn asked(from: Dialect, to: Dialect, body: &str) -> String {
    let target = Target { model: "gpt-search", ..target(to) };
    match translate_request(from, body.as_bytes(), &target) {
        Ok(told) => format!("{}\n--- {:?}\n", indented(&told.body), told.dropped_fields),
        Err(error) => format!("--- {:?}: {error}\n", error.pointer()),
    }
}

#[rstest]
#[case(AnthropicMessages, fixture!("ask_anthropic.json"))]
#[case(AnthropicMessages, fixture!("ask_anthropic_plain.json"))]
#[case(AnthropicMessages, fixture!("ask_anthropic_forced.json"))]
#[case(AnthropicMessages, fixture!("ask_anthropic_fetch.json"))]
#[case(OpenAiResponses, fixture!("ask_responses.json"))]
#[case(OpenAiResponses, fixture!("ask_responses_plain.json"))]
#[case(OpenAiChat, fixture!("ask_openai.json"))]
#[case(OpenAiChat, fixture!("ask_openai_plain.json"))]
#[case(Gemini, fixture!("ask_gemini.json"))]
#[case(Gemini, fixture!("ask_gemini_search.json"))]
#[case(AnthropicMessages, fixture!("ask_anthropic_again.json"))]
#[case(Gemini, fixture!("ask_gemini_again.json"))]
fn tools_are_asked_of_every_provider(#[case] from: Dialect, #[case] (name, body): (&str, &str)) {
    let targets = [AnthropicMessages, OpenAiResponses, Gemini, OpenAiChat];
    let told = targets.into_iter().filter(|to| *to != from);
    let told = told.map(|to| format!("=== {}\n{}", short(to), asked(from, to, body)));
    insta::assert_snapshot!(name, told.collect::<String>());
}

#[rstest]
#[case(AnthropicMessages, fixture!("anthropic_searched.json"))]
#[case(AnthropicMessages, fixture!("anthropic_tools.json"))]
#[case(OpenAiResponses, fixture!("responses_searched.json"))]
#[case(Gemini, fixture!("gemini_grounded.json"))]
#[case(Gemini, fixture!("gemini_code.json"))]
#[case(OpenAiChat, fixture!("openai_annotated.json"))]
#[case(OpenAiChat, fixture!("openai_search_results.json"))]
#[case(OpenAiChat, fixture!("openai_citations.json"))]
#[case(CohereChat, fixture!("cohere_cited.json"))]
#[case(BedrockConverse, fixture!("bedrock_cited.json"))]
fn an_answer_is_told_to_every_client(#[case] from: Dialect, #[case] (name, body): (&str, &str)) {
    let clients = [AnthropicMessages, OpenAiResponses, Gemini, OpenAiChat];
    let told = clients.into_iter().filter(|to| *to != from).map(|to| {
        let told = translate_response(from, to, body.as_bytes(), &context()).unwrap();
        format!("=== {}\n{}\n", short(to), indented(&told))
    });
    insta::assert_snapshot!(name, told.collect::<String>());
}

#[rstest]
#[case(AnthropicMessages, fixture!("anthropic_searched.sse"))]
#[case(OpenAiResponses, fixture!("responses_searched.sse"))]
#[case(Gemini, fixture!("gemini_grounded.sse"))]
#[case(OpenAiChat, fixture!("openai_annotated.sse"))]
#[case(OpenAiChat, fixture!("openai_search_results.sse"))]
#[case(CohereChat, fixture!("cohere_cited.sse"))]
#[case(BedrockConverse, fixture!("bedrock_cited.sse"))]
fn a_stream_is_told_to_every_client(#[case] from: Dialect, #[case] (name, stream): (&str, &str)) {
    let clients = [AnthropicMessages, OpenAiResponses, Gemini, OpenAiChat];
    let told = clients.into_iter().filter(|to| *to != from).map(|to| {
        format!("=== {}\n{}", short(to), streams::snapshot_in(&context(), from, to, stream))
    });
    insta::assert_snapshot!(name, told.collect::<String>());
}

const STREAMS: [(Dialect, &str); 7] = [
    (AnthropicMessages, include_str!("server_tools/anthropic_searched.sse")),
    (OpenAiResponses, include_str!("server_tools/responses_searched.sse")),
    (Gemini, include_str!("server_tools/gemini_grounded.sse")),
    (OpenAiChat, include_str!("server_tools/openai_annotated.sse")),
    (OpenAiChat, include_str!("server_tools/openai_search_results.sse")),
    (CohereChat, include_str!("server_tools/cohere_cited.sse")),
    (BedrockConverse, include_str!("server_tools/bedrock_cited.sse")),
];

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        (from, stream) in proptest::sample::select(&STREAMS[..]),
        to in proptest::sample::select(&[OpenAiChat, AnthropicMessages, OpenAiResponses, Gemini][..]),
        lengths in proptest::collection::vec(1..300_usize, 1..40),
    ) {
        let chunks = streams::cut(stream, lengths);
        let split = streams::told_in(&context(), from, to, chunks);
        prop_assert_eq!(split, streams::told_in(&context(), from, to, [stream.as_bytes()]));
    }
}

#[test]
fn a_searched_answer_comes_back_to_anthropic_byte_for_byte() {
    let (_, body) = fixture!("anthropic_searched.json");
    let told = translate_response(AnthropicMessages, OpenAiResponses, body.as_bytes(), &context())
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    let mut input = vec![serde_json::json!({"role": "user", "content": "Wie ist das Wetter?"})];
    input.extend(told["output"].as_array().unwrap().iter().cloned());
    input.push(serde_json::json!({"role": "user", "content": "Und morgen?"}));
    let again =
        serde_json::json!({"model": "m", "input": input, "tools": [{"type": "web_search"}]});
    let target = target(AnthropicMessages);
    let asked = translate_request(OpenAiResponses, again.to_string().as_bytes(), &target).unwrap();
    assert_eq!(asked.dropped_fields, [""; 0]);
    let asked: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    let answered: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(asked["messages"][1]["content"], answered["content"]);
}

#[test]
fn a_searched_answer_comes_back_to_openai_from_a_client_of_anthropic() {
    let (_, body) = fixture!("responses_searched.json");
    let told = translate_response(OpenAiResponses, AnthropicMessages, body.as_bytes(), &context())
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    let again = serde_json::json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "Wie ist das Wetter?"},
        {"role": "assistant", "content": told["content"]},
        {"role": "user", "content": "Und morgen?"},
    ]});
    let target = target(OpenAiResponses);
    let asked =
        translate_request(AnthropicMessages, again.to_string().as_bytes(), &target).unwrap();
    assert_eq!(asked.dropped_fields, [""; 0]);
    let asked: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    let answered: serde_json::Value = serde_json::from_str(body).unwrap();
    let mut search = answered["output"][1].clone();
    search["action"].as_object_mut().unwrap().remove("sources");
    assert_eq!(asked["input"][2], search);
    assert_eq!(asked["input"][3], answered["output"][2]);
    assert_eq!(asked["input"][4], answered["output"][3]);
}

#[rstest]
#[case(
    AnthropicMessages,
    r#""tools":[{"type":"computer_20250124","name":"computer"}]"#,
    "tools[0]"
)]
#[case(AnthropicMessages, r#""tools":[{"type":"mcp_toolset","mcp_server_name":"x"}]"#, "tools[0]")]
#[case(OpenAiResponses, r#""tools":[{"type":"web_search"},{"type":"file_search"}]"#, "tools[1]")]
#[case(OpenAiResponses, r#""tools":[{"type":"mcp","server_label":"x"}]"#, "tools[0]")]
#[case(OpenAiResponses, r#""tools":[{"type":"image_generation"}]"#, "tools[0]")]
#[case(OpenAiResponses, r#""tools":[{"type":"computer_use_preview"}]"#, "tools[0]")]
#[case(
    OpenAiResponses,
    r#""tools":[{"type":"code_interpreter","container":"cntr_1"}]"#,
    "tools[0].container"
)]
fn a_tool_that_no_other_vendor_has_is_refused_by_its_place(
    #[case] from: Dialect,
    #[case] tools: &str,
    #[case] place: &str,
) {
    let body = format!(r#"{{"model":"m","max_tokens":9,"messages":[],"input":"Hi",{tools}}}"#);
    let body = match from {
        AnthropicMessages => body.replace(r#""input":"Hi","#, ""),
        _ => body.replace(r#""max_tokens":9,"messages":[],"#, ""),
    };
    let refused = translate_request(from, body.as_bytes(), &target(Gemini)).unwrap_err();
    assert!(matches!(refused, WireError::Unsupported { .. }), "{refused:?}");
    assert_eq!(refused.pointer(), Some(place));
    let unsupported_fields = UnsupportedFields::Drop;
    let dropping = Target { unsupported_fields, ..target(Gemini) };
    let told = translate_request(from, body.as_bytes(), &dropping).unwrap();
    assert_eq!(told.dropped_fields, [place]);
}

#[test]
fn what_would_work_is_said() {
    let (_, body) = fixture!("ask_anthropic_plain.json");
    let refused =
        translate_request(AnthropicMessages, body.as_bytes(), &target(CohereChat)).unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("`tools[0]` asks for web search"), "{said}");
    assert!(said.contains("the OpenAI Responses API"), "{said}");
}

#[test]
fn documents_that_are_to_be_cited_go_to_cohere_and_bedrock_alone() {
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[
        {"type":"document","source":{"type":"text","media_type":"text/plain","data":"21 °C"},
         "title":"Wetter","citations":{"enabled":true}},{"type":"text","text":"Wie warm?"}]}]}"#;
    let told = translate_request(AnthropicMessages, body.as_bytes(), &target(CohereChat)).unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(sent["documents"][0]["data"]["title"], "Wetter");
    let told = translate_request(AnthropicMessages, body.as_bytes(), &target(BedrockConverse));
    let sent: serde_json::Value = serde_json::from_slice(&told.unwrap().body).unwrap();
    let document = &sent["messages"][0]["content"][0]["document"];
    assert_eq!(document["citations"], serde_json::json!({"enabled": true}));
    for to in [OpenAiChat, OpenAiResponses, Gemini] {
        let refused =
            translate_request(AnthropicMessages, body.as_bytes(), &target(to)).unwrap_err();
        assert_eq!(refused.pointer(), Some("messages.citations"));
    }
}
