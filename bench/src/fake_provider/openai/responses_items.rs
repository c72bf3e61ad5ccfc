//! The items of a response: a thought where one is wanted, then calls, or a search and a message.

use serde_json::{Value, json};

use super::{
    chat::call_id, responses_history::sealed, responses_request::ResponsesRequest, responses_search,
};
use crate::fake_provider::{
    answer::{Answer, Content},
    search::said,
};

const THOUGHT: &str = "**Considering the question**\n\nThe user asks for something; “quick” \
     \u{1F914} and <b>careful</b>.";

/// What is in a response, each item with the text that a stream sends in pieces.
#[derive(Debug)]
pub(super) struct Output(Vec<Item>);

/// One item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) id: String,
    /// The summary of a thought, the text of a message, the arguments of a call.
    pub(super) text: String,
    /// What the text of a message rests on.
    pub(super) annotations: Vec<Value>,
    whole: Value,
    begun: Value,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Thought,
    Search,
    Message,
    FunctionCall,
    CustomCall,
}

pub(super) fn response_id(serial: u64) -> String {
    format!("resp_fake{serial:044x}")
}

impl Output {
    /// The items of an answer.
    pub(super) fn of(request: &ResponsesRequest, answer: &Answer, serial: u64) -> Self {
        let mut items = Vec::new();
        if request.wants_thought() {
            items.push(thought(request, serial));
        }
        match &answer.content {
            Content::Text(_) if answer.has_searched() => {
                items.push(search(request, serial));
                items.push(message(&said(), responses_search::annotations(), false, serial));
            }
            Content::Text(text) => {
                items.push(message(text, Vec::new(), answer.is_cut_at_limit, serial));
            }
            Content::Calls(calls) => {
                for (index, call) in calls.iter().enumerate() {
                    let call_id = call_id(serial, index);
                    let id = format!("fake{serial:044x}{index:04x}");
                    items.push(if request.is_custom(&call.name) {
                        custom_call(&id, &call_id, &call.name, &call.arguments)
                    } else {
                        function_call(&id, &call_id, &call.name, &call.arguments)
                    });
                }
            }
        }
        Self(items)
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.0.iter()
    }

    /// All of them, whole.
    pub(super) fn items(&self) -> Vec<Value> {
        self.iter().map(|item| item.whole().clone()).collect()
    }
}

impl Item {
    /// The item as it is in the end.
    pub(super) fn whole(&self) -> &Value {
        &self.whole
    }

    /// The item as a stream announces it.
    pub(super) fn begun(&self) -> &Value {
        &self.begun
    }
}

/// The part of a message that holds a text, and what it rests on.
pub(super) fn text_part(text: &str, annotations: &[Value]) -> Value {
    json!({ "type": "output_text", "annotations": annotations, "logprobs": [], "text": text })
}

fn search(request: &ResponsesRequest, serial: u64) -> Item {
    let id = responses_search::item_id(serial);
    let whole = responses_search::item(&id, request.wants_sources());
    let mut begun = whole.clone();
    begun["status"] = json!("in_progress");
    Item { kind: Kind::Search, id, text: String::new(), annotations: Vec::new(), whole, begun }
}

fn thought(request: &ResponsesRequest, serial: u64) -> Item {
    let id = format!("rs_fake{serial:044x}");
    let text = if request.wants_summary() { THOUGHT } else { "" };
    let mut begun = json!({ "id": id, "type": "reasoning", "summary": [] });
    if request.wants_encrypted_thought() {
        begun["encrypted_content"] = json!(sealed(&id));
    }
    let mut whole = begun.clone();
    if !text.is_empty() {
        whole["summary"] = json!([{ "type": "summary_text", "text": text }]);
    }
    let text = text.to_owned();
    Item { kind: Kind::Thought, id, text, annotations: Vec::new(), whole, begun }
}

fn message(text: &str, annotations: Vec<Value>, is_cut: bool, serial: u64) -> Item {
    let id = format!("msg_fake{serial:044x}");
    let item = |status: &str, content: Value| {
        json!({
            "id": id, "type": "message", "status": status, "content": content, "role": "assistant",
        })
    };
    let status = if is_cut { "incomplete" } else { "completed" };
    let whole = item(status, json!([text_part(text, &annotations)]));
    let begun = item("in_progress", json!([]));
    Item { kind: Kind::Message, text: text.to_owned(), annotations, whole, begun, id }
}

fn function_call(id: &str, call_id: &str, name: &str, arguments: &str) -> Item {
    let id = format!("fc_{id}");
    let item = |status: &str, arguments: &str| {
        json!({
            "id": id, "type": "function_call", "status": status, "arguments": arguments,
            "call_id": call_id, "name": name,
        })
    };
    let (whole, begun) = (item("completed", arguments), item("in_progress", ""));
    let text = arguments.to_owned();
    Item { kind: Kind::FunctionCall, text, annotations: Vec::new(), whole, begun, id }
}

/// A tool that takes any text gets what stands as `input` in the arguments.
fn custom_call(id: &str, call_id: &str, name: &str, arguments: &str) -> Item {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
    let input = arguments["input"].as_str().unwrap_or_default();
    let id = format!("ctc_{id}");
    let item = |status: &str, input: &str| {
        json!({
            "id": id, "type": "custom_tool_call", "status": status, "call_id": call_id,
            "input": input, "name": name,
        })
    };
    let (whole, begun) = (item("completed", input), item("in_progress", ""));
    let text = input.to_owned();
    Item { kind: Kind::CustomCall, text, annotations: Vec::new(), whole, begun, id }
}
