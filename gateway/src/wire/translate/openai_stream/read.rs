//! The chunks of a provider's chat completion, into steps.
//!
//! Usage comes after the finish reason, and some servers leave out one or the other or `[DONE]`,
//! so the finish is told at the very end, when all of it is known.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{OnStep, Phase, Signature, Step, StreamError, Usage},
        nonsense, openai_annotations,
        openai_pictures::{ReadPicture, ReadSpeech},
        openai_response::{ReadLogprobs, UsageObject, read_stop},
        reasoning_details::{ReadDetail, thoughts_of},
        search_results::SearchResults,
        stream::ReadStream,
    },
};

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<UsageObject>,
    citations: Option<Box<RawValue>>,
    search_results: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: i64,
    delta: Option<Delta>,
    logprobs: Option<ReadLogprobs>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    /// The same in other servers' words.
    reasoning: Option<String>,
    reasoning_details: Option<Vec<ReadDetail>>,
    images: Option<Vec<ReadPicture>>,
    audio: Option<ReadSpeech>,
    tool_calls: Option<Vec<CallDelta>>,
    annotations: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<i64>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct ErrorObject {
    message: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    was_refused: bool,
    finish_reason: Option<String>,
    usage: Usage,
    calls: Vec<SeenCall>,
    is_call_open: bool,
    found: SearchResults,
    has_citations: bool,
}

#[derive(Debug)]
struct SeenCall {
    index: i64,
    /// Empty where the server gave none.
    id: String,
    has_arguments: bool,
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
        if event.data.trim() == "[DONE]" {
            return self.end(tell);
        }
        let chunk: Chunk = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("an event is not a chunk ({error})")))?;
        if let Some(error) = chunk.error {
            self.phase = Phase::Over;
            return tell_error(&error, tell);
        }
        self.begin(tell)?;
        if let Some(usage) = chunk.usage {
            self.usage = usage.into();
        }
        self.found.find(chunk.citations.as_deref(), chunk.search_results.as_deref());
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
            self.read_choice(choice, context, tell)?;
        }
        Ok(())
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
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

    fn end(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_call(tell)?;
        self.phase = Phase::Over;
        if !self.has_citations {
            for citation in self.found.citations() {
                tell(Step::Citation(&citation))?;
            }
        }
        let has_calls = !self.calls.is_empty();
        let stop = read_stop(self.finish_reason.as_deref(), has_calls, self.was_refused);
        tell(Step::Finish { stop, stop_sequence: None })?;
        tell(Step::End(self.usage))
    }

    fn read_choice(
        &mut self,
        choice: Choice,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let likelihoods = ReadLogprobs::likelihoods(choice.logprobs);
        if !likelihoods.is_empty() {
            tell(Step::Likelihoods(&likelihoods))?;
        }
        if let Some(delta) = choice.delta {
            let thought = delta.reasoning_content.or(delta.reasoning).unwrap_or_default();
            self.read_thought(&thought, delta.reasoning_details, tell)?;
            self.was_refused |= delta.refusal.as_ref().is_some_and(|text| !text.is_empty());
            for text in delta.content.into_iter().chain(delta.refusal) {
                self.read_text(&text, tell)?;
            }
            for picture in delta.images.into_iter().flatten() {
                self.close_call(tell)?;
                tell(Step::Image(&picture.image()?))?;
            }
            if let Some(speech) = delta.audio.and_then(ReadSpeech::speech) {
                self.close_call(tell)?;
                tell(Step::Speech(&speech))?;
            }
            for citation in openai_annotations::read_chat(delta.annotations.as_deref()) {
                self.has_citations = true;
                tell(Step::Citation(&citation))?;
            }
            for call in delta.tool_calls.into_iter().flatten() {
                self.read_call(call, context, tell)?;
            }
        }
        self.finish_reason =
            choice.finish_reason.filter(|reason| !reason.is_empty()).or(self.finish_reason.take());
        Ok(())
    }

    /// The text of a thought comes in both fields, its signature in the second alone.
    fn read_thought(
        &mut self,
        text: &str,
        details: Option<Vec<ReadDetail>>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if !text.is_empty() {
            self.close_call(tell)?;
            tell(Step::Thought(text))?;
        }
        for thought in thoughts_of(details.unwrap_or_default(), None) {
            if let Some(Signature { vendor, opaque }) = thought.signature {
                self.close_call(tell)?;
                let is_redacted = thought.is_redacted;
                tell(Step::Signature { vendor, opaque: &opaque, is_redacted })?;
            }
        }
        Ok(())
    }

    fn read_text(&mut self, text: &str, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if text.is_empty() {
            return Ok(());
        }
        self.close_call(tell)?;
        self.found.say(text);
        tell(Step::Text(text))
    }

    fn read_call(
        &mut self,
        call: CallDelta,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let id = call.id.unwrap_or_default();
        let (name, arguments) =
            call.function.map_or((None, None), |function| (function.name, function.arguments));
        if !self.continues_the_open_call(call.index, &id) {
            let name = name.filter(|name| !name.is_empty()).ok_or_else(|| {
                nonsense("arguments arrived for a tool call that is not the last one begun")
            })?;
            self.close_call(tell)?;
            let ordinal = self.calls.len();
            let index = call.index.unwrap_or_else(|| i64::try_from(ordinal).unwrap_or(i64::MAX));
            let told_id = context.tool_call_id(Some(&id), ordinal);
            self.calls.push(SeenCall { index, id, has_arguments: false });
            self.is_call_open = true;
            tell(Step::ToolCall { id: &told_id, name: &name })?;
        }
        match arguments {
            Some(arguments) if !arguments.is_empty() => {
                if let Some(open) = self.calls.last_mut() {
                    open.has_arguments = true;
                }
                tell(Step::Arguments(&arguments))
            }
            _ => Ok(()),
        }
    }

    /// A call without arguments takes none, but elsewhere they must be JSON.
    fn close_call(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        let was_open = std::mem::take(&mut self.is_call_open);
        match self.calls.last() {
            Some(call) if was_open && !call.has_arguments => tell(Step::Arguments("{}")),
            _ => Ok(()),
        }
    }

    /// Some servers repeat the id in every delta, others send it once; some count every call as
    /// number 0 and tell them apart by id alone.
    fn continues_the_open_call(&self, index: Option<i64>, id: &str) -> bool {
        self.is_call_open
            && self.calls.last().is_some_and(|open| {
                index.is_none_or(|index| index == open.index) && (id.is_empty() || id == open.id)
            })
    }
}

/// Some servers write the error as an object, as OpenAI does, others as mere text.
fn tell_error(error: &RawValue, tell: &mut OnStep<'_>) -> Result<(), WireError> {
    let object = serde_json::from_str(error.get()).unwrap_or_else(|_| ErrorObject {
        message: serde_json::from_str(error.get()).ok(),
        kind: None,
    });
    tell(Step::Error(StreamError {
        kind: object.kind.as_deref().unwrap_or("server_error"),
        message: object.message.as_deref().unwrap_or(error.get()),
    }))
}
