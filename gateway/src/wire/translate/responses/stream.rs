//! Steps, into the events that a client of this API reads.
//!
//! Every event is numbered. An item is added, grows by deltas, is told once more as a whole, and
//! is done; the last event holds the whole answer.

use serde::Serialize;

use super::{
    output::{Answer, Failure, Item, OutputText, Status, Summary, item_id, status_of, thought_id},
    server_tools::{self, WrittenUse},
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{Citation, Image, ServerToolUse, Signature, Step, Stop, StreamError, Thought, Usage},
        likelihoods::{self, WrittenLikelihood},
        no_place_for,
        openai_annotations::WrittenAnnotation,
        stream::WriteStream,
        write_event,
    },
};

/// Writes one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Writer {
    events_written: u64,
    done: Vec<Item>,
    open: Option<Open>,
    stop: Option<Stop>,
    /// Of the text that is told next.
    likelihoods: Vec<WrittenLikelihood>,
    /// How much was said, in characters.
    said: usize,
    /// The messages that are done, by their place, and how much was said before each.
    messages: Vec<(usize, usize)>,
}

/// The item that grows.
#[derive(Debug)]
enum Open {
    Message { id: String, text: OutputText, begins_at: usize },
    Thought { id: String, text: String },
    Call { id: String, call_id: String, name: String, arguments: String },
}

#[derive(Serialize)]
struct Event<'a, T> {
    r#type: &'a str,
    sequence_number: u64,
    #[serde(flatten)]
    rest: T,
}

#[derive(Serialize)]
struct OfAnswer<'a> {
    response: Answer<'a>,
}

/// The SDKs' types have the fields of an error in the event itself, the SDKs raise what is in its
/// `error`; so both are there.
#[derive(Serialize)]
struct OfError<'a> {
    #[serde(flatten)]
    told: ErrorFields<'a>,
    error: RaisedError<'a>,
}

#[derive(Serialize)]
struct RaisedError<'a> {
    r#type: &'a str,
    #[serde(flatten)]
    told: ErrorFields<'a>,
}

#[derive(Clone, Copy, Serialize)]
struct ErrorFields<'a> {
    code: &'a str,
    message: &'a str,
    param: Option<()>,
}

impl<'a> OfError<'a> {
    fn new(code: &'a str, message: &'a str) -> Self {
        let told = ErrorFields { code, message, param: None };
        let r#type = if code == "server_error" { code } else { "rate_limit_error" };
        Self { told, error: RaisedError { r#type, told } }
    }
}

#[derive(Serialize)]
struct OfItem<'a> {
    output_index: usize,
    item: &'a Item,
}

/// What happens within an item; what an event does not have is left out.
#[derive(Default, Serialize)]
struct Within<'a> {
    item_id: &'a str,
    output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotation_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotation: Option<WrittenAnnotation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'a [WrittenLikelihood]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<Part>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Part {
    Text(OutputText),
    Summary(Summary),
}

impl WriteStream for Writer {
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match *step {
            Step::Begin(_) => {
                self.answer("response.created", Answer::begun(context), out)?;
                self.answer("response.in_progress", Answer::begun(context), out)
            }
            Step::Likelihoods(told) => {
                self.likelihoods.extend(likelihoods::write(told));
                Ok(())
            }
            Step::NextText => Ok(()),
            Step::Text(text) => self.text(text, context, out),
            Step::Thought(text) => self.thought(text, context, out),
            Step::Signature { vendor, opaque, is_redacted } => {
                let signature = Signature { vendor, opaque: opaque.to_owned() };
                self.sign(signature, is_redacted, context, out)
            }
            Step::Image(image) => self.picture(image, context, out),
            Step::Speech(_) => Err(no_place_for("speech")),
            Step::ToolCall { id, name } => self.open_call(id, name, context, out),
            Step::Arguments(delta) => self.arguments(delta, out),
            Step::ServerToolUse(used) => self.server_tool(used, context, out),
            Step::Citation(citation) => self.cite(citation, out),
            Step::Finish { stop, .. } => {
                self.stop = Some(stop);
                self.close(status_of(stop), context, out)
            }
            Step::End(usage) => self.end(usage, context, out),
            Step::Error(StreamError { kind, message }) => {
                let done = std::mem::take(&mut self.done);
                let code = failure_code(kind);
                // OpenAI tells a failure twice: the SDKs raise the one, others follow the other.
                self.event("error", OfError::new(code, message), out)?;
                let error = Failure { code, message };
                self.answer("response.failed", Answer::failed(context, &done, error), out)
            }
        }
    }
}

/// The code of a failure, of those that this API has.
fn failure_code(kind: &str) -> &'static str {
    match kind {
        "rate_limit_error" | "rate_limit_exceeded" => "rate_limit_exceeded",
        _ => "server_error",
    }
}

impl Writer {
    fn text(
        &mut self,
        delta: &str,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        if !matches!(self.open, Some(Open::Message { .. })) {
            self.close(Status::Completed, context, out)?;
            let id = item_id("msg", context, self.done.len());
            self.add(&Item::message(id.clone(), Status::InProgress, Vec::new()), out)?;
            let part = Some(Part::Text(OutputText::new(String::new())));
            let within = Within { part, ..self.in_content(&id) };
            self.event("response.content_part.added", within, out)?;
            let text = OutputText::new(String::new());
            self.open = Some(Open::Message { id, text, begins_at: self.said });
        }
        let told = std::mem::take(&mut self.likelihoods);
        let Some(Open::Message { id, text, .. }) = &mut self.open else { return Ok(()) };
        text.text.push_str(delta);
        text.logprobs.extend_from_slice(&told);
        self.said += delta.chars().count();
        let id = id.clone();
        let within = Within { delta: Some(delta), logprobs: Some(&told), ..self.in_content(&id) };
        self.event("response.output_text.delta", within, out)
    }

    fn thought(
        &mut self,
        delta: &str,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        if !matches!(self.open, Some(Open::Thought { .. })) {
            self.close(Status::Completed, context, out)?;
            let id = self.add_thought(None, context, out)?;
            let part = Some(Part::Summary(Summary::new(String::new())));
            let within = Within { part, ..self.in_summary(&id) };
            self.event("response.reasoning_summary_part.added", within, out)?;
            self.open = Some(Open::Thought { id, text: String::new() });
        }
        let Some(Open::Thought { id, text }) = &mut self.open else { return Ok(()) };
        text.push_str(delta);
        let id = id.clone();
        let within = Within { delta: Some(delta), ..self.in_summary(&id) };
        self.event("response.reasoning_summary_text.delta", within, out)
    }

    fn add_thought(
        &mut self,
        signature: Option<&Signature>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<String, WireError> {
        let id = thought_id(signature, context, self.done.len());
        let empty = Thought { text: String::new(), signature: None, is_redacted: false };
        self.add(&Item::thought(id.clone(), &empty), out)?;
        Ok(id)
    }

    /// Ends the thought that is open, or adds one without text.
    fn sign(
        &mut self,
        signature: Signature,
        is_redacted: bool,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let (id, text) = match self.open.take() {
            Some(Open::Thought { id, text }) if !is_redacted => (id, text),
            other => {
                self.open = other;
                self.close(Status::Completed, context, out)?;
                (self.add_thought(Some(&signature), context, out)?, String::new())
            }
        };
        self.end_thought(id, text, Some(signature), is_redacted, out)
    }

    fn end_thought(
        &mut self,
        id: String,
        text: String,
        signature: Option<Signature>,
        is_redacted: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        if !text.is_empty() {
            let within = Within { text: Some(&text), ..self.in_summary(&id) };
            self.event("response.reasoning_summary_text.done", within, out)?;
            let part = Some(Part::Summary(Summary::new(text.clone())));
            let within = Within { part, ..self.in_summary(&id) };
            self.event("response.reasoning_summary_part.done", within, out)?;
        }
        let thought = Thought { text, signature, is_redacted };
        self.end_item(Item::thought(id, &thought), out)
    }

    fn open_call(
        &mut self,
        call_id: &str,
        name: &str,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        self.close(Status::Completed, context, out)?;
        let id = item_id("fc", context, self.done.len());
        let item = Item::call(id.clone(), Status::InProgress, call_id, name, "", context);
        self.add(&item, out)?;
        let (call_id, name) = (call_id.to_owned(), name.to_owned());
        self.open = Some(Open::Call { id, call_id, name, arguments: String::new() });
        Ok(())
    }

    fn picture(
        &mut self,
        image: &Image,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        self.close(Status::Completed, context, out)?;
        let id = item_id("ig", context, self.done.len());
        let item = Item::picture(id.clone(), image)?;
        let (status, result) = (Status::InProgress, None);
        self.add(&Item::ImageGenerationCall { id: id.clone(), status, result }, out)?;
        self.event("response.image_generation_call.in_progress", self.within(&id), out)?;
        self.event("response.image_generation_call.completed", self.within(&id), out)?;
        self.end_item(item, out)
    }

    fn arguments(&mut self, delta: &str, out: &mut Vec<u8>) -> Result<(), WireError> {
        let Some(Open::Call { id, arguments, .. }) = &mut self.open else { return Ok(()) };
        arguments.push_str(delta);
        let id = id.clone();
        let within = Within { delta: Some(delta), ..self.within(&id) };
        self.event("response.function_call_arguments.delta", within, out)
    }

    fn server_tool(
        &mut self,
        used: &ServerToolUse,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        self.close(Status::Completed, context, out)?;
        let id = item_id(server_tools::prefix(used), context, self.done.len());
        let written = WrittenUse::of(used, id);
        self.add(&Item::ServerTool(written.begun()), out)?;
        let id = written.id().to_owned();
        match &written {
            WrittenUse::WebSearchCall { .. } => {
                self.event("response.web_search_call.in_progress", self.within(&id), out)?;
                self.event("response.web_search_call.searching", self.within(&id), out)?;
                self.event("response.web_search_call.completed", self.within(&id), out)?;
            }
            WrittenUse::CodeInterpreterCall { code, .. } => {
                self.event("response.code_interpreter_call.in_progress", self.within(&id), out)?;
                let within = Within { delta: Some(code), ..self.within(&id) };
                self.event("response.code_interpreter_call_code.delta", within, out)?;
                let within = Within { code: Some(code), ..self.within(&id) };
                self.event("response.code_interpreter_call_code.done", within, out)?;
                self.event("response.code_interpreter_call.interpreting", self.within(&id), out)?;
                self.event("response.code_interpreter_call.completed", self.within(&id), out)?;
            }
        }
        self.end_item(Item::ServerTool(written), out)
    }

    /// A passage of the message that is open, or of one that is done already: the whole answer has
    /// it too.
    fn cite(&mut self, citation: &Citation, out: &mut Vec<u8>) -> Result<(), WireError> {
        let start = citation.passage.start;
        let (output_index, id, (annotation_index, annotation)) = match &mut self.open {
            Some(Open::Message { id, text, begins_at }) if *begins_at <= start => {
                (self.done.len(), id.clone(), text.annotate(citation, *begins_at))
            }
            _ => {
                let message = self.messages.iter().rfind(|(_, begins_at)| *begins_at <= start);
                let Some(&(place, begins_at)) = message else { return Ok(()) };
                let Some(Item::Message { id, content, .. }) = self.done.get_mut(place) else {
                    return Ok(());
                };
                let Some(text) = content.first_mut() else { return Ok(()) };
                (place, id.clone(), text.annotate(citation, begins_at))
            }
        };
        let (annotation_index, annotation) = (Some(annotation_index), Some(annotation));
        let within = self.in_content(&id);
        let within = Within { output_index, annotation_index, annotation, ..within };
        self.event("response.output_text.annotation.added", within, out)
    }

    /// Tells the open item once more as a whole.
    fn close(
        &mut self,
        status: Status,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match self.open.take() {
            None => Ok(()),
            Some(Open::Thought { id, text }) => self.end_thought(id, text, None, false, out),
            Some(Open::Message { id, mut text, begins_at }) => {
                text.logprobs.append(&mut self.likelihoods);
                let within = Within {
                    text: Some(&text.text),
                    logprobs: Some(&text.logprobs),
                    ..self.in_content(&id)
                };
                self.event("response.output_text.done", within, out)?;
                let part = Some(Part::Text(text.clone()));
                let within = Within { part, ..self.in_content(&id) };
                self.event("response.content_part.done", within, out)?;
                self.messages.push((self.done.len(), begins_at));
                self.end_item(Item::message(id, status, vec![text]), out)
            }
            Some(Open::Call { id, call_id, name, arguments }) => {
                let within = Within { arguments: Some(&arguments), ..self.within(&id) };
                self.event("response.function_call_arguments.done", within, out)?;
                self.end_item(Item::call(id, status, &call_id, &name, &arguments, context), out)
            }
        }
    }

    fn end(
        &mut self,
        usage: Usage,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let stop = self.stop.unwrap_or(Stop::EndOfTurn);
        let done = std::mem::take(&mut self.done);
        let name = match status_of(stop) {
            Status::Incomplete => "response.incomplete",
            _ => "response.completed",
        };
        self.answer(name, Answer::ended(context, &done, stop, usage), out)
    }

    fn within<'a>(&self, item_id: &'a str) -> Within<'a> {
        Within { item_id, output_index: self.done.len(), ..Within::default() }
    }

    fn in_content<'a>(&self, item_id: &'a str) -> Within<'a> {
        Within { content_index: Some(0), ..self.within(item_id) }
    }

    fn in_summary<'a>(&self, item_id: &'a str) -> Within<'a> {
        Within { summary_index: Some(0), ..self.within(item_id) }
    }

    fn add(&mut self, item: &Item, out: &mut Vec<u8>) -> Result<(), WireError> {
        let output_index = self.done.len();
        self.event("response.output_item.added", OfItem { output_index, item }, out)
    }

    fn end_item(&mut self, item: Item, out: &mut Vec<u8>) -> Result<(), WireError> {
        let output_index = self.done.len();
        self.event("response.output_item.done", OfItem { output_index, item: &item }, out)?;
        self.done.push(item);
        Ok(())
    }

    fn answer(
        &mut self,
        name: &str,
        response: Answer<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        self.event(name, OfAnswer { response }, out)
    }

    fn event(
        &mut self,
        name: &str,
        rest: impl Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let event = Event { r#type: name, sequence_number: self.events_written, rest };
        self.events_written += 1;
        write_event(out, Some(name), &event)
    }
}
