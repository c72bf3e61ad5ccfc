//! The lines of a chat of Ollama's, each of which is an event, into steps.

use super::response::{Answer, Message, read_stop, read_usage};
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{OnStep, Phase, Step, StreamError, Usage},
        likelihoods, nonsense,
        stream::ReadStream,
    },
};

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    calls: usize,
}

impl ReadStream for Reader {
    fn read(
        &mut self,
        event: SseEvent<'_>,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if self.phase == Phase::Over {
            return Ok(());
        }
        let answer: Answer = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("a line is not of a chat ({error})")))?;
        if let Some(message) = answer.error {
            self.phase = Phase::Over;
            return tell(Step::Error(StreamError { kind: "api_error", message: &message }));
        }
        if self.phase == Phase::Waiting {
            self.phase = Phase::Telling;
            tell(Step::Begin(Usage::default()))?;
        }
        let likelihoods = likelihoods::read(answer.logprobs);
        if !likelihoods.is_empty() {
            tell(Step::Likelihoods(&likelihoods))?;
        }
        if let Some(message) = answer.message {
            self.read_message(message, context, tell)?;
        }
        if !answer.done {
            return Ok(());
        }
        self.phase = Phase::Over;
        let stop = read_stop(answer.done_reason.as_deref(), self.calls > 0);
        tell(Step::Finish { stop, stop_sequence: None })?;
        tell(Step::End(read_usage(event.data)))
    }

    fn finish(&mut self, _tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if self.phase == Phase::Over {
            return Ok(());
        }
        Err(nonsense("its stream ended before its answer did"))
    }
}

impl Reader {
    /// A call comes whole, in one line.
    fn read_message(
        &mut self,
        message: Message,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(thought) = said(message.thinking) {
            tell(Step::Thought(&thought))?;
        }
        if let Some(text) = said(message.content) {
            tell(Step::Text(&text))?;
        }
        for call in message.tool_calls.into_iter().flatten() {
            let call = call.read(self.calls, context)?;
            self.calls += 1;
            tell(Step::ToolCall { id: &call.id, name: &call.name })?;
            tell(Step::Arguments(call.arguments.text()))?;
        }
        Ok(())
    }
}
