//! Models of Google's, for clients of other dialects.

use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Map, Value, json};

use super::{context, indented, streams::snapshot_in, target};
use crate::{
    kernel::config::{ReasoningControl, UnsupportedFields},
    wire::{
        Dialect::{self, AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses},
        WireError,
        translate::{StreamTranslator, Target, translate_request, translate_response},
    },
};

macro_rules! request {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!($from, "_requests/", $case, ".json")))
    };
}

macro_rules! own_request {
    ($from:literal, $case:literal) => {
        (
            $from,
            $case,
            include_str!(concat!("gemini_provider_requests/", $from, "_", $case, ".json")),
        )
    };
}

macro_rules! answer {
    ($case:literal) => {
        ($case, include_str!(concat!("gemini_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($case:literal) => {
        ($case, include_str!(concat!("gemini_streams/", $case, ".sse")))
    };
}

const CLIENTS: [(&str, Dialect); 2] = [("openai", OpenAiChat), ("anthropic", AnthropicMessages)];

fn dialect(name: &str) -> Dialect {
    match name {
        "openai" => OpenAiChat,
        "anthropic" => AnthropicMessages,
        _ => OpenAiResponses,
    }
}

fn gemini(model: &'static str) -> Target<'static> {
    Target { model, ..target(Gemini) }
}

/// The body as it is sent, and below it the names of what was dropped.
fn told(from: Dialect, body: &str, target: &Target<'_>) -> String {
    let told = translate_request(from, body.as_bytes(), target).unwrap();
    let dropped = told.dropped_fields.join(", ");
    let dropped =
        if dropped.is_empty() { String::new() } else { format!("\n--- without {dropped}") };
    format!("{}{dropped}", indented(&told.body))
}

fn sent(from: Dialect, body: &str, target: &Target<'_>) -> Value {
    let told = translate_request(from, body.as_bytes(), target).unwrap();
    serde_json::from_slice(&told.body).unwrap()
}

fn refusal(from: Dialect, body: &str) -> WireError {
    translate_request(from, body.as_bytes(), &gemini("gemini-2.5-flash")).unwrap_err()
}

#[rstest]
#[case(request!("openai", "text"))]
#[case(request!("openai", "no_limit"))]
#[case(request!("openai", "stream"))]
#[case(request!("openai", "images"))]
#[case(request!("openai", "documents"))]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "tool_choice_named"))]
#[case(request!("openai", "tool_choice_none"))]
#[case(request!("openai", "answer_schema"))]
#[case(request!("openai", "nulls"))]
#[case(request!("openai", "hints"))]
#[case(request!("openai", "signed_thoughts"))]
#[case(own_request!("openai", "media"))]
#[case(own_request!("openai", "settings"))]
#[case(own_request!("openai", "large_seed"))]
#[case(own_request!("openai", "results"))]
#[case(own_request!("openai", "signed_calls"))]
#[case(request!("anthropic", "text"))]
#[case(request!("anthropic", "system_blocks"))]
#[case(request!("anthropic", "images"))]
#[case(request!("anthropic", "documents"))]
#[case(request!("anthropic", "failed_tool"))]
#[case(request!("anthropic", "tool_choice_any"))]
#[case(request!("anthropic", "answer_schema"))]
#[case(request!("anthropic", "cache_marks"))]
#[case(request!("anthropic", "hints"))]
#[case(request!("anthropic", "unicode"))]
#[case(own_request!("anthropic", "signed_thoughts"))]
#[case(own_request!("anthropic", "result_media"))]
#[case(request!("responses", "media"))]
#[case(request!("responses", "signed_thoughts"))]
fn a_request_is_told_to_gemini(#[case] (from, case, body): (&str, &str, &str)) {
    let target = Target { output_limit: Some(777), ..gemini("gemini-2.5-flash") };
    insta::assert_snapshot!(format!("from_{from}_{case}"), told(dialect(from), body, &target));
}

#[rstest]
#[case(request!("openai", "tools"))]
#[case(request!("openai", "signed_thoughts"))]
#[case(own_request!("openai", "signed_calls"))]
#[case(own_request!("anthropic", "signed_thoughts"))]
fn a_model_that_demands_signatures_is_given_one_for_the_first_call_of_each_step(
    #[case] (from, case, body): (&str, &str, &str),
) {
    let told = told(dialect(from), body, &gemini("gemini-3-pro-preview"));
    insta::assert_snapshot!(format!("signed_from_{from}_{case}"), told);
}

#[rstest]
#[case("gemini-3-flash", None, true)]
#[case("gemini-3.1-pro-preview", None, true)]
#[case("gemini-10-pro", None, true)]
#[case("gemini-flash-latest", None, true)]
#[case("publishers/google/models/gemini-3.5-flash", None, true)]
#[case("gemini-2.5-pro", None, false)]
#[case("models/gemini-2.0-flash", Some(ReasoningControl::Budget), false)]
#[case("gemma-3-27b-it", None, false)]
#[case("our-tuned-model", None, false)]
#[case("our-tuned-model", Some(ReasoningControl::Effort), true)]
fn only_what_is_known_to_demand_signatures_and_ids_is_sent_them(
    #[case] model: &'static str,
    #[case] reasoning: Option<ReasoningControl>,
    #[case] demands: bool,
) {
    let (_, _, body) = request!("openai", "tools");
    let target = Target { reasoning, ..gemini(model) };
    let contents = &sent(OpenAiChat, body, &target)["contents"];
    let expected = |value: &str| if demands { json!(value) } else { Value::Null };
    let call = &contents[1]["parts"][0];
    assert_eq!(call["thoughtSignature"], expected("skip_thought_signature_validator"));
    assert_eq!(call["functionCall"]["id"], expected("call_1"));
    let result = &contents[2]["parts"][0]["functionResponse"];
    assert_eq!(result["id"], expected("call_1"));
}

#[rstest]
#[case(r#""reasoning_effort":"none""#, json!({"thinkingLevel":"LOW"}), json!({"thinkingBudget":0}))]
#[case(
    r#""reasoning_effort":"minimal""#,
    json!({"includeThoughts":true,"thinkingLevel":"LOW"}),
    json!({"includeThoughts":true,"thinkingBudget":1024})
)]
#[case(
    r#""reasoning_effort":"medium""#,
    json!({"includeThoughts":true,"thinkingLevel":"MEDIUM"}),
    json!({"includeThoughts":true,"thinkingBudget":8192})
)]
#[case(
    r#""reasoning_effort":"xhigh""#,
    json!({"includeThoughts":true,"thinkingLevel":"HIGH"}),
    json!({"includeThoughts":true,"thinkingBudget":24576})
)]
#[case(r#""seed":1"#, Value::Null, Value::Null)]
fn an_effort_is_told_as_the_model_takes_it(
    #[case] fragment: &str,
    #[case] as_effort: Value,
    #[case] as_budget: Value,
) {
    let body = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{fragment}}}"#);
    assert_eq!(thinking(OpenAiChat, &body, ReasoningControl::Effort), as_effort);
    assert_eq!(thinking(OpenAiChat, &body, ReasoningControl::Budget), as_budget);
}

#[rstest]
#[case(r#"{"type":"adaptive"}"#, json!({}), json!({"thinkingBudget":-1}))]
#[case(
    r#"{"type":"enabled","budget_tokens":4096}"#,
    json!({"thinkingLevel":"LOW"}),
    json!({"thinkingBudget":4096})
)]
#[case(
    r#"{"type":"enabled","budget_tokens":16384}"#,
    json!({"thinkingLevel":"MEDIUM"}),
    json!({"thinkingBudget":16384})
)]
#[case(
    r#"{"type":"enabled","budget_tokens":64000}"#,
    json!({"thinkingLevel":"HIGH"}),
    json!({"thinkingBudget":24576})
)]
fn thinking_is_told_as_the_model_takes_it(
    #[case] asked: &str,
    #[case] mut as_effort: Value,
    #[case] mut as_budget: Value,
) {
    let body = format!(r#"{{"max_tokens":99,"messages":[],"thinking":{asked}}}"#);
    as_effort["includeThoughts"] = true.into();
    as_budget["includeThoughts"] = true.into();
    assert_eq!(thinking(AnthropicMessages, &body, ReasoningControl::Effort), as_effort);
    assert_eq!(thinking(AnthropicMessages, &body, ReasoningControl::Budget), as_budget);
}

fn thinking(from: Dialect, body: &str, reasoning: ReasoningControl) -> Value {
    let target = Target { reasoning: Some(reasoning), ..gemini("gemini-flash") };
    sent(from, body, &target)["generationConfig"]["thinkingConfig"].take()
}

#[test]
fn a_model_that_cannot_do_without_thought_is_given_the_least_of_it() {
    let body = r#"{"messages":[],"reasoning_effort":"none"}"#;
    let reasoning = Some(ReasoningControl::Budget);
    let target = Target { reasoning, ..gemini("gemini-2.5-pro") };
    let config = &sent(OpenAiChat, body, &target)["generationConfig"]["thinkingConfig"];
    assert_eq!(*config, json!({"thinkingBudget": 128}));
}

#[rstest]
#[case("parallel_tool_calls", OpenAiChat, request!("openai", "one_tool_at_a_time").2)]
#[case("parallel_tool_calls", OpenAiChat, request!("openai", "tool_choice_required").2)]
#[case("parallel_tool_calls", AnthropicMessages, request!("anthropic", "tools").2)]
#[case("parallel_tool_calls", OpenAiResponses, request!("responses", "conversation").2)]
#[case("stop", OpenAiChat, r#"{"messages":[],"stop":["1","2","3","4","5","6"]}"#)]
#[case("n", OpenAiChat, r#"{"messages":[],"n":2}"#)]
#[case("messages", AnthropicMessages, request!("anthropic", "only_thoughts").2)]
#[case(
    "messages",
    OpenAiChat,
    r#"{"messages":[{"role":"tool","tool_call_id":"c","content":"x"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]}]}"#
)]
#[case(
    "messages",
    OpenAiChat,
    r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example.png/view?f=a.png"}}]}]}"#
)]
#[case(
    "messages",
    OpenAiChat,
    r#"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example/a.pdf"}}]}]}"#
)]
#[case(
    "messages",
    AnthropicMessages,
    r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://a.example/a.png"}}]}]}"#
)]
fn what_gemini_cannot_be_asked_is_refused_by_its_name(
    #[case] field: &str,
    #[case] from: Dialect,
    #[case] body: &str,
) {
    let error = refusal(from, body);
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[test]
fn what_may_be_dropped_is_dropped_and_told_by_its_name() {
    let body = r#"{"messages":[{"role":"user","content":"Hi"}],"parallel_tool_calls":false,
        "tools":[{"type":"function","function":{"name":"now"}}],
        "stop":["1","2","3","4","5","6"]}"#;
    let unsupported_fields = UnsupportedFields::Drop;
    let target = Target { unsupported_fields, ..gemini("gemini-2.5-flash") };
    let told = translate_request(OpenAiChat, body.as_bytes(), &target).unwrap();
    assert_eq!(told.dropped_fields, ["parallel_tool_calls", "stop"]);
    let sent: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(sent["generationConfig"]["stopSequences"], json!(["1", "2", "3", "4", "5"]));
    assert_eq!(sent.get("toolConfig"), None);
}

#[rstest]
#[case(answer!("text"))]
#[case(answer!("thoughts"))]
#[case(answer!("tools"))]
#[case(answer!("missing_ids"))]
#[case(answer!("output_limit"))]
#[case(answer!("safety"))]
#[case(answer!("blocked"))]
#[case(answer!("sparse"))]
#[case(answer!("own_tools"))]
fn an_answer_of_gemini_is_told(#[case] (case, body): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = translate_response(Gemini, to, body.as_bytes(), &context()).unwrap();
        insta::assert_snapshot!(format!("to_{client}_{case}"), indented(&told));
    }
}

#[rstest]
#[case("STOP", "end_turn")]
#[case("MAX_TOKENS", "max_tokens")]
#[case("CONTINUATION", "max_tokens")]
#[case("RECITATION", "refusal")]
#[case("LANGUAGE", "refusal")]
#[case("BLOCKLIST", "refusal")]
#[case("PROHIBITED_CONTENT", "refusal")]
#[case("SPII", "refusal")]
#[case("IMAGE_SAFETY", "refusal")]
#[case("MODEL_ARMOR", "refusal")]
#[case("OTHER", "end_turn")]
#[case("FINISH_REASON_UNSPECIFIED", "end_turn")]
fn every_reason_to_stop_has_its_like(#[case] reason: &str, #[case] expected: &str) {
    let body = json!({"candidates": [{"content": {"parts": []}, "finishReason": reason}]});
    let told =
        translate_response(Gemini, AnthropicMessages, body.to_string().as_bytes(), &context());
    let told: Value = serde_json::from_slice(&told.unwrap()).unwrap();
    assert_eq!(told["stop_reason"], expected);
}

#[rstest]
#[case("<html>")]
#[case("{}")]
#[case(r#"{"candidates":[]}"#)]
#[case(r#"{"error":{"code":500,"message":"no","status":"INTERNAL"}}"#)]
#[case(r#"{"candidates":[{"content":{"parts":[{"functionCall":{"args":{}}}]}}]}"#)]
#[case(r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":[]}}]}}]}"#)]
#[case(
    r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","willContinue":true}}]}}]}"#
)]
#[case(r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#)]
#[case(r#"{"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]}"#)]
fn what_is_no_answer_is_nonsense(#[case] body: &str) {
    for (_, to) in CLIENTS {
        let error = translate_response(Gemini, to, body.as_bytes(), &context()).unwrap_err();
        assert!(matches!(error, WireError::Nonsense(_)), "{error:?}");
    }
}

#[rstest]
#[case(stream!("text"))]
#[case(stream!("tools"))]
#[case(stream!("signed_text"))]
#[case(stream!("blocked"))]
#[case(stream!("safety"))]
#[case(stream!("output_limit"))]
#[case(stream!("error"))]
#[case(stream!("cut"))]
#[case(stream!("malformed_call"))]
#[case(stream!("pieces_of_a_call"))]
#[case(stream!("html"))]
fn a_stream_of_gemini_is_told(#[case] (case, stream): (&str, &str)) {
    for (client, to) in CLIENTS {
        let told = snapshot_in(&context(), Gemini, to, stream);
        insta::assert_snapshot!(format!("stream_to_{client}_{case}"), told);
    }
}

#[rstest]
#[case("INVALID_ARGUMENT", "invalid_request_error")]
#[case("UNAUTHENTICATED", "authentication_error")]
#[case("PERMISSION_DENIED", "permission_error")]
#[case("NOT_FOUND", "not_found_error")]
#[case("RESOURCE_EXHAUSTED", "rate_limit_error")]
#[case("UNAVAILABLE", "overloaded_error")]
#[case("DEADLINE_EXCEEDED", "timeout_error")]
#[case("INTERNAL", "api_error")]
fn an_error_in_a_stream_is_told_by_its_kind(#[case] status: &str, #[case] kind: &str) {
    let error = json!({"error": {"code": 500, "message": "so", "status": status}});
    let told = snapshot_in(&context(), Gemini, AnthropicMessages, &format!("data: {error}\n\n"));
    assert!(told.contains(&format!(r#""type":"{kind}","message":"so""#)), "{told}");
}

/// What the client keeps of an answer, and sends back behind its own message.
fn next_request(client: Dialect, answer: &str) -> Value {
    let told = translate_response(Gemini, client, answer.as_bytes(), &context()).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    let mut said = vec![json!({"role": "user", "content": "Hi"})];
    match client {
        OpenAiChat => said.push(told["choices"][0]["message"].clone()),
        OpenAiResponses => said.extend(told["output"].as_array().unwrap().iter().cloned()),
        _ => said.push(json!({"role": "assistant", "content": told["content"]})),
    }
    let field = if client == OpenAiResponses { "input" } else { "messages" };
    json!({"model": "m", field: said})
}

/// The parts that the provider is sent back for an answer of its own.
fn sent_back(client: Dialect, request: &Value) -> Value {
    let target = gemini("gemini-3-pro-preview");
    sent(client, &request.to_string(), &target)["contents"][1]["parts"].take()
}

#[rstest]
#[case(json!([{"text": "Four.", "thoughtSignature": "A+/="}]))]
#[case(json!([
    {"text": "I look."},
    {"functionCall": {"id": "g1", "name": "f", "args": {}}, "thoughtSignature": "A+/="},
    {"functionCall": {"id": "g2", "name": "f", "args": {"x": 1}}},
]))]
#[case(json!([
    {"functionCall": {"id": "g1", "name": "f", "args": {}}, "thoughtSignature": "A+/="},
    {"functionCall": {"id": "g2", "name": "f", "args": {}}, "thoughtSignature": "B+/="},
]))]
fn a_signature_comes_back_on_the_part_that_it_was_on(#[case] parts: Value) {
    let mut with_thought = parts.clone();
    with_thought.as_array_mut().unwrap().insert(0, json!({"text": "Hm.", "thought": true}));
    for told in [&parts, &with_thought] {
        let answer = json!({"candidates": [{"content": {"role": "model", "parts": told}}]});
        for client in [OpenAiChat, AnthropicMessages, OpenAiResponses] {
            let back = sent_back(client, &next_request(client, &answer.to_string()));
            assert_eq!(back, parts, "through {client:?}");
        }
    }
}

#[rstest]
#[case(stream!("tools").1, json!([
    {"functionCall": {"id": "g1", "name": "weather", "args": {"city": "Rome"}},
        "thoughtSignature": "Cs+A/w=="},
    {"functionCall": {"id": "call_req_1_1", "name": "now", "args": {}}},
]))]
#[case(stream!("signed_text").1, json!([
    {"text": "Four."},
    {"text": "", "thoughtSignature": "Ct+/ww=="},
]))]
fn a_streamed_signature_comes_back_on_the_part_that_it_was_on(
    #[case] stream: &str,
    #[case] expected: Value,
) {
    let told = snapshot_in(&context(), Gemini, AnthropicMessages, stream);
    let said = json!({"role": "assistant", "content": blocks(&told)});
    let question = json!({"role": "user", "content": "Hi"});
    let request = json!({"messages": [question, said]});
    assert_eq!(sent_back(AnthropicMessages, &request), expected);
}

/// The blocks that a client of Anthropic's puts together out of a stream.
fn blocks(stream: &str) -> Vec<Map<String, Value>> {
    let mut blocks: Vec<Map<String, Value>> = Vec::new();
    for data in stream.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let event: Value = serde_json::from_str(data).unwrap();
        if let Some(block) = event.get("content_block") {
            blocks.push(block.as_object().unwrap().clone());
        }
        let Some(delta) = event["delta"].as_object() else { continue };
        for (field, value) in delta {
            let last = blocks.last_mut().unwrap();
            match (field.as_str(), value.as_str()) {
                ("text" | "thinking" | "signature", Some(more)) => {
                    let text = last[field].as_str().unwrap().to_owned() + more;
                    last.insert(field.clone(), text.into());
                }
                // A call of this provider comes whole.
                ("partial_json", Some(json)) => {
                    last.insert("input".to_owned(), serde_json::from_str(json).unwrap());
                }
                _ => {}
            }
        }
    }
    blocks
}

/// What comes out of a stream that is cut after every so many bytes, over and over.
fn told_in_cuts(stream: &str, lengths: &[usize]) -> (Vec<u8>, Result<(), WireError>) {
    let mut translator = StreamTranslator::new(Gemini, AnthropicMessages, context(), true);
    let (mut out, mut rest) = (Vec::new(), stream.as_bytes());
    for length in lengths.iter().cycle() {
        let (chunk, later) = rest.split_at((*length).min(rest.len()));
        if let Err(error) = translator.push(chunk, &mut out) {
            return (out, Err(error));
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let ended = translator.finish(&mut out);
    (out, ended)
}

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        stream in proptest::sample::select(vec![
            stream!("text").1, stream!("tools").1, stream!("error").1, stream!("cut").1,
        ]),
        lengths in proptest::collection::vec(1..300_usize, 1..20),
    ) {
        prop_assert_eq!(told_in_cuts(stream, &lengths), told_in_cuts(stream, &[stream.len()]));
    }

    #[test]
    fn no_body_makes_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        part in "[{]\"(text|functionCall|thought|thoughtSignature)\":.{0,30}[}]",
    ) {
        let body = format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}"#);
        for (_, to) in CLIENTS {
            for input in [&bytes[..], body.as_bytes()] {
                let _ = translate_response(Gemini, to, input, &context());
                let _ = translate_request(to, input, &gemini("gemini-3-pro"));
            }
            let _ = snapshot_in(&context(), Gemini, to, &format!("data: {body}\n\n"));
        }
    }
}
