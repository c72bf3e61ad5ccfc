//! An answer on its way, event by event.

use std::collections::VecDeque;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::answer::Said;
use crate::fake_provider::{answer::Content, openai::sound};

/// How much sound a piece of an answer is: a twentieth of a second.
const PIECE_SOUND_BYTES: usize = 2_400;

#[derive(Debug)]
pub(super) struct Playing {
    pub(super) id: String,
    pub(super) said: Said,
    /// Events to come, each with whether it is a piece of the answer.
    events: VecDeque<(bool, Value)>,
    /// The items that the answer adds to the conversation.
    pub(super) items: Vec<Value>,
    pub(super) parts: usize,
    pub(super) told: usize,
    metadata: Value,
    conversation: Value,
}

impl Playing {
    /// An answer that begins; `chunks` is how many pieces a text is told in.
    pub(super) fn new(said: Said, wishes: &Value, serial: &str, chunks: usize) -> Self {
        let conversation = match wishes["conversation"].as_str() {
            Some("none") => Value::Null,
            _ => json!("conv_fake"),
        };
        let metadata = wishes["metadata"].clone();
        let mut playing = Self {
            id: format!("resp_fake{serial}"),
            said,
            events: VecDeque::new(),
            items: Vec::new(),
            parts: 0,
            told: 0,
            metadata,
            conversation,
        };
        let begun = playing.response("in_progress", &Value::Null, &Value::Null);
        playing.push(false, json!({"type": "response.created", "response": begun}));
        match playing.said.content.clone() {
            Content::Text(text) => playing.tell_text(&text, serial, chunks),
            Content::Calls(calls) => {
                for (index, call) in calls.iter().enumerate() {
                    playing.tell_call(index, &call.name, &call.arguments, serial, chunks);
                }
            }
        }
        playing
    }

    /// The next event and whether it is a piece; none at the end.
    pub(super) fn next_event(&mut self) -> Option<(bool, Value)> {
        let (is_piece, event) = self.events.pop_front()?;
        self.told += usize::from(is_piece);
        Some((is_piece, event))
    }

    /// Whether the next event is a piece.
    pub(super) fn is_piece_next(&self) -> bool {
        self.events.front().is_some_and(|(is_piece, _)| *is_piece)
    }

    /// The response as it is told.
    pub(super) fn response(&self, status: &str, details: &Value, usage: &Value) -> Value {
        let output: &[Value] = if status == "in_progress" { &[] } else { &self.items };
        json!({
            "object": "realtime.response", "id": self.id, "status": status,
            "status_details": details, "output": output, "conversation_id": self.conversation,
            "output_modalities": [if self.said.is_spoken { "audio" } else { "text" }],
            "max_output_tokens": self.said.max_output_tokens, "usage": usage,
            "metadata": self.metadata,
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"}},
        })
    }

    fn push(&mut self, is_piece: bool, event: Value) {
        self.parts += usize::from(is_piece);
        self.events.push_back((is_piece, event));
    }

    fn tell_text(&mut self, text: &str, serial: &str, chunks: usize) {
        let item_id = format!("item_fake{serial}");
        let (kind, part) = if self.said.is_spoken {
            ("output_audio_transcript", json!({"type": "audio", "transcript": ""}))
        } else {
            ("output_text", json!({"type": "text", "text": ""}))
        };
        let (written, content) = if self.said.is_spoken {
            ("transcript", json!({"type": "output_audio", "transcript": text}))
        } else {
            ("text", json!({"type": "output_text", "text": text}))
        };
        let item = |status: &str, content: Value| {
            json!({
                "id": item_id, "object": "realtime.item", "type": "message", "status": status,
                "role": "assistant", "content": content,
            })
        };
        self.begin_item(0, &item("in_progress", json!([])));
        let place = json!({
            "response_id": self.id, "item_id": item_id, "output_index": 0, "content_index": 0,
        });
        let at = |name: &str, more: Value| with(&place, name, more);
        self.push(false, at("response.content_part.added", json!({"part": part})));
        for piece in pieces(text, chunks) {
            self.push(true, at(&format!("response.{kind}.delta"), json!({"delta": piece})));
            if self.said.is_spoken {
                let delta = BASE64_STANDARD.encode(sound::samples(PIECE_SOUND_BYTES));
                self.push(false, at("response.output_audio.delta", json!({"delta": delta})));
            }
        }
        if self.said.is_spoken {
            self.push(false, at("response.output_audio.done", json!({})));
        }
        let mut whole = json!({});
        whole[written] = json!(text);
        self.push(false, at(&format!("response.{kind}.done"), whole.clone()));
        whole["type"] = part["type"].clone();
        self.push(false, at("response.content_part.done", json!({"part": whole})));
        self.end_item(0, item("completed", json!([content])));
    }

    fn tell_call(
        &mut self,
        index: usize,
        name: &str,
        arguments: &str,
        serial: &str,
        chunks: usize,
    ) {
        let item_id = format!("item_fake{serial}{index}");
        let call_id = format!("call_fake{serial}{index}");
        let item = |status: &str, arguments: &str| {
            json!({
                "id": item_id, "object": "realtime.item", "type": "function_call",
                "status": status, "name": name, "call_id": call_id, "arguments": arguments,
            })
        };
        self.begin_item(index, &item("in_progress", ""));
        let place = json!({
            "response_id": self.id, "item_id": item_id, "output_index": index, "call_id": call_id,
        });
        for piece in pieces(arguments, chunks) {
            let delta = json!({"delta": piece});
            self.push(true, with(&place, "response.function_call_arguments.delta", delta));
        }
        let done = json!({"name": name, "arguments": arguments});
        self.push(false, with(&place, "response.function_call_arguments.done", done));
        self.end_item(index, item("completed", arguments));
    }

    fn begin_item(&mut self, index: usize, item: &Value) {
        let added = json!({
            "type": "response.output_item.added", "response_id": self.id, "output_index": index,
            "item": item,
        });
        self.push(false, added);
        let in_conversation = json!({
            "type": "conversation.item.added", "previous_item_id": null, "item": item,
        });
        self.push(false, in_conversation);
    }

    fn end_item(&mut self, index: usize, item: Value) {
        let done = json!({
            "type": "response.output_item.done", "response_id": self.id, "output_index": index,
            "item": item,
        });
        self.push(false, done);
        let in_conversation =
            json!({"type": "conversation.item.done", "previous_item_id": null, "item": item});
        self.push(false, in_conversation);
        self.items.push(item);
    }
}

fn with(place: &Value, name: &str, more: Value) -> Value {
    let mut event = json!({ "type": name });
    for fields in [place.clone(), more] {
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
    }
    event
}

/// A text in so many pieces, none of them empty.
fn pieces(text: &str, count: usize) -> Vec<&str> {
    let count = count.clamp(1, text.len().max(1));
    let place = |index: usize| text.floor_char_boundary(text.len() * index / count);
    (0..count).map(|index| &text[place(index)..place(index + 1)]).collect()
}
