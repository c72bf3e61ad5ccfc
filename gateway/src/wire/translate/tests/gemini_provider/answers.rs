use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    super::{context, indented, streams::snapshot_in},
    gemini,
};
use crate::wire::{
    Dialect::{self, AnthropicMessages, Gemini, OpenAiChat},
    WireError,
    translate::{StreamTranslator, translate_request, translate_response},
};

macro_rules! answer {
    ($case:literal) => {
        ($case, include_str!(concat!("../gemini_responses/", $case, ".json")))
    };
}

macro_rules! stream {
    ($case:literal) => {
        ($case, include_str!(concat!("../gemini_streams/", $case, ".sse")))
    };
}

const CLIENTS: [(&str, Dialect); 2] = [("openai", OpenAiChat), ("anthropic", AnthropicMessages)];

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

/// At its end a stream with a finish reason counts as whole.
#[test]
fn a_model_that_broke_off_is_told_before_its_stream_ends() {
    let (_, stream) = stream!("malformed_call");
    let mut translator = StreamTranslator::new(Gemini, OpenAiChat, context(), false);
    let told = translator.push(stream.as_bytes(), &mut Vec::new());
    assert!(matches!(told, Err(WireError::Nonsense(_))), "{told:?}");
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
