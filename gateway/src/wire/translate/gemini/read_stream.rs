//! The events of a provider's answer, into steps.
//!
//! There is no mark of the end: the event with a finish reason is the last one, and the end of the
//! connection follows. Each event repeats the usage of all before it. A call comes whole.

use serde_json::value::RawValue;

use super::read_response::{Body, ErrorObject, Piece, counts_of, read_stop};
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        gemini::{code::CodeRuns, grounding::Grounds},
        ir::{OnStep, Phase, Step, Stop, StreamError, Usage, Vendor},
        nonsense,
        stream::ReadStream,
    },
};

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    /// The last usage, as it was told: only the first and the last are read.
    usage: Option<Box<RawValue>>,
    calls: usize,
    stop: Option<Stop>,
    runs: CodeRuns,
    grounds: Grounds,
    /// All that was said, in whose bytes the grounds are counted.
    said: String,
    /// What was told last is text.
    is_speaking: bool,
    /// The id of the answer.
    id: String,
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
        let mut body: Body = serde_json::from_str(event.data)
            .map_err(|error| nonsense(format!("an event is not of an answer ({error})")))?;
        if let Some(error) = body.error {
            self.phase = Phase::Over;
            return tell_error(&error, tell);
        }
        self.usage = body.take_usage().or_else(|| self.usage.take());
        self.begin(tell)?;
        self.id.clone_from(&context.id);
        if body.is_blocked() {
            self.stop = Some(Stop::Refusal);
        }
        let Some(mut candidate) = body.into_candidate() else { return Ok(()) };
        let reason = candidate.finish_reason.take();
        let likelihoods = candidate.likelihoods();
        if !likelihoods.is_empty() {
            tell(Step::Likelihoods(&likelihoods))?;
        }
        let told = candidate.grounds();
        for piece in candidate.into_pieces()? {
            self.tell_piece(piece, context, tell)?;
        }
        self.grounds.add(&told, &self.said, &[]);
        if reason.is_some() {
            self.stop = Some(read_stop(reason.as_deref(), self.calls > 0)?);
        }
        Ok(())
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if self.phase == Phase::Over {
            return Ok(());
        }
        let stop = self.stop.ok_or_else(|| nonsense("its stream ended before its answer did"))?;
        self.phase = Phase::Over;
        let last = self.runs.end(None, &self.id);
        let mut grounds = std::mem::take(&mut self.grounds);
        let used = grounds.uses(&self.id);
        for citation in grounds.into_citations() {
            tell(Step::Citation(&citation))?;
        }
        for used in last.into_iter().chain(used) {
            tell(Step::ServerToolUse(&used))?;
        }
        tell(Step::Finish { stop, stop_sequence: None })?;
        tell(Step::End(self.counts()))
    }
}

impl Reader {
    fn begin(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        if self.phase != Phase::Waiting {
            return Ok(());
        }
        self.phase = Phase::Telling;
        tell(Step::Begin(self.counts()))
    }

    /// A signature stands before its text; one that comes when the text has begun, behind it.
    fn tell_text(
        &mut self,
        text: &str,
        signature: Option<&str>,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        let signature = signature.map(signature_step);
        let (before, behind) = if self.is_speaking { (None, signature) } else { (signature, None) };
        before.map_or(Ok(()), &mut *tell)?;
        if !text.is_empty() {
            self.is_speaking = true;
            self.said.push_str(text);
            tell(Step::Text(text))?;
        }
        behind.map_or(Ok(()), tell)
    }

    fn counts(&self) -> Usage {
        self.usage.as_deref().and_then(counts_of).unwrap_or_default()
    }

    fn tell_piece(
        &mut self,
        piece: Piece,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        self.is_speaking &= matches!(piece, Piece::Text { .. } | Piece::NextPart);
        match piece {
            Piece::Thought(text) => tell(Step::Thought(&text)),
            Piece::Signature(opaque) => tell(signature_step(&opaque)),
            Piece::Text { text, signature } => self.tell_text(&text, signature.as_deref(), tell),
            Piece::NextPart => Ok(()),
            Piece::Code(code) => {
                let before = self.runs.begin(code, &context.id);
                before.map_or(Ok(()), |used| tell(Step::ServerToolUse(&used)))
            }
            Piece::CodeOutcome(outcome) => {
                let used = self.runs.end(Some(outcome), &context.id);
                used.map_or(Ok(()), |used| tell(Step::ServerToolUse(&used)))
            }
            Piece::Image(image) => tell(Step::Image(&image)),
            Piece::Speech(speech) => tell(Step::Speech(&speech)),
            Piece::Call { id, name, arguments } => {
                let id = context.tool_call_id(id.as_deref(), self.calls);
                self.calls += 1;
                tell(Step::ToolCall { id: &id, name: &name })?;
                tell(Step::Arguments(arguments.text()))
            }
        }
    }
}

fn signature_step(opaque: &str) -> Step<'_> {
    Step::Signature { vendor: Vendor::Google, opaque, is_redacted: false }
}

fn tell_error(error: &ErrorObject, tell: &mut OnStep<'_>) -> Result<(), WireError> {
    tell(Step::Error(StreamError {
        kind: kind_of(error.status.as_deref()),
        message: error.message.as_deref().unwrap_or("the provider gave no reason"),
    }))
}

/// The word of other dialects for a status of Google's.
/// <https://ai.google.dev/gemini-api/docs/troubleshooting>
fn kind_of(status: Option<&str>) -> &'static str {
    match status {
        Some("INVALID_ARGUMENT" | "FAILED_PRECONDITION") => "invalid_request_error",
        Some("UNAUTHENTICATED") => "authentication_error",
        Some("PERMISSION_DENIED") => "permission_error",
        Some("NOT_FOUND") => "not_found_error",
        Some("RESOURCE_EXHAUSTED") => "rate_limit_error",
        Some("UNAVAILABLE") => "overloaded_error",
        Some("DEADLINE_EXCEEDED") => "timeout_error",
        _ => "server_error",
    }
}
