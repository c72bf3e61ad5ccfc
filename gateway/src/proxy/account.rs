//! The account of one answered call: what it used, settled and recorded exactly once.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use shared::{
    Money, ProblemCode,
    receipt::{Outcome, Stage, TokenCounts, VerdictKind},
};

use crate::{
    budgets::Reservation,
    call::{Ending, Refusal, Trail},
    catalog::{Model, PriceTable},
    metering,
    wire::UsageReport,
};

/// By how much an answer that outgrows its limit is paid for at once.
const EXTENSION_TOKENS: i64 = 256;

/// Holds trail and reservation from the first byte of an answer to its last. Closing it settles
/// and records; dropped, it settles by what was observed.
pub(super) struct Account {
    open: Option<Open>,
    model: Arc<Model>,
    request_bytes: usize,
    /// How many tokens of answer are paid for.
    paid_tokens: i64,
}

struct Open {
    trail: Trail,
    reservation: Reservation,
}

/// What was observed of an answer.
#[derive(Debug, Default)]
pub(super) struct Observed {
    pub(super) report: Option<UsageReport>,
    /// What the provider told of the prompt alone, where it came to no report.
    pub(super) prompt: Option<TokenCounts>,
    pub(super) answer_bytes: u64,
    /// The least that the answer can have.
    pub(super) least_output_tokens: i64,
}

impl Account {
    pub(super) fn new(
        trail: Trail,
        reservation: Reservation,
        model: Arc<Model>,
        request_bytes: usize,
        paid_tokens: i64,
    ) -> Self {
        Self { open: Some(Open { trail, reservation }), model, request_bytes, paid_tokens }
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
        let Some(Open { reservation, trail }) = &mut self.open else { return Ok(()) };
        let Some(price) = &self.model.price else { return Ok(()) };
        let prompt_tokens = metering::most_input_tokens(self.request_bytes);
        let more = tokens - self.paid_tokens + EXTENSION_TOKENS;
        match reservation.extend(price.dearest_output(prompt_tokens).per_million(more)).await {
            Ok(()) => {
                self.paid_tokens += more;
                Ok(())
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

    /// What it means that the call is dropped now.
    pub(super) fn outcome_if_dropped(&self) -> Outcome {
        self.open.as_ref().map_or(Outcome::Interrupted, |open| open.trail.outcome_if_dropped())
    }

    /// The account as a whole, for someone else to close; what stays here is closed.
    pub(super) fn take(&mut self) -> Self {
        let model = Arc::clone(&self.model);
        let (request_bytes, paid_tokens) = (self.request_bytes, self.paid_tokens);
        Self { open: self.open.take(), model, request_bytes, paid_tokens }
    }

    /// Settles and records. The first time counts.
    pub(super) fn close(
        &mut self,
        outcome: Outcome,
        status: u16,
        problem: Option<ProblemCode>,
        observed: &Observed,
    ) {
        let Some(Open { mut trail, reservation }) = self.open.take() else { return };
        let report = observed.report.as_ref();
        let is_estimated = report.is_none();
        let tokens = report.map_or_else(|| self.estimate(observed), |report| report.tokens);
        let raw_usage = report.map(|report| report.raw.clone());
        let service_tier = report.and_then(|report| report.service_tier.clone());
        let rates = |price: &PriceTable| *price.rates(&tokens, service_tier.as_deref());
        let lines = self
            .model
            .price
            .as_ref()
            .map(rates)
            .map_or_else(Vec::new, |rates| metering::cost_lines(&tokens, &rates));
        let cost: Money = lines.iter().map(|line| line.cost).sum();
        let (kind, summary) = self.verdict(&tokens, cost, is_estimated);
        trail.note(Stage::Cost, kind, summary);
        reservation.settle(cost);
        trail.finish(Ending {
            outcome,
            status,
            problem,
            tokens,
            lines,
            is_estimated,
            raw_usage,
            service_tier,
        });
    }

    fn estimate(&self, observed: &Observed) -> TokenCounts {
        let estimate = metering::estimate(self.request_bytes, observed.answer_bytes);
        let output = estimate.output.max(observed.least_output_tokens);
        TokenCounts { output, ..observed.prompt.unwrap_or(estimate) }
    }

    fn verdict(
        &self,
        tokens: &TokenCounts,
        cost: Money,
        is_estimated: bool,
    ) -> (VerdictKind, String) {
        if self.model.price.is_none() {
            let summary = format!("{} tokens; the model has no price", tokens.total());
            return (VerdictKind::Warned, summary);
        }
        let (input, output) = (tokens.prompt(), tokens.answer());
        let how = if is_estimated { ", estimated: the provider reported no usage" } else { "" };
        let kind = if is_estimated { VerdictKind::Warned } else { VerdictKind::Passed };
        (kind, format!("${cost} for {input} tokens in and {output} out{how}"))
    }
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
