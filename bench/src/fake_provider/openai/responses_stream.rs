//! A response as a stream of numbered events.

use serde_json::{Value, json};

use super::responses::{Told, text_part};
use crate::fake_provider::{
    answer::{Content, ToolCall},
    directives::Directives,
    script::{Frame, PIECE, Script},
};

/// The whole stream, from `response.created` to the event that has all of the answer.
pub(super) fn script(told: &Told<'_>, directives: &Directives) -> Script {
    let mut stream = Stream { told, directives, script: Script::default(), next: 0 };
    for kind in ["response.created", "response.in_progress"] {
        stream.push(kind, &json!({ "response": told.begun() }));
    }
    match &told.answer.content {
        Content::Text(text) => stream.push_text(text),
        Content::Calls(calls) => {
            for (index, call) in calls.iter().enumerate() {
                stream.push_call(index, call);
            }
        }
    }
    let ended = told.ended(directives);
    let kind = match ended["status"].as_str() {
        Some("incomplete") => "response.incomplete",
        _ => "response.completed",
    };
    stream.push(kind, &json!({ "response": ended }));
    stream.script
}

struct Stream<'a> {
    told: &'a Told<'a>,
    directives: &'a Directives,
    script: Script,
    next: u64,
}

impl Stream<'_> {
    fn push(&mut self, kind: &str, members: &Value) {
        let event = self.event(kind, members);
        self.script.push_fixed(event);
    }

    fn event(&mut self, kind: &str, members: &Value) -> String {
        let mut event = json!({ "type": kind, "sequence_number": self.next });
        for (name, value) in members.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        self.next += 1;
        format!("event: {kind}\ndata: {event}\n\n")
    }

    fn push_text(&mut self, text: &str) {
        let told = self.told;
        let item = told.message("in_progress", &json!([]));
        self.push("response.output_item.added", &json!({ "output_index": 0, "item": item }));
        let place = json!({ "item_id": told.message_id(), "output_index": 0, "content_index": 0 });
        let with = |more: Value| {
            let mut members = place.clone();
            for (name, value) in more.as_object().into_iter().flatten() {
                members[name] = value.clone();
            }
            members
        };
        self.push("response.content_part.added", &with(json!({ "part": text_part("") })));
        let piece = with(json!({ "delta": PIECE, "logprobs": [] }));
        self.push_pieces("response.output_text.delta", &piece, text);
        let whole = with(json!({ "text": text, "logprobs": [] }));
        self.push("response.output_text.done", &whole);
        self.push("response.content_part.done", &with(json!({ "part": text_part(text) })));
        let item = told.ended_message(text);
        self.push("response.output_item.done", &json!({ "output_index": 0, "item": item }));
    }

    fn push_call(&mut self, index: usize, call: &ToolCall) {
        let told = self.told;
        let item = told.call(index, call, "", false);
        self.push("response.output_item.added", &json!({ "output_index": index, "item": item }));
        let id = told.item_id(index);
        let piece = json!({ "item_id": id, "output_index": index, "delta": PIECE });
        self.push_pieces("response.function_call_arguments.delta", &piece, &call.arguments);
        let whole = json!({
            "item_id": id, "output_index": index, "arguments": call.arguments, "name": call.name,
        });
        self.push("response.function_call_arguments.done", &whole);
        let item = told.call(index, call, &call.arguments, true);
        self.push("response.output_item.done", &json!({ "output_index": index, "item": item }));
    }

    /// A text in pieces, each of which has a number of its own.
    fn push_pieces(&mut self, kind: &str, piece: &Value, text: &str) {
        let is_stamped = self.directives.is_stamped;
        let most = if is_stamped { usize::MAX } else { text.len() };
        let count = self.directives.chunks.min(most).max(1);
        let place = |index: usize| text.floor_char_boundary(text.len() * index / count);
        for index in 0..count {
            let frame = Frame::around(&self.event(kind, piece));
            let piece = text[place(index)..place(index + 1)].to_owned();
            self.script.push_run(frame, piece, 1, is_stamped);
        }
    }
}
