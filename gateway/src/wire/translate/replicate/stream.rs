//! The events of a prediction, into steps. The event `prediction` is the gateway's own: what the
//! prediction came to, read behind the stream.

use super::response::read_usage;
use crate::wire::{
    SseEvent, WireError,
    translate::{
        TranslationContext,
        ir::{OnStep, Phase, Step, Stop, StreamError, Usage},
        nonsense,
        stream::ReadStream,
    },
    usage::cut_off_reason,
};

/// Follows one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Reader {
    phase: Phase,
    is_done: bool,
}

impl ReadStream for Reader {
    fn read(
        &mut self,
        event: SseEvent<'_>,
        _context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        if self.phase == Phase::Over {
            return Ok(());
        }
        match event.event {
            "output" => {
                self.begin(tell)?;
                if event.data.is_empty() { Ok(()) } else { tell(Step::Text(event.data)) }
            }
            "error" => self.fail(event.data, tell),
            "done" => {
                if let Some(reason) = cut_off_reason(event.data) {
                    return self.fail(&format!("the prediction ended early: {reason}"), tell);
                }
                self.is_done = true;
                Ok(())
            }
            "prediction" => self.end(read_usage(event.data), tell),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match self.phase {
            Phase::Over => Ok(()),
            _ if self.is_done => self.end(Usage::default(), tell),
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

    fn fail(&mut self, message: &str, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.phase = Phase::Over;
        tell(Step::Error(StreamError { kind: "api_error", message }))
    }

    fn end(&mut self, usage: Usage, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        self.begin(tell)?;
        self.phase = Phase::Over;
        tell(Step::Finish { stop: Stop::EndOfTurn, stop_sequence: None })?;
        tell(Step::End(usage))
    }
}
