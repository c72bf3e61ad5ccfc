//! The account of one answered call: what it used, settled and recorded exactly once.

use std::{
    fmt::Write,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use shared::{
    Money, ProblemCode,
    receipt::{Outcome, Stage, TokenCounts, Units, VerdictKind},
};

use super::estimate::{self, Estimates, Prompt, Said};
use crate::{
    budgets::Reservation,
    call::{Ending, Refusal, Trail},
    catalog::{PriceTable, Serving},
    metering,
    routing::{self, Attempt},
    wire::{SessionUsage, UsageReport},
};

/// By how much an answer that outgrows its limit is paid for at once.
const EXTENSION_TOKENS: i64 = 256;

/// Holds trail and reservation from the first byte of an answer to its last. Closing it settles
/// and records; dropped, it settles by what was observed.
pub(super) struct Account {
    open: Option<Open>,
    serving: Serving,
    prompt: Prompt,
    estimates: Arc<Estimates>,
    /// What is billed beside texts, should the provider not tell.
    beside: Used,
    request_bytes: usize,
    /// How many tokens of answer are paid for.
    paid_tokens: i64,
}

struct Open {
    trail: Trail,
    reservation: Reservation,
    /// At the deployment that answers.
    attempt: Option<Attempt>,
}

/// An account that is being closed.
struct Closing {
    open: Open,
    serving: Serving,
    end: End,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) outcome: Outcome,
    pub(super) status: u16,
    pub(super) problem: Option<ProblemCode>,
}

/// What an answer has used.
#[derive(Debug)]
pub(super) enum Usage {
    Reported(UsageReport),
    Unreported {
        /// What the provider told of the prompt alone.
        prompt: Option<TokenCounts>,
        said: Said,
    },
}

/// What is billed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) tokens: TokenCounts,
    pub(super) units: Units,
}

/// What a call came to.
struct Bill {
    used: Used,
    /// The tokens by which the rates are chosen, where a price depends on the length of a prompt.
    rated_by: TokenCounts,
    raw_usage: Option<String>,
    service_tier: Option<String>,
    is_estimated: bool,
}

impl Account {
    pub(super) fn new(
        mut trail: Trail,
        reservation: Reservation,
        serving: Serving,
        body: &Bytes,
        beside: Used,
        paid_tokens: i64,
        estimates: Arc<Estimates>,
    ) -> Self {
        let (prompt, request_bytes) = (Prompt::of(body), body.len());
        trail.price(serving.price().map(PriceTable::version));
        let open = Some(Open { trail, reservation, attempt: None });
        Self { open, serving, prompt, estimates, beside, request_bytes, paid_tokens }
    }

    /// The same, of the answer of this attempt, which ends with it.
    pub(super) fn at(mut self, attempt: Attempt) -> Self {
        if let Some(open) = &mut self.open {
            open.attempt = Some(attempt);
        }
        self
    }

    /// Sees to it that an answer is paid for that has grown to so many tokens: the limit that was
    /// sent upstream is no promise of the provider's.
    ///
    /// # Errors
    /// What the hard budget says that covers no more of it.
    pub(super) async fn cover(&mut self, tokens: i64) -> Result<(), Refusal> {
        if tokens <= self.paid_tokens {
            return Ok(());
        }
        let Some(price) = self.serving.price() else { return Ok(()) };
        let prompt_tokens = metering::most_input_tokens(self.request_bytes);
        let more = tokens - self.paid_tokens + EXTENSION_TOKENS;
        let cost = price.dearest_output(prompt_tokens).per_million(more);
        self.extend(cost).await?;
        self.paid_tokens += more;
        Ok(())
    }

    /// Sees to it that so much is set aside for the call as a whole.
    ///
    /// # Errors
    /// As [`Account::cover`].
    pub(super) async fn secure(&mut self, amount: Money) -> Result<(), Refusal> {
        let set_aside = self.open.as_ref().map_or(amount, |open| open.reservation.amount());
        if amount <= set_aside { Ok(()) } else { self.extend(amount - set_aside).await }
    }

    async fn extend(&mut self, more: Money) -> Result<(), Refusal> {
        let Some(Open { reservation, trail, .. }) = &mut self.open else { return Ok(()) };
        match reservation.extend(more).await {
            Ok(moved) => {
                if let Some(charges) = moved {
                    trail.charges(charges);
                    let summary = "a window has passed; the call goes on in the next one, which it \
                                   is charged to as a whole";
                    trail.note(Stage::Budget, VerdictKind::Passed, summary);
                }
                // Or a crash would charge the call with less than the provider does.
                trail.intend_more(reservation.amount()).await.map_err(|error| {
                    tracing::error!(%error, "the journal does not take that a call costs more");
                    Refusal::RecordsUnavailable
                })
            }
            Err(refusal) => {
                let refusal = refusal.map_or(Refusal::BudgetsUnavailable, |refusal| {
                    Refusal::BudgetExceeded(Box::new(refusal))
                });
                let summary = format!("ended in the middle: {}", refusal.public_detail());
                trail.note(Stage::Budget, VerdictKind::Refused, summary);
                Err(refusal)
            }
        }
    }

    /// What is billed beside texts, should the provider not tell.
    pub(super) const fn beside(&self) -> Used {
        self.beside
    }

    /// What it means that the call is dropped now.
    pub(super) fn outcome_if_dropped(&self) -> Outcome {
        self.open.as_ref().map_or(Outcome::Interrupted, |open| open.trail.outcome_if_dropped())
    }

    /// The account as a whole, for someone else to close; what stays here is closed.
    pub(super) fn take(&mut self) -> Self {
        Self {
            open: self.open.take(),
            serving: self.serving.clone(),
            prompt: mem::replace(&mut self.prompt, Prompt::Measured(0)),
            estimates: Arc::clone(&self.estimates),
            ..*self
        }
    }

    /// Settles and records a session of several answers, which cost `used`. The first time counts.
    pub(super) fn close_session(&mut self, end: End, used: Used, usage: &SessionUsage) {
        let Some(mut open) = self.open.take() else { return };
        open.end_attempt(end.outcome);
        Closing { open, serving: self.serving.clone(), end }.settle(Bill {
            used,
            rated_by: usage.longest_prompt,
            raw_usage: usage.raw(),
            service_tier: None,
            is_estimated: usage.is_estimated,
        });
    }

    /// Settles and records. The first time counts. What a provider did not report is estimated, and
    /// settled a moment later.
    pub(super) fn close(&mut self, end: End, usage: Usage) {
        let Some(mut open) = self.open.take() else { return };
        open.end_attempt(end.outcome);
        let closing = Closing { open, serving: self.serving.clone(), end };
        match usage {
            Usage::Reported(report) => {
                let UsageReport { tokens, units, raw, service_tier } = report;
                closing.settle(Bill {
                    used: Used { tokens, units },
                    rated_by: tokens,
                    raw_usage: Some(raw),
                    service_tier,
                    is_estimated: false,
                });
            }
            Usage::Unreported { prompt, said } => {
                let beside = self.beside;
                let kept = mem::replace(&mut self.prompt, Prompt::Measured(0));
                let prompt = prompt.map_or(kept, Prompt::Told);
                self.estimates.run(move || {
                    let mut used = Used { tokens: estimate::tokens(&prompt, &said), ..beside };
                    used.tokens.audio_input += beside.tokens.audio_input;
                    used.tokens.audio_output += beside.tokens.audio_output;
                    closing.settle(Bill {
                        used,
                        rated_by: used.tokens,
                        raw_usage: None,
                        service_tier: None,
                        is_estimated: true,
                    });
                });
            }
        }
    }
}

impl Open {
    /// How the answer ended says how well the deployment does; who went away says nothing of it.
    fn end_attempt(&mut self, outcome: Outcome) {
        let Some(attempt) = &mut self.attempt else { return };
        attempt.end(match outcome {
            Outcome::Finished => routing::Outcome::Answered,
            Outcome::UpstreamFailed => {
                routing::Outcome::Failed { retry_after_seconds: None, may_repeat: false }
            }
            Outcome::Refused | Outcome::ClientGone | Outcome::Interrupted => {
                routing::Outcome::Neutral
            }
        });
    }
}

impl Closing {
    fn settle(self, bill: Bill) {
        let Bill { used, rated_by, raw_usage, service_tier, is_estimated } = bill;
        let Used { tokens, units } = &used;
        let Self { open: Open { mut trail, reservation, attempt }, serving, end } = self;
        if let Some(attempt) = &attempt {
            attempt.used(tokens);
        }
        let rates = |price: &PriceTable| *price.rates(&rated_by, service_tier.as_deref());
        let lines = serving
            .price()
            .map(rates)
            .map_or_else(Vec::new, |rates| metering::cost_lines(tokens, units, &rates));
        let cost: Money = lines.iter().map(|line| line.cost).sum();
        let (kind, summary) = verdict(&serving, &used, cost, is_estimated);
        trail.note(Stage::Cost, kind, summary);
        reservation.settle(cost);
        trail.finish(Ending {
            outcome: end.outcome,
            status: end.status,
            problem: end.problem,
            tokens: *tokens,
            lines,
            is_estimated,
            raw_usage,
            service_tier,
        });
    }
}

fn verdict(
    serving: &Serving,
    used: &Used,
    cost: Money,
    is_estimated: bool,
) -> (VerdictKind, String) {
    let Used { tokens, units } = used;
    if serving.price().is_none() {
        let summary = format!("{} tokens; the model has no price", tokens.total());
        return (VerdictKind::Warned, summary);
    }
    let (input, output) = (tokens.prompt(), tokens.answer());
    let mut what = if tokens.total() == 0 && !units.are_none() {
        String::new()
    } else {
        format!("{input} tokens in and {output} out")
    };
    for (count, name) in [
        (units.images, "pictures"),
        (units.audio_seconds, "seconds of sound"),
        (units.characters, "characters read aloud"),
        (units.searches, "searches"),
    ] {
        if count > 0 {
            let separator = if what.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(what, "{separator}{count} {name}");
        }
    }
    let how = if is_estimated { ", estimated: the provider reported no usage" } else { "" };
    let kind = if is_estimated { VerdictKind::Warned } else { VerdictKind::Passed };
    (kind, format!("${cost} for {what}{how}"))
}

/// A future that is finished in the background if it is dropped before its end.
pub(super) struct Unabandoned<T: Send + 'static> {
    future: Option<BoxFuture<'static, T>>,
}

impl<T: Send + 'static> Unabandoned<T> {
    pub(super) fn new(future: BoxFuture<'static, T>) -> Self {
        Self { future: Some(future) }
    }
}

impl<T: Send + 'static> Future for Unabandoned<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        let poll = future.as_mut().poll(context);
        if poll.is_ready() {
            self.future = None;
        }
        poll
    }
}

impl<T: Send + 'static> Drop for Unabandoned<T> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { drop(future.await) });
        }
    }
}
