//! The events of a chat of Cohere's, into steps.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    citations::ReadCitation,
    likelihoods::LogprobItem,
    response::{failure, read_stop, read_usage},
};
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{OnStep, Phase, Step, StreamError, Usage},
        nonsense,
        stream::ReadStream,
    },
};

/// An event of any kind; what a kind does not have is absent.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    index: Option<i64>,
    #[serde(default)]
    delta: Delta,
    logprobs: Option<LogprobItem>,
}

#[derive(Default, Deserialize)]
struct Delta {
    /// Its form depends on the kind of the event.
    message: Option<Box<RawValue>>,
    finish_reason: Option<String>,
    error: Option<String>,
    usage: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct WithContent {
    content: Option<Content>,
}

#[derive(Deserialize)]
struct Content {
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Deserialize)]
struct WithCitation {
    citations: Option<ReadCitation>,
}

#[derive(Deserialize)]
struct WithPlan {
    tool_plan: Option<String>,
}

#[derive(Deserialize)]
struct WithCall {
    tool_calls: Option<CallDelta>,
}

#[derive(Deserialize)]
struct CallDelta {
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    calls: usize,
    open: Option<OpenCall>,
    /// How much was said, in characters.
    said: usize,
    /// Where in it each block of text begins, by its index.
    blocks: Vec<(i64, usize)>,
}

#[derive(Debug)]
struct OpenCall {
    index: Option<i64>,
    has_arguments: bool,
}

impl ReadStream for Reader {
    fn read(
        &mut self,
        event: SseEvent<'_>,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        // The answer has ended before this mark, or is cut.
        if self.phase == Phase::Over || event.data.trim() == "[DONE]" {
            return Ok(());
        }
        let Event { kind, index, delta, logprobs } = serde_json::from_str::<Event<'_>>(event.data)
            .map_err(|error| nonsense(format!("an event is not of a chat ({error})")))?;
        match &*kind {
            "message-start" => self.begin(tell),
            "content-start" | "content-delta" => {
                self.begin(tell)?;
                if &*kind == "content-start" {
                    self.blocks.push((index.unwrap_or(0), self.said));
                    tell(Step::NextText)?;
                }
                if let Some(likelihood) = logprobs.and_then(LogprobItem::into_likelihood) {
                    tell(Step::Likelihoods(&[likelihood]))?;
                }
                self.read_content(&delta, tell)
            }
            "citation-start" => self.read_citation(&delta, tell),
            "tool-plan-delta" => {
                let plan = message::<WithPlan>(&delta)?.and_then(|message| message.tool_plan);
                self.read_text(plan, tell)
            }
            "tool-call-start" => self.read_call(index, &delta, context, tell),
            "tool-call-delta" => self.read_arguments(index, &delta, tell),
            "content-end" | "tool-call-end" => self.close_call(tell),
            "message-end" => self.end(&delta, tell),
            // Ends of citations, `debug`, and what a later version of the API may add.
            _ => Ok(()),
        }
    }

    fn finish(&mut self, _tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if self.phase == Phase::Over {
            return Ok(());
        }
        Err(nonsense("its stream ended before its answer did"))
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

    fn read_content(&mut self, delta: &Delta, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        let content = message::<WithContent>(delta)?.and_then(|message| message.content);
        let Some(Content { text, thinking }) = content else { return self.begin(tell) };
        if let Some(thought) = thinking.filter(|thought| !thought.is_empty()) {
            self.begin(tell)?;
            self.close_call(tell)?;
            tell(Step::Thought(&thought))?;
        }
        self.read_text(text, tell)
    }

    fn read_text(&mut self, text: Option<String>, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(()) };
        self.close_call(tell)?;
        self.said += text.chars().count();
        tell(Step::Text(&text))
    }

    fn read_citation(&mut self, delta: &Delta, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        let citation = message::<WithCitation>(delta)?.and_then(|message| message.citations);
        let Some(citation) = citation else { return Ok(()) };
        self.begin(tell)?;
        let block = citation.content_index.and_then(|index| i64::try_from(index).ok());
        let begins_at = self.blocks.iter().find(|(index, _)| *index == block.unwrap_or(0));
        let begins_at = begins_at.map_or(0, |(_, begins_at)| *begins_at);
        let citations = citation.citations(begins_at);
        citations.iter().try_for_each(|citation| tell(Step::Citation(citation)))
    }

    fn read_call(
        &mut self,
        index: Option<i64>,
        delta: &Delta,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_call(tell)?;
        let call = message::<WithCall>(delta)?.and_then(|message| message.tool_calls);
        let Some(CallDelta { id, function: Some(FunctionDelta { name: Some(name), arguments }) }) =
            call
        else {
            return Err(nonsense("a tool call begins without a name"));
        };
        let id = context.tool_call_id(id.as_deref(), self.calls);
        self.calls += 1;
        self.open = Some(OpenCall { index, has_arguments: false });
        tell(Step::ToolCall { id: &id, name: &name })?;
        self.tell_arguments(arguments, tell)
    }

    fn read_arguments(
        &mut self,
        index: Option<i64>,
        delta: &Delta,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if self.open.as_ref().is_none_or(|open| open.index != index) {
            return Err(nonsense("arguments arrived for a tool call that is not open"));
        }
        let call = message::<WithCall>(delta)?.and_then(|message| message.tool_calls);
        let function = call.and_then(|call| call.function);
        self.tell_arguments(function.and_then(|function| function.arguments), tell)
    }

    fn tell_arguments(
        &mut self,
        arguments: Option<String>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        match (&mut self.open, arguments) {
            (Some(open), Some(arguments)) if !arguments.is_empty() => {
                open.has_arguments = true;
                tell(Step::Arguments(&arguments))
            }
            _ => Ok(()),
        }
    }

    /// A call without arguments takes none, but elsewhere they must be JSON.
    fn close_call(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match self.open.take() {
            Some(OpenCall { has_arguments: false, .. }) => tell(Step::Arguments("{}")),
            _ => Ok(()),
        }
    }

    fn end(&mut self, delta: &Delta, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        let reason = delta.finish_reason.as_deref();
        let failure = delta.error.as_deref().or_else(|| reason.and_then(failure));
        if let Some(message) = failure {
            self.phase = Phase::Over;
            let kind = if reason == Some("TIMEOUT") { "timeout_error" } else { "api_error" };
            return tell(Step::Error(StreamError { kind, message }));
        }
        self.begin(tell)?;
        self.close_call(tell)?;
        self.phase = Phase::Over;
        tell(Step::Finish { stop: read_stop(reason, self.calls > 0), stop_sequence: None })?;
        tell(Step::End(read_usage(delta.usage.as_deref())))
    }
}

fn message<M: for<'de> Deserialize<'de>>(delta: &Delta) -> Result<Option<M>, WireError> {
    let read = delta.message.as_ref().map(|raw| serde_json::from_str(raw.get()));
    read.transpose().map_err(|error| nonsense(format!("an event is not of a chat ({error})")))
}
