//! A long answer arrives whole, in every pair.

use serde_json::{Value, json};

use super::{CLIENTS, PROVIDERS};
use crate::wire::{Dialect, translate::tests::streams::tell};

/// How many pieces it has.
const PIECES: usize = 3_000;

#[test]
fn a_long_answer_arrives_whole() {
    let text: String = (0..PIECES).map(piece).collect();
    for provider in PROVIDERS {
        let stream = stream_of(provider);
        for client in CLIENTS {
            let (told, ended) = tell(provider, client, true, stream.as_bytes().chunks(4_093));
            assert_eq!(ended, Ok(()), "{provider:?} to {client:?}");
            assert_eq!(text_in(client, &told), text, "{provider:?} to {client:?}");
        }
    }
}

fn piece(ordinal: usize) -> String {
    format!("{ordinal}: Größe 😀\n")
}

/// The answer as a provider streams it.
fn stream_of(provider: Dialect) -> String {
    let (head, of, tail): (&str, fn(&str) -> Value, &str) = match provider {
        Dialect::OpenAiChat => (
            "",
            |text| json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        ),
        Dialect::OpenAiResponses => (
            "data: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\",\"content\":[]}}\n\n",
            |text| json!({"type": "response.output_text.delta", "output_index": 0, "delta": text}),
            "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"output\":[]}}\n\n",
        ),
        Dialect::AnthropicMessages => (
            "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
            |text| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            "data: {\"type\":\"message_stop\"}\n\n",
        ),
        Dialect::Gemini => (
            "",
            |text| json!({"candidates": [{"content": {"parts": [{"text": text}]}}]}),
            "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
        ),
        Dialect::BedrockConverse => (
            "event: messageStart\ndata: {\"role\":\"assistant\"}\n\n",
            |text| json!({"contentBlockIndex": 0, "delta": {"text": text}}),
            "event: messageStop\ndata: {\"stopReason\":\"end_turn\"}\n\nevent: metadata\ndata: {\"usage\":{\"inputTokens\":1,\"outputTokens\":1}}\n\n",
        ),
        Dialect::CohereChat => (
            "",
            |text| json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}),
            "data: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n",
        ),
        Dialect::OllamaChat => (
            "",
            |text| json!({"message": {"content": text}, "done": false}),
            "data: {\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n\n",
        ),
        _ => ("", |text| json!({ "response": text }), "data: [DONE]\n\n"),
    };
    let event =
        if provider == Dialect::BedrockConverse { "event: contentBlockDelta\n" } else { "" };
    let events = (0..PIECES).map(|ordinal| format!("{event}data: {}\n\n", of(&piece(ordinal))));
    format!("{head}{}{tail}", events.collect::<String>())
}

/// What a client reads of a stream.
fn text_in(client: Dialect, stream: &str) -> String {
    let path = match client {
        Dialect::OpenAiChat => "/choices/0/delta/content",
        Dialect::OpenAiCompletions => "/choices/0/text",
        Dialect::OpenAiResponses => "/delta",
        Dialect::AnthropicMessages => "/delta/text",
        _ => "/candidates/0/content/parts/0/text",
    };
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    events.filter_map(|event| event.pointer(path)?.as_str().map(str::to_owned)).collect()
}
