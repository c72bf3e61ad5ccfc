//! Content as a stream: every chunk is an answer of its own with the usage so far, a call comes
//! whole, and the last chunk has the signature of the text and the reason of the end.

use serde_json::{Value, json};

use super::{
    generate::{Reply, picture_part, thought_part},
    thought_signature, usage,
};
use crate::fake_provider::{
    answer::{Content, ToolCall},
    script::{Frame, PIECE, Script},
};

/// What stands around a chunk.
struct Framing {
    first: &'static str,
    before: &'static str,
    after: &'static str,
    last: &'static str,
}

/// Google ends its lines with CRLF.
const EVENTS: Framing = Framing { first: "data: ", before: "data: ", after: "\r\n\r\n", last: "" };
const ARRAY: Framing = Framing { first: "[", before: ",\r\n", after: "\n", last: "]" };

/// The chunks as server-sent events.
pub(super) fn events(reply: &Reply<'_>) -> Script {
    Stream { reply, framing: EVENTS, pieces: 0, sent: 0 }.script()
}

/// The chunks as the elements of one array.
pub(super) fn array(reply: &Reply<'_>) -> Script {
    Stream { reply, framing: ARRAY, pieces: 0, sent: 0 }.script()
}

struct Stream<'a> {
    reply: &'a Reply<'a>,
    framing: Framing,
    pieces: usize,
    sent: usize,
}

impl Stream<'_> {
    fn script(mut self) -> Script {
        let mut script = Script::default();
        if self.reply.directives.is_blocked() {
            script.push_fixed(self.framed(&self.reply.blocked(), true) + self.framing.last);
            return script;
        }
        let answered = match &self.reply.answer.content {
            Content::Text(text) => self.pieces_in(text),
            Content::Calls(calls) => calls.len(),
        };
        let draws = self.reply.draws && matches!(self.reply.answer.content, Content::Text(_));
        self.pieces = answered + usize::from(self.reply.thought.is_some()) + usize::from(draws);
        if let Some(thought) = self.reply.thought {
            self.push(&mut script, &thought_part(PIECE), thought.to_owned(), false);
        }
        match &self.reply.answer.content {
            Content::Text(text) => self.push_text(&mut script, text, answered),
            Content::Calls(calls) => self.push_calls(&mut script, calls),
        }
        if draws {
            let chunk = self.next_chunk(&picture_part());
            script.push_piece(chunk);
        }
        self.push_end(&mut script);
        script
    }

    fn push_text(&mut self, script: &mut Script, text: &str, pieces: usize) {
        let place = |index: usize| text.floor_char_boundary(text.len() * index / pieces);
        for index in 0..pieces {
            let piece = text[place(index)..place(index + 1)].to_owned();
            let is_stamped = self.reply.directives.is_stamped;
            self.push(script, &json!({ "text": PIECE }), piece, is_stamped);
        }
    }

    fn push_calls(&mut self, script: &mut Script, calls: &[ToolCall]) {
        for (index, call) in calls.iter().enumerate() {
            let chunk = self.next_chunk(&self.reply.call(index, call));
            script.push_piece(chunk);
        }
    }

    fn push_end(&self, script: &mut Script) {
        let (reason, usage) = (self.reply.finish_reason(), self.reply.usage);
        let last = self.reply.chunk(&self.last_parts(), Some(reason), usage);
        script.push_fixed(self.framed(&last, false) + self.framing.last);
    }

    /// In how many pieces a text comes; none of them is empty.
    fn pieces_in(&self, text: &str) -> usize {
        let directives = self.reply.directives;
        let most = if directives.is_stamped { usize::MAX } else { text.len() };
        directives.chunks.min(most).max(1)
    }

    fn push(&mut self, script: &mut Script, part: &Value, piece: String, is_stamped: bool) {
        let chunk = self.next_chunk(part);
        script.push_run(Frame::around(&chunk), piece, 1, is_stamped);
    }

    fn next_chunk(&mut self, part: &Value) -> String {
        let is_first = self.sent == 0;
        self.sent += 1;
        let usage = usage::after(self.reply.usage, self.sent, self.pieces);
        self.framed(&self.reply.chunk(std::slice::from_ref(part), None, usage), is_first)
    }

    /// A text ends with an empty part that has its signature.
    fn last_parts(&self) -> Vec<Value> {
        match self.reply.answer.content {
            _ if self.reply.directives.finish().is_some() => Vec::new(),
            Content::Text(_) => {
                vec![json!({ "text": "", "thoughtSignature": thought_signature::of_text() })]
            }
            Content::Calls(_) => vec![json!({ "text": "" })],
        }
    }

    fn framed(&self, chunk: &Value, is_first: bool) -> String {
        let before = if is_first { self.framing.first } else { self.framing.before };
        format!("{before}{chunk}{}", self.framing.after)
    }
}
