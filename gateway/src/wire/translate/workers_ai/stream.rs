//! The events of Workers AI, into steps: most models' own, and OpenAI's chunks from the others.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    call::{CallPart, WrittenCall},
    response::{ToldError, first_of, read_usage, text_of},
};
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{OnStep, Phase, Step, StreamError, Usage},
        nonsense,
        openai_response::read_stop,
        openai_stream,
        stream::ReadStream,
    },
};

#[derive(Deserialize)]
struct Event {
    response: Option<Box<RawValue>>,
    tool_calls: Option<Vec<WrittenCall>>,
    finish_reason: Option<String>,
    usage: Option<Box<RawValue>>,
    choices: Option<IgnoredAny>,
    error: Option<Box<RawValue>>,
    errors: Option<Vec<ToldError>>,
}

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    /// Follows it in place of this one where it is written in OpenAI's form.
    chat: Option<openai_stream::Reader>,
    phase: Phase,
    finish_reason: Option<String>,
    usage: Usage,
    calls: usize,
    open: Option<OpenCall>,
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
        if let Some(chat) = &mut self.chat {
            return chat.read(event, context, tell);
        }
        if self.phase == Phase::Over {
            return Ok(());
        }
        if event.data.trim() == "[DONE]" {
            return self.end(tell);
        }
        let mut told: Event = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("an event is of no text generation ({error})")))?;
        if told.choices.is_some() && self.phase == Phase::Waiting {
            return self.chat.insert(openai_stream::Reader::default()).read(event, context, tell);
        }
        if let Some(message) = error_in(&mut told) {
            self.phase = Phase::Over;
            return tell(Step::Error(StreamError { kind: "api_error", message: &message }));
        }
        self.begin(tell)?;
        self.read_text(told.response.as_deref(), tell)?;
        for call in told.tool_calls.into_iter().flatten() {
            self.read_call(call.part()?, context, tell)?;
        }
        if let Some(raw) = told.usage {
            self.usage = read_usage(Some(&raw));
        }
        self.finish_reason = told.finish_reason.or(self.finish_reason.take());
        Ok(())
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if let Some(chat) = &mut self.chat {
            return chat.finish(tell);
        }
        match (self.phase, &self.finish_reason) {
            (Phase::Over, _) => Ok(()),
            (_, Some(_)) => self.end(tell),
            (_, None) => Err(nonsense("its stream ended before its answer did")),
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

    fn read_text(
        &mut self,
        response: Option<&RawValue>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let text = response.map(text_of).unwrap_or_default();
        if text.is_empty() {
            return Ok(());
        }
        self.close_call(tell)?;
        tell(Step::Text(&text))
    }

    /// What has a name begins a call; what has none goes on with it. A last part may be empty.
    fn read_call(
        &mut self,
        part: CallPart,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let CallPart { id, index, name, arguments } = part;
        if let Some(name) = name {
            self.close_call(tell)?;
            let id = context.tool_call_id(id.as_deref(), self.calls);
            self.calls += 1;
            self.open = Some(OpenCall { index, has_arguments: false });
            tell(Step::ToolCall { id: &id, name: &name })?;
        }
        if arguments.is_empty() {
            return Ok(());
        }
        let open = self.open.as_mut().filter(|open| index.is_none() || index == open.index);
        let open = open.ok_or_else(|| {
            nonsense("arguments arrived for a tool call that is not the last one begun")
        })?;
        open.has_arguments = true;
        tell(Step::Arguments(&arguments))
    }

    /// A call without arguments takes none, but elsewhere they must be JSON.
    fn close_call(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match self.open.take() {
            Some(OpenCall { has_arguments: false, .. }) => tell(Step::Arguments("{}")),
            _ => Ok(()),
        }
    }

    fn end(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_call(tell)?;
        self.phase = Phase::Over;
        let stop = read_stop(self.finish_reason.as_deref(), self.calls > 0, false);
        tell(Step::Finish { stop, stop_sequence: None })?;
        tell(Step::End(self.usage))
    }
}

/// Some errors are told in a list, as in a whole answer, others as a text.
fn error_in(told: &mut Event) -> Option<String> {
    first_of(told.errors.take()).or_else(|| told.error.as_deref().map(text_of))
}
