//! The events of Converse's stream, into steps.
//!
//! They come as server-sent events with the event's type for a name; a failure in the stream is an
//! event `error` ([`crate::wire::Framing::EventStream`]). A text has no beginning of its own, a
//! block ends where the next one begins, and the tokens come behind the reason of the stop.

use serde::Deserialize;

use super::{
    citations::ReadCitation,
    response::{ModelFields, UsageObject, read_stop},
};
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{OnStep, Phase, Step, Stop, StreamError, Usage, Vendor},
        nonsense,
        stream::ReadStream,
    },
};

/// An event of any kind; what a kind does not have is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    content_block_index: Option<i64>,
    start: Option<BlockStart>,
    delta: Option<Delta>,
    stop_reason: Option<String>,
    additional_model_response_fields: Option<ModelFields>,
    usage: Option<UsageObject>,
    error: Option<ErrorObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockStart {
    tool_use: Option<ToolUseStart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolUseStart {
    tool_use_id: Option<String>,
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delta {
    text: Option<String>,
    tool_use: Option<ToolUseDelta>,
    reasoning_content: Option<ReasoningDelta>,
    citation: Option<ReadCitation>,
}

#[derive(Deserialize)]
struct ToolUseDelta {
    #[serde(default)]
    input: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasoningDelta {
    text: Option<String>,
    signature: Option<String>,
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    kind: Option<String>,
    message: Option<String>,
}

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    stop: Option<Stop>,
    stop_sequence: Option<String>,
    open: Option<OpenBlock>,
    calls: usize,
    /// How much was said, in characters.
    said: usize,
}

#[derive(Debug)]
struct OpenBlock {
    index: Option<i64>,
    kind: Kind,
    begins_at: usize,
    /// What the block as a whole rests on.
    citations: Vec<ReadCitation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A text or a thought.
    Said,
    /// A tool call, and whether arguments were told.
    Call { has_arguments: bool },
    /// What Amazon's own tools do, and what has no word elsewhere.
    Hidden,
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
        let kind = event.event;
        let event: Event = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("an event is not of Converse ({error})")))?;
        match kind {
            "messageStart" => self.begin(tell),
            "contentBlockStart" => self.read_start(event, context, tell),
            "contentBlockDelta" => self.read_delta(event, tell),
            "contentBlockStop" => self.close_block(tell),
            "messageStop" => {
                self.stop = Some(read_stop(event.stop_reason.as_deref())?);
                let fields = event.additional_model_response_fields;
                self.stop_sequence = fields.and_then(|fields| fields.stop_sequence);
                Ok(())
            }
            "metadata" => self.end(event.usage.unwrap_or_default().into(), tell),
            "error" => self.read_error(event.error, tell),
            // What a later version of the API may add.
            _ => Ok(()),
        }
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match (self.phase, self.stop) {
            (Phase::Over, _) => Ok(()),
            (_, Some(_)) => self.end(Usage::default(), tell),
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

    fn read_start(
        &mut self,
        event: Event,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_block(tell)?;
        let index = event.content_block_index;
        // The only type that a call may have is that of a tool which Amazon itself runs.
        let call = event.start.and_then(|start| start.tool_use).filter(|it| it.kind.is_none());
        let Some(ToolUseStart { tool_use_id, name, .. }) = call else {
            self.open(index, Kind::Hidden);
            return Ok(());
        };
        let id = context.tool_call_id(tool_use_id.as_deref(), self.calls);
        self.calls += 1;
        self.open(index, Kind::Call { has_arguments: false });
        tell(Step::ToolCall { id: &id, name: &name })
    }

    fn read_delta(&mut self, event: Event, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        let Some(delta) = event.delta else { return Ok(()) };
        let index = event.content_block_index;
        if self.open.as_ref().is_none_or(|open| index.is_some() && open.index != index) {
            self.close_block(tell)?;
            self.open(index, Kind::Said);
            tell(Step::NextText)?;
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        match (delta.tool_use, &mut open.kind) {
            (None, Kind::Said) => {}
            (Some(ToolUseDelta { input }), Kind::Call { has_arguments }) => {
                if input.is_empty() {
                    return Ok(());
                }
                *has_arguments = true;
                return tell(Step::Arguments(&input));
            }
            (Some(_), Kind::Said) => return Err(nonsense("arguments are for no tool call")),
            (_, Kind::Hidden) | (None, Kind::Call { .. }) => return Ok(()),
        }
        if let Some(citation) = delta.citation {
            citation.add_to(&mut open.citations);
        }
        match (delta.text, delta.reasoning_content) {
            (Some(text), _) if !text.is_empty() => {
                self.said += text.chars().count();
                tell(Step::Text(&text))
            }
            (_, Some(reasoning)) => read_reasoning(&reasoning, tell),
            _ => Ok(()),
        }
    }

    fn open(&mut self, index: Option<i64>, kind: Kind) {
        let (begins_at, citations) = (self.said, Vec::new());
        self.open = Some(OpenBlock { index, kind, begins_at, citations });
    }

    /// A tool that takes nothing gets no deltas here, but its arguments elsewhere must be JSON.
    fn close_block(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        let Some(OpenBlock { kind, begins_at, citations, .. }) = self.open.take() else {
            return Ok(());
        };
        let passage = begins_at..self.said;
        for citation in citations {
            if let Some(citation) = citation.of(passage.clone()) {
                tell(Step::Citation(&citation))?;
            }
        }
        match kind {
            Kind::Call { has_arguments: false } => tell(Step::Arguments("{}")),
            _ => Ok(()),
        }
    }

    fn end(&mut self, usage: Usage, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        self.close_block(tell)?;
        self.phase = Phase::Over;
        let stop = self.stop.unwrap_or(Stop::EndOfTurn);
        tell(Step::Finish { stop, stop_sequence: self.stop_sequence.as_deref() })?;
        tell(Step::End(usage))
    }

    fn read_error(
        &mut self,
        error: Option<ErrorObject>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        self.phase = Phase::Over;
        let (kind, message) = error.map_or((None, None), |error| (error.kind, error.message));
        tell(Step::Error(StreamError {
            kind: kind.as_deref().unwrap_or("api_error"),
            message: message.as_deref().unwrap_or("the provider gave no reason"),
        }))
    }
}

fn read_reasoning(delta: &ReasoningDelta, tell: &mut OnStep<'_>) -> Result<(), WireError> {
    let signature =
        |opaque, is_redacted| Step::Signature { vendor: Vendor::Anthropic, opaque, is_redacted };
    match (delta.text.as_deref(), delta.signature.as_deref(), delta.redacted_content.as_deref()) {
        (Some(text), _, _) if !text.is_empty() => tell(Step::Thought(text)),
        (_, Some(opaque), _) if !opaque.is_empty() => tell(signature(opaque, false)),
        (_, _, Some(opaque)) if !opaque.is_empty() => tell(signature(opaque, true)),
        _ => Ok(()),
    }
}
