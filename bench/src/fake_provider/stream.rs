//! A script on its way to the client: paced, billed, and broken where that was asked for.
//!
//! Every event leaves in a write of its own, as from a real provider; without a gap between chunks
//! they follow each other as fast as the connection takes them.

use std::{future::pending, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::time::{Instant, sleep_until};

use super::{
    directives::Failure,
    ledger::Charge,
    reply::{Body, Cut},
    script::Script,
    socket::ResetSwitch,
};
use crate::monotonic;

/// What a stream is made of.
#[derive(Debug)]
pub(super) struct Streaming {
    pub(super) script: Script,
    pub(super) gap: Duration,
    pub(super) failure: Option<Failure>,
    pub(super) error_event: Bytes,
    pub(super) reset: ResetSwitch,
    pub(super) charge: Charge,
}

impl Streaming {
    /// The body that plays the script.
    pub(super) fn into_body(self) -> Body {
        let playing = Playing {
            script: self.script,
            gap: self.gap,
            failure: self.failure,
            error_event: self.error_event,
            reset: self.reset,
            charge: Some(self.charge),
            started_at: Instant::now(),
            sent: 0,
            has_begun: false,
        };
        StreamBody::new(stream::unfold(playing, Playing::step)).boxed_unsync()
    }
}

struct Playing {
    script: Script,
    gap: Duration,
    failure: Option<Failure>,
    error_event: Bytes,
    reset: ResetSwitch,
    charge: Option<Charge>,
    started_at: Instant,
    sent: u32,
    has_begun: bool,
}

type Step = (Result<Frame<Bytes>, Cut>, Playing);

impl Playing {
    async fn step(mut self) -> Option<Step> {
        if self.has_begun {
            // Lets the connection send the event before this one, and before any reset.
            tokio::task::yield_now().await;
        }
        self.has_begun = true;
        match self.failure_due() {
            Some(failure) => self.fail(failure).await,
            None => self.send_next().await,
        }
    }

    async fn send_next(mut self) -> Option<Step> {
        if !self.gap.is_zero() && self.script.is_piece_next() {
            sleep_until(self.started_at + self.gap * self.sent).await;
        }
        let event = self.script.next_event(monotonic::now_nanos)?;
        if event.is_piece {
            self.sent += 1;
            if let Some(charge) = &mut self.charge {
                charge.sent_one();
            }
        }
        if self.script.is_done()
            && let Some(charge) = self.charge.take()
        {
            charge.finish();
        }
        Some((Ok(Frame::data(event.bytes)), self))
    }

    fn failure_due(&mut self) -> Option<Failure> {
        let (Failure::ResetAfter(after)
        | Failure::StallAfter(after)
        | Failure::CutEventAfter(after)
        | Failure::ErrorEventAfter(after)) = self.failure?
        else {
            return None;
        };
        let is_due = usize::try_from(self.sent).unwrap_or(usize::MAX) >= after;
        if is_due { self.failure.take() } else { None }
    }

    async fn fail(mut self, failure: Failure) -> Option<Step> {
        if let Some(charge) = &mut self.charge {
            charge.break_off();
        }
        let last = match failure {
            Failure::ErrorEventAfter(_) => std::mem::take(&mut self.error_event),
            Failure::CutEventAfter(_) => {
                let event = self.script.next_event(monotonic::now_nanos)?;
                event.bytes.slice(..event.bytes.len() / 2)
            }
            Failure::ResetAfter(_) => {
                self.reset.arm();
                return Some((Err(Cut), self));
            }
            _ => pending().await,
        };
        self.script.break_off();
        Some((Ok(Frame::data(last)), self))
    }
}
