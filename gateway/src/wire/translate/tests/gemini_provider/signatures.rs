use rstest::rstest;
use serde_json::{Map, Value, json};

use super::{
    super::{context, streams::snapshot_in},
    gemini, sent,
};
use crate::wire::{
    Dialect::{self, AnthropicMessages, Gemini, OpenAiChat, OpenAiResponses},
    translate::translate_response,
};

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
#[case(include_str!("../gemini_streams/tools.sse"), json!([
    {"functionCall": {"id": "g1", "name": "weather", "args": {"city": "Rome"}},
        "thoughtSignature": "Cs+A/w=="},
    {"functionCall": {"id": "call_req_1_1", "name": "now", "args": {}}},
]))]
#[case(include_str!("../gemini_streams/signed_text.sse"), json!([
    {"text": "Four."},
]))]
#[case(include_str!("../gemini_streams/late_signature.sse"), json!([
    {"text": "I look."},
    {"functionCall": {"id": "g1", "name": "now", "args": {}}, "thoughtSignature": "Ct+/ww=="},
]))]
#[case(include_str!("../gemini_streams/two_signatures.sse"), json!([
    {"text": "I look."},
    {"functionCall": {"id": "g1", "name": "now", "args": {}}, "thoughtSignature": "Cs+A/w=="},
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

#[test]
fn a_text_that_is_signed_behind_it_is_one_block_and_the_last() {
    for stream in [
        include_str!("../gemini_streams/signed_text.sse"),
        include_str!("../gemini_streams/signed_last_piece.sse"),
    ] {
        let blocks = blocks(&snapshot_in(&context(), Gemini, AnthropicMessages, stream));
        let texts: Vec<_> = blocks.iter().filter_map(|block| block.get("text")).collect();
        assert_eq!(texts, ["Four."]);
        assert_eq!(blocks.last().unwrap()["type"], "text", "{stream}");
    }
}

#[test]
fn a_signature_behind_a_text_is_told_before_it_where_the_answer_is_whole() {
    let parts = json!([{"text": "Four."}, {"text": "", "thoughtSignature": "A+/="}]);
    let answer = json!({"candidates": [{"content": {"role": "model", "parts": parts}}]});
    for client in [OpenAiChat, AnthropicMessages, OpenAiResponses] {
        let back = sent_back(client, &next_request(client, &answer.to_string()));
        assert_eq!(back, json!([{"text": "Four.", "thoughtSignature": "A+/="}]), "{client:?}");
    }
}

/// A thought between them is signed as well, so the call must not take what the text has.
#[test]
fn a_call_has_its_own_signature_where_there_are_more() {
    let said = json!([
        {"type": "text", "text": "I look."},
        {"type": "redacted_thinking", "data": "google-gemini-v1:A+/="},
        {"type": "thinking", "thinking": "Hm.", "signature": "google-gemini-v1:B+/="},
        {"type": "tool_use", "id": "g1", "name": "f", "input": {}},
    ]);
    let question = json!({"role": "user", "content": "Hi"});
    let request = json!({"messages": [question, {"role": "assistant", "content": said}]});
    let call = json!({"id": "g1", "name": "f", "args": {}});
    let back = sent_back(AnthropicMessages, &request);
    assert_eq!(back[2], json!({"functionCall": call, "thoughtSignature": "B+/="}), "{back}");
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
