//! The events of a provider's answer, into steps.
//!
//! An item is told while it grows, by its deltas. What a server tells only when the item is done
//! is told then; the encrypted content of a thought is whole nowhere else.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    in_order::{InOrder, Piece},
    response::{Answer, ErrorObject, Item, SaidText},
};
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{Citation, OnStep, Phase, Step, StreamError, Usage},
        likelihoods::{self, ReadLikelihood},
        nonsense, openai_annotations,
        stream::ReadStream,
    },
};

/// An event of any kind; what a kind does not have is absent.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    output_index: Option<i64>,
    summary_index: Option<i64>,
    content_index: Option<i64>,
    annotation: Option<Box<RawValue>>,
    delta: Option<String>,
    logprobs: Option<Vec<ReadLikelihood>>,
    item: Option<Item>,
    response: Option<Answer>,
    error: Option<ErrorObject>,
    code: Option<String>,
    message: Option<String>,
}

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    items: Vec<Told>,
    in_order: InOrder,
    calls: usize,
    was_refused: bool,
}

/// An item, and what of it was told.
#[derive(Debug)]
struct Told {
    index: i64,
    kind: Kind,
    has_content: bool,
    has_citations: bool,
    content_index: i64,
    /// Which texts of a thought are told: servers that have both say the same twice.
    source: Option<Source>,
    summary_index: i64,
    is_done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Message,
    Thought,
    Call,
    /// Of a tool that only the provider has.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Summary,
    Whole,
}

impl ReadStream for Reader {
    fn read(
        &mut self,
        event: SseEvent<'_>,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if self.phase == Phase::Over || event.data.trim() == "[DONE]" {
            return Ok(());
        }
        let event: Event = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("an event is not of a response ({error})")))?;
        match event.kind.as_str() {
            "response.failed" | "response.cancelled" | "error" => self.fail(event, tell),
            "response.completed" | "response.incomplete" => self.end(event.response, tell),
            _ => {
                self.begin(tell)?;
                self.read_part(event, context, tell)
            }
        }
    }

    fn finish(&mut self, _tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match self.phase {
            Phase::Over => Ok(()),
            _ => Err(nonsense("its stream ended before its answer did")),
        }
    }
}

impl Reader {
    fn begin(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if self.phase != Phase::Waiting {
            return Ok(());
        }
        self.phase = Phase::Telling;
        tell(Step::Begin(Usage::default()))
    }

    fn read_part(
        &mut self,
        event: Event,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let Event { output_index, delta, logprobs, content_index, annotation, .. } = event;
        let delta = delta.filter(|delta| !delta.is_empty());
        match (event.kind.as_str(), event.item, delta) {
            ("response.output_item.added", Some(item), _) => {
                self.add(output_index, &item, context, tell).map(|_| ())
            }
            ("response.output_item.done", Some(item), _) => {
                self.end_item(output_index, item, context, tell)
            }
            ("response.output_text.delta", _, Some(text)) => {
                let likelihoods = likelihoods::read(logprobs);
                if !likelihoods.is_empty() {
                    let piece = Piece::Likelihoods(likelihoods);
                    self.grow(output_index, Kind::Message, piece, tell)?;
                }
                self.say(output_index, content_index, text, tell)
            }
            ("response.refusal.delta", _, Some(text)) => {
                self.was_refused = true;
                self.say(output_index, content_index, text, tell)
            }
            ("response.output_text.annotation.added", _, _) => {
                self.cite(output_index, openai_annotations::read_one(annotation.as_deref()), tell)
            }
            ("response.reasoning_summary_text.delta", _, Some(text)) => {
                let index = event.summary_index.unwrap_or(0);
                self.think(output_index, Source::Summary, index, text, tell)
            }
            ("response.reasoning_text.delta", _, Some(text)) => {
                self.think(output_index, Source::Whole, 0, text, tell)
            }
            ("response.function_call_arguments.delta", _, Some(arguments)) => {
                self.grow(output_index, Kind::Call, Piece::Arguments(arguments), tell)
            }
            // What is told again as a whole, and what a later version of the API may add.
            _ => Ok(()),
        }
    }

    /// The place of a new item.
    fn add(
        &mut self,
        index: Option<i64>,
        item: &Item,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<usize, WireError> {
        let kind = match item.kind.as_str() {
            "message" => Kind::Message,
            "reasoning" => Kind::Thought,
            "function_call" => Kind::Call,
            _ => Kind::Other,
        };
        let place = self.open(index, kind);
        if kind == Kind::Call {
            let name = item.name.clone().filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| nonsense("a function call has no name"))?;
            let id = context.tool_call_id(item.call_id.as_deref(), self.calls);
            self.calls += 1;
            self.in_order.tell(place, Piece::Call { id, name }, tell)?;
        }
        Ok(place)
    }

    fn open(&mut self, index: Option<i64>, kind: Kind) -> usize {
        let place = self.items.len();
        self.items.push(Told {
            index: index.unwrap_or_else(|| i64::try_from(place).unwrap_or(i64::MAX)),
            kind,
            has_content: false,
            has_citations: false,
            content_index: 0,
            source: None,
            summary_index: 0,
            is_done: false,
        });
        self.in_order.open();
        place
    }

    /// The item of this index that grows; without an index, the newest.
    fn find(&self, index: Option<i64>) -> Option<usize> {
        self.items
            .iter()
            .rposition(|item| !item.is_done && index.is_none_or(|index| index == item.index))
    }

    /// More of an item; a message or a thought may begin without being announced.
    fn grow(
        &mut self,
        index: Option<i64>,
        kind: Kind,
        piece: Piece,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let place = match self.find(index) {
            Some(place) => place,
            None if kind != Kind::Call => self.open(index, kind),
            None => return Err(nonsense("arguments arrived for a call that was not begun")),
        };
        let item = &mut self.items[place];
        if item.kind != kind {
            return Err(nonsense("a delta is for an item of another kind"));
        }
        item.has_content = true;
        self.in_order.tell(place, piece, tell)
    }

    /// More of a message; its texts are counted one by one.
    fn say(
        &mut self,
        index: Option<i64>,
        content_index: Option<i64>,
        text: String,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let place = self.find(index).unwrap_or_else(|| self.open(index, Kind::Message));
        let (item, content_index) = (&mut self.items[place], content_index.unwrap_or(0));
        if item.content_index != content_index {
            item.content_index = content_index;
            self.in_order.tell(place, Piece::NextText, tell)?;
        }
        self.grow(index, Kind::Message, Piece::Text(text), tell)
    }

    fn cite(
        &mut self,
        index: Option<i64>,
        citation: Option<Citation>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let (Some(place), Some(citation)) = (self.find(index), citation) else { return Ok(()) };
        self.items[place].has_citations = true;
        self.in_order.tell(place, Piece::Citation(citation), tell)
    }

    /// More of a thought; the parts of a summary are paragraphs.
    fn think(
        &mut self,
        index: Option<i64>,
        source: Source,
        summary_index: i64,
        mut text: String,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let place = self.find(index).unwrap_or_else(|| self.open(index, Kind::Thought));
        let item = &mut self.items[place];
        if *item.source.get_or_insert(source) != source {
            return Ok(());
        }
        if summary_index != item.summary_index && item.has_content {
            text.insert_str(0, "\n\n");
        }
        item.summary_index = summary_index;
        self.grow(index, Kind::Thought, Piece::Thought(text), tell)
    }

    fn end_item(
        &mut self,
        index: Option<i64>,
        mut item: Item,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let place = match self.find(index) {
            Some(place) => place,
            None => self.add(index, &item, context, tell)?,
        };
        let Told { kind, has_content, has_citations, .. } = self.items[place];
        self.items[place].is_done = true;
        match kind {
            Kind::Message => {
                let likelihoods = item.likelihoods();
                if !has_content && !likelihoods.is_empty() {
                    self.in_order.tell(place, Piece::Likelihoods(likelihoods), tell)?;
                }
                let (texts, was_refused) = item.said();
                self.was_refused |= was_refused;
                for SaidText { text, citations } in texts {
                    if !has_content {
                        self.in_order.tell(place, Piece::NextText, tell)?;
                        self.in_order.tell(place, Piece::Text(text), tell)?;
                    }
                    for citation in citations.into_iter().filter(|_| !has_citations) {
                        self.in_order.tell(place, Piece::Citation(citation), tell)?;
                    }
                }
            }
            Kind::Thought => {
                let thought = item.thought();
                let is_untold = !has_content && !thought.text.is_empty();
                if is_untold {
                    self.in_order.tell(place, Piece::Thought(thought.text), tell)?;
                }
                if let Some(signature) = thought.signature {
                    let is_redacted = !has_content && !is_untold;
                    let piece = Piece::Signature { signature, is_redacted };
                    self.in_order.tell(place, piece, tell)?;
                }
            }
            Kind::Call if !has_content => {
                let arguments = item.arguments.filter(|arguments| !arguments.is_empty());
                let arguments = arguments.unwrap_or_else(|| "{}".to_owned());
                self.in_order.tell(place, Piece::Arguments(arguments), tell)?;
            }
            Kind::Other => {
                if let Some(used) = item.used() {
                    self.in_order.tell(place, Piece::ServerToolUse(Box::new(used)), tell)?;
                }
            }
            Kind::Call => {}
        }
        self.in_order.close(place, tell)
    }

    fn end(&mut self, answer: Option<Answer>, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        self.in_order.close_all(tell)?;
        self.phase = Phase::Over;
        let answer = answer.ok_or_else(|| nonsense("the last event has no response"))?;
        let stop = answer.stop(self.calls > 0, self.was_refused);
        tell(Step::Finish { stop, stop_sequence: None })?;
        tell(Step::End(answer.usage.map(Usage::from).unwrap_or_default()))
    }

    /// An error is within the answer, an object of its own, or the event itself.
    fn fail(&mut self, event: Event, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.phase = Phase::Over;
        let Event { response, error, code, message, .. } = event;
        let error = response.and_then(|answer| answer.error).or(error);
        let error = error.unwrap_or(ErrorObject { code, kind: None, message });
        tell(Step::Error(StreamError { kind: error.kind(), message: error.message() }))
    }
}
