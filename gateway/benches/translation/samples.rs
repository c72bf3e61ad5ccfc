//! What clients ask and providers answer: about four kilobytes, about one, and a hundred pieces.

use gateway::wire::Dialect;
use serde_json::json;

const INSTRUCTIONS: &str = "You are the assistant of a service desk. Be brief and exact, look up \
    what has to be known, and never guess. ";
const QUESTION: &str = "Is the rear light of order HB-48213 still under guarantee? ";
const RESULT: &str = r#"{"order":"HB-48213","city":"Bremen","stock":{"rear-light-b12":0}} "#;
const ANSWER: &str = "The light is under guarantee until March; replace it at no cost. ";

/// How many pieces a stream has.
pub(super) const PIECES: usize = 100;
const PIECE: &str = "The light ";

/// A request of a client: instructions, three turns with a call and its result, two functions.
pub(super) fn request(from: Dialect) -> Vec<u8> {
    let (system, asked) = (INSTRUCTIONS.repeat(12), QUESTION.repeat(8));
    let (result, answered) = (RESULT.repeat(6), ANSWER.repeat(6));
    let arguments = json!({ "order": "HB-48213", "with_stock": true });
    let spelled = arguments.to_string();
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["order", "with_stock"],
        "properties": {
            "order": { "type": "string", "description": "The number of the order." },
            "with_stock": { "type": "boolean", "description": "Whether to count the stock." },
        },
    });
    let names = ["find_order", "reserve_part"];
    let about = "Does one thing and tells what came of it.";
    let body = match from {
        Dialect::OpenAiChat => json!({
            "model": "m", "max_completion_tokens": 1024,
            "messages": [
                { "role": "system", "content": system },
                { "role": "user", "content": asked },
                { "role": "assistant", "content": null, "tool_calls": [{
                    "id": "call_1", "type": "function",
                    "function": { "name": "find_order", "arguments": spelled } }] },
                { "role": "tool", "tool_call_id": "call_1", "content": result },
                { "role": "assistant", "content": answered },
                { "role": "user", "content": asked },
            ],
            "tools": names.map(|name| json!({ "type": "function", "function": {
                "name": name, "description": about, "parameters": schema } })),
        }),
        Dialect::OpenAiResponses => json!({
            "model": "m", "max_output_tokens": 1024, "store": false, "instructions": system,
            "input": [
                { "role": "user", "content": asked },
                { "type": "function_call", "call_id": "call_1", "name": "find_order",
                  "arguments": spelled },
                { "type": "function_call_output", "call_id": "call_1", "output": result },
                { "role": "assistant", "content": answered },
                { "role": "user", "content": asked },
            ],
            "tools": names.map(|name| json!({ "type": "function", "name": name,
                "description": about, "parameters": schema, "strict": false })),
        }),
        Dialect::AnthropicMessages => json!({
            "model": "m", "max_tokens": 1024, "system": system,
            "messages": [
                { "role": "user", "content": asked },
                { "role": "assistant", "content": [{ "type": "tool_use", "id": "call_1",
                    "name": "find_order", "input": arguments }] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "call_1",
                    "content": result }] },
                { "role": "assistant", "content": answered },
                { "role": "user", "content": asked },
            ],
            "tools": names.map(|name| json!({ "name": name, "description": about,
                "input_schema": schema })),
        }),
        _ => json!({
            "systemInstruction": { "parts": [{ "text": system }] },
            "generationConfig": { "maxOutputTokens": 1024 },
            "contents": [
                { "role": "user", "parts": [{ "text": asked }] },
                { "role": "model", "parts": [{ "functionCall": {
                    "name": "find_order", "args": arguments } }] },
                { "role": "user", "parts": [{ "functionResponse": {
                    "name": "find_order", "response": { "result": result } } }] },
                { "role": "model", "parts": [{ "text": answered }] },
                { "role": "user", "parts": [{ "text": asked }] },
            ],
            "tools": [{ "functionDeclarations": names.map(|name| json!({ "name": name,
                "description": about, "parametersJsonSchema": schema })) }],
        }),
    };
    body.to_string().into_bytes()
}

/// A provider's whole answer.
pub(super) fn answer(from: Dialect) -> Vec<u8> {
    let text = ANSWER.repeat(16);
    let body = match from {
        Dialect::OpenAiChat => json!({
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{ "index": 0, "finish_reason": "stop", "logprobs": null,
                "message": { "role": "assistant", "content": text, "refusal": null } }],
            "usage": { "prompt_tokens": 1000, "completion_tokens": 250, "total_tokens": 1250 },
        }),
        Dialect::OpenAiResponses => json!({
            "id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "m",
            "output": [{ "id": "msg_1", "type": "message", "status": "completed",
                "role": "assistant", "content": [{ "type": "output_text", "text": text,
                "annotations": [], "logprobs": [] }] }],
            "usage": { "input_tokens": 1000, "output_tokens": 250, "total_tokens": 1250 },
        }),
        Dialect::AnthropicMessages => json!({
            "id": "m", "type": "message", "role": "assistant", "model": "m",
            "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn",
            "stop_sequence": null, "usage": { "input_tokens": 1000, "output_tokens": 250 },
        }),
        Dialect::Gemini => json!({
            "candidates": [{ "content": { "parts": [{ "text": text }], "role": "model" },
                "finishReason": "STOP", "index": 0 }],
            "usageMetadata": { "promptTokenCount": 1000, "candidatesTokenCount": 250,
                "totalTokenCount": 1250 }, "modelVersion": "m", "responseId": "r",
        }),
        Dialect::BedrockConverse => json!({
            "output": { "message": { "content": [{ "text": text }], "role": "assistant" } },
            "stopReason": "end_turn", "metrics": { "latencyMs": 1 },
            "usage": { "inputTokens": 1000, "outputTokens": 250, "totalTokens": 1250 },
        }),
        Dialect::CohereChat => json!({
            "id": "c", "finish_reason": "COMPLETE",
            "message": { "role": "assistant", "content": [{ "type": "text", "text": text }] },
            "usage": { "tokens": { "input_tokens": 1000, "output_tokens": 250 } },
        }),
        Dialect::OllamaChat => json!({
            "model": "m", "created_at": "2026-11-01T10:00:00Z", "done": true,
            "message": { "role": "assistant", "content": text }, "done_reason": "stop",
            "prompt_eval_count": 1000, "eval_count": 250,
        }),
        _ => json!({
            "result": { "response": text, "usage": { "prompt_tokens": 1000,
                "completion_tokens": 250, "total_tokens": 1250 } },
            "success": true, "errors": [], "messages": [],
        }),
    };
    body.to_string().into_bytes()
}

/// A provider's stream, event by event, as it is framed behind the provider's door.
pub(super) fn stream(from: Dialect) -> Vec<String> {
    let (before, piece, after) = events(from);
    let pieces = std::iter::repeat_n(piece.replace("PIECE", PIECE), PIECES);
    let fixed = |events: &[&str]| events.iter().map(|event| framed(event)).collect::<Vec<_>>();
    let pieces = pieces.map(|piece| framed(&piece));
    fixed(before).into_iter().chain(pieces).chain(fixed(after)).collect()
}

/// `name|data`, or only data.
fn framed(event: &str) -> String {
    match event.split_once('|') {
        Some((name, data)) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {event}\n\n"),
    }
}

type Events = (&'static [&'static str], &'static str, &'static [&'static str]);

fn events(from: Dialect) -> Events {
    match from {
        Dialect::OpenAiChat => (
            &[
                r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}"#,
            ],
            r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"PIECE"},"logprobs":null,"finish_reason":null}],"usage":null}"#,
            &[
                r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"#,
                r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":250,"total_tokens":1250}}"#,
                "[DONE]",
            ],
        ),
        Dialect::OpenAiResponses => (
            &[
                r#"response.created|{"type":"response.created","sequence_number":0,"response":{"id":"r","object":"response","status":"in_progress","model":"m","output":[]}}"#,
                r#"response.output_item.added|{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"i","type":"message","status":"in_progress","role":"assistant","content":[]}}"#,
                r#"response.content_part.added|{"type":"response.content_part.added","sequence_number":2,"item_id":"i","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
            ],
            r#"response.output_text.delta|{"type":"response.output_text.delta","sequence_number":3,"item_id":"i","output_index":0,"content_index":0,"delta":"PIECE","logprobs":[]}"#,
            &[
                r#"response.output_item.done|{"type":"response.output_item.done","sequence_number":4,"output_index":0,"item":{"id":"i","type":"message","status":"completed","role":"assistant","content":[]}}"#,
                r#"response.completed|{"type":"response.completed","sequence_number":5,"response":{"id":"r","object":"response","status":"completed","model":"m","output":[],"usage":{"input_tokens":1000,"output_tokens":250,"total_tokens":1250}}}"#,
            ],
        ),
        Dialect::AnthropicMessages => (
            &[
                r#"message_start|{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":1000,"output_tokens":1}}}"#,
                r#"content_block_start|{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            ],
            r#"content_block_delta|{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"PIECE"}}"#,
            &[
                r#"content_block_stop|{"type":"content_block_stop","index":0}"#,
                r#"message_delta|{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":250}}"#,
                r#"message_stop|{"type":"message_stop"}"#,
            ],
        ),
        Dialect::Gemini => (
            &[],
            r#"{"candidates":[{"content":{"parts":[{"text":"PIECE"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":1,"totalTokenCount":1001},"modelVersion":"m","responseId":"r"}"#,
            &[
                r#"{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":250,"totalTokenCount":1250},"modelVersion":"m","responseId":"r"}"#,
            ],
        ),
        Dialect::BedrockConverse => (
            &[r#"messageStart|{"role":"assistant","p":"abcd"}"#],
            r#"contentBlockDelta|{"contentBlockIndex":0,"delta":{"text":"PIECE"},"p":"ab"}"#,
            &[
                r#"contentBlockStop|{"contentBlockIndex":0}"#,
                r#"messageStop|{"stopReason":"end_turn"}"#,
                r#"metadata|{"usage":{"inputTokens":1000,"outputTokens":250,"totalTokens":1250},"metrics":{"latencyMs":1}}"#,
            ],
        ),
        Dialect::CohereChat => (
            &[
                r#"message-start|{"id":"c","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#,
                r#"content-start|{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
            ],
            r#"content-delta|{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"PIECE"}}}}"#,
            &[
                r#"content-end|{"type":"content-end","index":0}"#,
                r#"message-end|{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1000,"output_tokens":250}}}}"#,
                "[DONE]",
            ],
        ),
        Dialect::OllamaChat => (
            &[],
            r#"{"model":"m","created_at":"2026-11-01T10:00:00Z","message":{"role":"assistant","content":"PIECE"},"done":false}"#,
            &[
                r#"{"model":"m","created_at":"2026-11-01T10:00:02Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"prompt_eval_count":1000,"eval_count":250}"#,
            ],
        ),
        _ => (
            &[],
            r#"{"response":"PIECE","p":"abdefghijklmno"}"#,
            &[
                r#"{"response":"","usage":{"prompt_tokens":1000,"completion_tokens":250,"total_tokens":1250}}"#,
                "[DONE]",
            ],
        ),
    }
}
