//! A client of Google's `generateContent`, on models of other dialects.

use proptest::prelude::*;
use rstest::rstest;

use super::{context, indented, streams::snapshot_in, target};
use crate::{
    kernel::config::ReasoningControl,
    wire::{
        Dialect::{self, AnthropicMessages, Gemini, OpenAiChat},
        LimitField, WireError,
        translate::{StreamTranslator, Target, translate_request, translate_response},
    },
};

macro_rules! request {
    ($case:literal) => {
        ($case, include_str!(concat!("gemini_requests/", $case, ".json")))
    };
}

macro_rules! answer {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!($from, "_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($from:literal, $case:literal) => {
        ($from, $case, include_str!(concat!($from, "_streams/", $case, ".sse")))
    };
}

fn dialect(name: &str) -> Dialect {
    if name == "openai" { OpenAiChat } else { AnthropicMessages }
}

#[rstest]
#[case(request!("text"))]
#[case(request!("snake_case"))]
#[case(request!("conversation"))]
#[case(request!("media"))]
#[case(request!("some_tools"))]
#[case(request!("no_tools"))]
#[case(request!("schema"))]
#[case(request!("json_schema"))]
#[case(request!("thoughts"))]
#[case(request!("hints"))]
fn a_request_is_told_to_each_dialect(#[case] (case, body): (&str, &str)) {
    for to in ["openai", "anthropic"] {
        let told = translate_request(Gemini, body.as_bytes(), &target(dialect(to))).unwrap();
        let text =
            format!("{}\n--- without {}", indented(&told.body), told.dropped_fields.join(", "));
        insta::assert_snapshot!(format!("to_{to}_{case}"), text);
    }
}

fn sent(config: &str, target: &Target<'_>) -> String {
    let body =
        format!(r#"{{"contents":[{{"parts":[{{"text":"Hi"}}]}}],"generationConfig":{config}}}"#);
    String::from_utf8(translate_request(Gemini, body.as_bytes(), target).unwrap().body).unwrap()
}

#[test]
fn whether_the_answer_is_streamed_is_told_by_the_path() {
    for is_streaming in [false, true] {
        let told = sent("{}", &Target { is_streaming, ..target(OpenAiChat) });
        assert!(told.contains(&format!(r#""stream":{is_streaming}"#)), "{told}");
    }
}

#[test]
fn a_limit_above_what_is_paid_for_is_lowered() {
    for (asked, expected) in [(9, 9), (10, 10), (11, 10)] {
        let limit_field = LimitField::MaxTokens;
        let target = Target { output_limit: Some(10), limit_field, ..target(OpenAiChat) };
        let told = sent(&format!(r#"{{"maxOutputTokens":{asked}}}"#), &target);
        assert!(told.contains(&format!(r#""max_tokens":{expected}"#)), "{told}");
    }
}

#[rstest]
#[case(r#"{"thinkingLevel":"LOW"}"#, r#""reasoning_effort":"low""#)]
#[case(r#"{"thinkingLevel":"high"}"#, r#""reasoning_effort":"high""#)]
#[case(r#"{"thinkingLevel":"XHIGH"}"#, r#""reasoning_effort":"xhigh""#)]
#[case(r#"{"thinkingBudget":0}"#, r#""reasoning_effort":"none""#)]
#[case(r#"{"thinkingBudget":9000}"#, r#""reasoning_effort":"medium""#)]
#[case(r#"{"thinkingBudget":-1}"#, r#""stream":false"#)]
#[case(r#"{"includeThoughts":true}"#, r#""stream":false"#)]
fn how_far_the_model_thinks_is_told_as_an_effort(#[case] config: &str, #[case] expected: &str) {
    let reasoning = Some(ReasoningControl::Effort);
    let config = format!(r#"{{"thinkingConfig":{config}}}"#);
    let told = sent(&config, &Target { reasoning, ..target(OpenAiChat) });
    assert!(told.contains(expected), "{told}");
    let is_effort = expected.starts_with(r#""reasoning"#);
    assert_eq!(told.contains("reasoning_effort"), is_effort, "{told}");
}

#[test]
fn a_budget_for_thoughts_is_sent_as_one() {
    let reasoning = Some(ReasoningControl::Budget);
    let config = r#"{"maxOutputTokens":9000,"thinkingConfig":{"thinkingBudget":2000}}"#;
    let told = sent(config, &Target { reasoning, ..target(AnthropicMessages) });
    assert!(told.contains(r#""thinking":{"type":"enabled","budget_tokens":2000}"#), "{told}");
}

#[rstest]
#[case("audio/mpeg", "mp3")]
#[case("audio/mp3", "mp3")]
#[case("audio/x-wav", "wav")]
#[case("audio/flac", "flac")]
fn a_sound_is_told_to_openai_by_its_format(#[case] media_type: &str, #[case] format: &str) {
    let body = format!(
        r#"{{"contents":[{{"parts":[{{"inline_data":{{"mime_type":"{media_type}","data":"AA__"}}}}]}}]}}"#
    );
    let told = translate_request(Gemini, body.as_bytes(), &target(OpenAiChat)).unwrap();
    let told = String::from_utf8(told.body).unwrap();
    let expected = format!(r#""input_audio":{{"data":"AA//","format":"{format}"}}"#);
    assert!(told.contains(&expected), "{told}");
}

#[rstest]
#[case("generationConfig.candidateCount", r#""generationConfig":{"candidateCount":2}"#)]
#[case("generationConfig.topK", r#""generation_config":{"top_k":40.0}"#)]
#[case(
    "generationConfig.responseModalities",
    r#""generationConfig":{"responseModalities":["TEXT","VIDEO"]}"#
)]
#[case("generationConfig.speechConfig", r#""generationConfig":{"speechConfig":{}}"#)]
#[case("generationConfig.imageConfig", r#""generationConfig":{"imageConfig":{}}"#)]
#[case("generationConfig.not_known_yet", r#""generationConfig":{"not_known_yet":1}"#)]
#[case(
    "generationConfig.responseMimeType",
    r#""generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING"}}"#
)]
#[case(
    "generationConfig.thinkingConfig.not_known_yet",
    r#""generationConfig":{"thinkingConfig":{"not_known_yet":1}}"#
)]
#[case("tools.fileSearch", r#""tools":[{"fileSearch":{}}]"#)]
#[case("tools[0].codeExecution", r#""tools":[{"codeExecution":{}}]"#)]
#[case("toolConfig.retrievalConfig", r#""toolConfig":{"retrievalConfig":{"languageCode":"de"}}"#)]
#[case(
    "safetySettings",
    r#""safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_LOW_AND_ABOVE"}]"#
)]
#[case("cachedContent", r#""cachedContent":"cachedContents/1""#)]
#[case("continuationToken", r#""continuationToken":"AAAA""#)]
#[case("not_known_yet", r#""not_known_yet":{"a":1}"#)]
fn what_no_other_dialect_can_be_asked_is_refused_by_its_name(
    #[case] field: &str,
    #[case] fragment: &str,
) {
    let body = format!(r#"{{"contents":[{{"parts":[{{"text":"Hi"}}]}}],{fragment}}}"#);
    let error = translate_request(Gemini, body.as_bytes(), &target(OpenAiChat)).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[rstest]
#[case("contents.parts.toolCall", r#"{"role":"model","parts":[{"toolCall":{"id":"c"}}]}"#)]
#[case("contents.parts.videoMetadata", r#"{"parts":[{"text":"Hi","videoMetadata":{"fps":1}}]}"#)]
#[case("contents", r#"{"parts":[{"inlineData":{"mimeType":"video/mp4","data":"AAAA"}}]}"#)]
#[case("contents", r#"{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"gs://a/b"}}]}"#)]
#[case(
    "contents",
    r#"{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/a"}}]}"#
)]
#[case("contents", r#"{"parts":[{"fileData":{"fileUri":"https://a.example/film"}}]}"#)]
#[case(
    "contents",
    r#"{"role":"model","parts":[{"inlineData":{"mimeType":"audio/wav","data":""}}]}"#
)]
fn a_content_that_cannot_be_carried_over_is_refused(#[case] field: &str, #[case] content: &str) {
    let body = format!(r#"{{"contents":[{content}]}}"#);
    let error = translate_request(Gemini, body.as_bytes(), &target(OpenAiChat)).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[rstest]
#[case(r#"{"role":"system","parts":[{"text":"Hi"}]}"#)]
#[case(r#"{"role":"user","parts":[{"text":5}]}"#)]
#[case(r#"{"role":"user","parts":[{"text":"a","thoughtSignature":"b","thought_signature":"c"}]}"#)]
#[case(r#"{"role":"user","parts":[{"functionCall":{"name":"f"}}]}"#)]
#[case(r#"{"role":"model","parts":[{"functionCall":{"name":"f","args":[]}}]}"#)]
#[case(r#"{"role":"model","parts":[{"functionResponse":{"name":"f","response":{}}}]}"#)]
#[case(r#"{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}"#)]
#[case(r#"{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":[]}}]}"#)]
#[case(r#"{"parts":[{"inlineData":{"mimeType":"text/plain","data":"/w=="}}]}"#)]
fn a_content_that_breaks_the_dialect_is_invalid(#[case] content: &str) {
    let body = format!(r#"{{"contents":[{content}]}}"#);
    let error = translate_request(Gemini, body.as_bytes(), &target(OpenAiChat)).unwrap_err();
    assert!(matches!(error, WireError::Invalid { pointer: Some("contents"), .. }), "{error:?}");
}

#[rstest]
#[case("generationConfig.topK", r#""generationConfig":{"topK":1.5}"#)]
#[case("generationConfig", r#""generationConfig":{"temperature":"hot"}"#)]
#[case("generationConfig", r#""generationConfig":{"topP":0.5,"top_p":0.6}"#)]
#[case(
    "generationConfig.thinkingConfig.thinkingLevel",
    r#""generationConfig":{"thinkingConfig":{"thinkingLevel":"A_LOT"}}"#
)]
#[case("toolConfig", r#""toolConfig":{"functionCallingConfig":{"mode":"SOME"}}"#)]
#[case("tools", r#""tools":[{"functionDeclarations":[{"description":"no name"}]}]"#)]
#[case("systemInstruction", r#""systemInstruction":{"parts":[{"functionCall":{"name":"f"}}]}"#)]
fn a_field_that_breaks_the_dialect_is_invalid(#[case] field: &str, #[case] fragment: &str) {
    let body = format!(r#"{{"contents":[],{fragment}}}"#);
    let error = translate_request(Gemini, body.as_bytes(), &target(OpenAiChat)).unwrap_err();
    assert!(matches!(error, WireError::Invalid { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[rstest]
#[case(answer!("anthropic", "text"))]
#[case(answer!("anthropic", "tools"))]
#[case(answer!("anthropic", "thoughts"))]
#[case(answer!("anthropic", "output_limit"))]
#[case(answer!("anthropic", "stop_sequence"))]
#[case(answer!("anthropic", "refusal"))]
#[case(answer!("openai", "text"))]
#[case(answer!("openai", "tools"))]
#[case(answer!("openai", "cut_in_a_tool_call"))]
#[case(answer!("openai", "content_filter"))]
#[case(answer!("openai", "thoughts"))]
#[case(answer!("openai", "signed_thoughts"))]
#[case(answer!("openai", "sparse"))]
fn an_answer_of_each_dialect_is_told(#[case] (from, case, body): (&str, &str, &str)) {
    let told = translate_response(dialect(from), Gemini, body.as_bytes(), &context());
    insta::assert_snapshot!(format!("from_{from}_{case}"), indented(&told.unwrap()));
}

#[rstest]
#[case(stream!("anthropic", "text"))]
#[case(stream!("anthropic", "tools"))]
#[case(stream!("anthropic", "thoughts"))]
#[case(stream!("anthropic", "stop_sequence"))]
#[case(stream!("anthropic", "error"))]
#[case(stream!("anthropic", "cut"))]
#[case(stream!("openai", "text"))]
#[case(stream!("openai", "tools"))]
#[case(stream!("openai", "thoughts"))]
#[case(stream!("openai", "signed_thoughts"))]
#[case(stream!("openai", "missing_ids"))]
#[case(stream!("openai", "refusal"))]
#[case(stream!("openai", "error"))]
#[case(stream!("openai", "html"))]
fn a_stream_of_each_dialect_is_told(#[case] (from, case, stream): (&str, &str, &str)) {
    let told = snapshot_in(&context(), dialect(from), Gemini, stream);
    insta::assert_snapshot!(format!("stream_from_{from}_{case}"), told);
}

#[test]
fn a_call_that_the_limit_cut_in_its_arguments_is_no_call_and_any_other_broken_one_is_nonsense() {
    let call = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{\"a"}}]}}]}"#;
    for (reason, is_told) in [("length", true), ("tool_calls", false)] {
        let end = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
        let stream = format!("data: {call}\n\ndata: {end}\n\ndata: [DONE]\n\n");
        let told = snapshot_in(&context(), OpenAiChat, Gemini, &stream);
        assert!(!told.contains("functionCall"), "{told}");
        assert_eq!(told.contains("MAX_TOKENS"), is_told, "{told}");
        assert_eq!(told.contains("no JSON object"), !is_told, "{told}");
    }
}

/// What a client keeps of an answer, sent back: the parts, each in a content of its own.
fn sent_back(told: &str) -> String {
    let pieces = told.lines().filter_map(|line| line.strip_prefix("data: "));
    let contents: Vec<String> = pieces
        .map(|piece| {
            let piece: serde_json::Value = serde_json::from_str(piece).unwrap();
            piece["candidates"][0]["content"].to_string()
        })
        .collect();
    let answer = r#"{"parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}"#;
    format!(r#"{{"contents":[{},{answer}]}}"#, contents.join(","))
}

#[test]
fn a_streamed_thought_goes_back_to_its_vendor_with_its_signature() {
    let (.., stream) = stream!("anthropic", "thoughts");
    let told = snapshot_in(&context(), AnthropicMessages, Gemini, stream);
    let back = translate_request(Gemini, sent_back(&told).as_bytes(), &target(AnthropicMessages));
    insta::assert_snapshot!("thoughts_sent_back", indented(&back.unwrap().body));
}

#[test]
fn a_whole_thought_goes_back_to_its_vendor_with_its_signature() {
    let (.., body) = answer!("anthropic", "thoughts");
    let told = translate_response(AnthropicMessages, Gemini, body.as_bytes(), &context());
    let piece = format!("data: {}\n", String::from_utf8(told.unwrap()).unwrap());
    let back = translate_request(Gemini, sent_back(&piece).as_bytes(), &target(AnthropicMessages));
    let back = back.unwrap();
    insta::assert_snapshot!("whole_thoughts_sent_back", indented(&back.body));
}

/// Clients leave out a part that is a signature alone, where it is the first or in a stream.
#[test]
fn a_signature_is_on_the_thought_that_it_proves_or_on_the_part_behind_it() {
    let thought = r#"{"type":"thinking","thinking":"Hm.","signature":"A+/="}"#;
    let hidden = r#"{"type":"redacted_thinking","data":"B+/="}"#;
    let text = r#"{"type":"text","text":"I look."}"#;
    let call = r#"{"type":"tool_use","id":"t1","name":"f","input":{}}"#;
    let body = format!(r#"{{"content":[{thought},{hidden},{text},{hidden},{call}]}}"#);
    let told = translate_response(AnthropicMessages, Gemini, body.as_bytes(), &context());
    let told: serde_json::Value = serde_json::from_slice(&told.unwrap()).unwrap();
    let parts = told["candidates"][0]["content"]["parts"].as_array().unwrap();
    let [thought, text, call] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((&thought["text"], &text["text"]), (&"Hm.".into(), &"I look.".into()));
    assert_eq!(call["functionCall"]["name"], "f");
    assert!(parts.iter().all(|part| part["thoughtSignature"].is_string()), "{parts:?}");
}

#[rstest]
#[case(stream!("anthropic", "thoughts"))]
#[case(stream!("openai", "signed_thoughts"))]
#[case(("responses", "thoughts", include_str!("responses_streams/thoughts.sse")))]
fn no_part_of_a_stream_is_a_signature_alone(#[case] (from, case, stream): (&str, &str, &str)) {
    let from = if from == "responses" { Dialect::OpenAiResponses } else { dialect(from) };
    let told = snapshot_in(&context(), from, Gemini, stream);
    assert!(told.contains("thoughtSignature"), "{case}: {told}");
    assert!(!told.contains(r#""text":"","thought":true"#), "{case}: {told}");
}

fn told(from: Dialect, chunks: &[&[u8]]) -> (Vec<u8>, Result<(), WireError>) {
    let mut translator = StreamTranslator::new(from, Gemini, context(), false);
    let mut out = Vec::new();
    let pushed = chunks.iter().try_for_each(|chunk| translator.push(chunk, &mut out));
    let ended = pushed.and_then(|()| translator.finish(&mut out));
    (out, ended)
}

proptest! {
    #[test]
    fn a_stream_split_anywhere_is_told_the_same(
        (from, stream) in proptest::sample::select(vec![
            (OpenAiChat, include_str!("openai_streams/tools.sse")),
            (OpenAiChat, include_str!("openai_streams/signed_thoughts.sse")),
            (AnthropicMessages, include_str!("anthropic_streams/tools.sse")),
            (AnthropicMessages, include_str!("anthropic_streams/thoughts.sse")),
        ]),
        at in 0..2_000_usize,
    ) {
        let (before, after) = stream.as_bytes().split_at(at.min(stream.len()));
        prop_assert_eq!(told(from, &[before, after]), told(from, &[stream.as_bytes()]));
    }

    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        part in "\\{\"(text|thought|thoughtSignature|functionCall|inlineData|x)\":.{0,30}\\}",
        config in "\\{\"(topK|responseSchema|thinkingConfig|stopSequences|x)\":.{0,30}\\}",
    ) {
        let body = format!(r#"{{"contents":[{{"role":"model","parts":[{part}]}}],"generationConfig":{config}}}"#);
        for input in [&bytes[..], body.as_bytes()] {
            let _ = translate_request(Gemini, input, &target(AnthropicMessages));
            let _ = told(OpenAiChat, &[input]);
        }
    }
}
