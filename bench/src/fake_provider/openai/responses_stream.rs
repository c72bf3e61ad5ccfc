//! A response as a stream of numbered events.

use serde_json::{Map, Value, json};

use super::{
    responses::ResponseFrame,
    responses_items::{Item, Kind, Output, text_part},
};
use crate::fake_provider::{
    directives::Directives,
    script::{Frame, PIECE, Script},
};

/// The whole stream, from `response.created` to `response.completed`.
pub(super) fn script(
    frame: &ResponseFrame<'_>,
    output: &Output,
    directives: &Directives,
) -> Script {
    let mut stream = Stream { script: Script::default(), number: 0, directives };
    for name in ["response.created", "response.in_progress"] {
        stream.push(name, json!({ "response": frame.begun() }));
    }
    for (index, item) in output.iter().enumerate() {
        stream.push_item(index, item);
    }
    stream.push(frame.last_event(), json!({ "response": frame.ended(&output.items()) }));
    stream.script
}

struct Stream<'a> {
    script: Script,
    number: usize,
    directives: &'a Directives,
}

impl Stream<'_> {
    fn push(&mut self, name: &str, rest: Value) {
        let event = self.event(name, rest);
        self.script.push_fixed(event);
    }

    /// An event whose name is also its type, with the next number.
    fn event(&mut self, name: &str, rest: Value) -> String {
        let mut data = Map::from_iter([
            ("type".to_owned(), json!(name)),
            ("sequence_number".to_owned(), json!(self.number)),
        ]);
        self.number += 1;
        if let Value::Object(rest) = rest {
            data.extend(rest);
        }
        format!("event: {name}\ndata: {}\n\n", Value::Object(data))
    }

    fn push_item(&mut self, index: usize, item: &Item) {
        let added = json!({ "output_index": index, "item": item.begun() });
        self.push("response.output_item.added", added);
        match item.kind {
            Kind::Thought => self.push_summary(index, item),
            Kind::Search => self.push_search(index, item),
            Kind::Message => self.push_text(index, item),
            Kind::FunctionCall => {
                let name = "response.function_call_arguments";
                self.push_pieces(name, "arguments", index, item, &json!({}));
            }
            Kind::CustomCall => {
                let name = "response.custom_tool_call_input";
                self.push_pieces(name, "input", index, item, &json!({}));
            }
        }
        let done = json!({ "output_index": index, "item": item.whole() });
        self.push("response.output_item.done", done);
    }

    fn push_summary(&mut self, index: usize, item: &Item) {
        if item.text.is_empty() {
            return;
        }
        let part = |text: &str| {
            json!({
                "item_id": item.id, "output_index": index, "summary_index": 0,
                "part": { "type": "summary_text", "text": text },
            })
        };
        self.push("response.reasoning_summary_part.added", part(""));
        let place = json!({ "summary_index": 0 });
        self.push_pieces("response.reasoning_summary_text", "text", index, item, &place);
        self.push("response.reasoning_summary_part.done", part(&item.text));
    }

    fn push_search(&mut self, index: usize, item: &Item) {
        for phase in ["in_progress", "searching", "completed"] {
            let place = json!({ "output_index": index, "item_id": item.id });
            self.push(&format!("response.web_search_call.{phase}"), place);
        }
    }

    fn push_text(&mut self, index: usize, item: &Item) {
        let part = |text: &str, annotations: &[Value]| {
            json!({
                "item_id": item.id, "output_index": index, "content_index": 0,
                "part": text_part(text, annotations),
            })
        };
        self.push("response.content_part.added", part("", &[]));
        let place = json!({ "content_index": 0, "logprobs": [] });
        self.push_deltas("response.output_text", index, item, &place);
        for (place, annotation) in item.annotations.iter().enumerate() {
            let added = json!({
                "item_id": item.id, "output_index": index, "content_index": 0,
                "annotation_index": place, "annotation": annotation,
            });
            self.push("response.output_text.annotation.added", added);
        }
        let mut done = of_item(index, item, &place);
        done["text"] = json!(item.text);
        self.push("response.output_text.done", done);
        self.push("response.content_part.done", part(&item.text, &item.annotations));
    }

    /// The text of an item in pieces, and then whole, as `field`.
    fn push_pieces(&mut self, name: &str, field: &str, index: usize, item: &Item, place: &Value) {
        self.push_deltas(name, index, item, place);
        let mut done = of_item(index, item, place);
        done[field] = json!(item.text);
        self.push(&format!("{name}.done"), done);
    }

    fn push_deltas(&mut self, name: &str, index: usize, item: &Item, place: &Value) {
        let output_index = index;
        // Each piece has a number of its own.
        let is_stamped = self.directives.is_stamped && item.kind == Kind::Message;
        let most = if is_stamped { usize::MAX } else { item.text.len() };
        let count = self.directives.chunks.min(most).max(1);
        let at = |index: usize| item.text.floor_char_boundary(item.text.len() * index / count);
        for index in 0..count {
            let piece = &item.text[at(index)..at(index + 1)];
            if is_stamped || !piece.is_empty() {
                let mut delta = of_item(output_index, item, place);
                delta["delta"] = json!(PIECE);
                let event = self.event(&format!("{name}.delta"), delta);
                self.script.push_run(Frame::around(&event), piece.to_owned(), 1, is_stamped);
            }
        }
    }
}

/// The place of an item, and a place within it.
fn of_item(index: usize, item: &Item, place: &Value) -> Value {
    let mut data = json!({ "item_id": item.id, "output_index": index });
    if let (Some(data), Some(place)) = (data.as_object_mut(), place.as_object()) {
        data.extend(place.clone());
    }
    data
}
