//! The trail of one call: every stage's verdict, and the record on every ending.

use std::{mem, sync::Arc, time::Instant};

use shared::{
    Money, Problem, ProblemCode, Timestamp,
    id::{ApiKeyId, RequestId, TeamId, UserId},
    receipt::{Outcome, Receipt, Stage, TokenCounts, Verdict, VerdictKind},
};
use tokio::sync::oneshot;

use super::{Charge, CostLine, Finish, IntentError, Recorder, Refusal, Surface, Verdicts};

/// Collects what the stages say; writes the record when finished or dropped.
pub struct Trail {
    facts: Option<Box<Facts>>,
    recorder: Arc<Recorder>,
    receipt: Option<oneshot::Sender<Receipt>>,
}

struct Facts {
    finish: Finish,
    /// Whether a provider may have been asked: then the end has to be recorded, come what may.
    is_intended: bool,
    started: Instant,
    stage_started: Instant,
}

/// How a call ended and what it used.
#[derive(Debug, Clone)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status that the client got.
    pub status: u16,
    /// Why it failed, if it did.
    pub problem: Option<ProblemCode>,
    /// Tokens by class.
    pub tokens: TokenCounts,
    /// What each class cost.
    pub lines: Vec<CostLine>,
    /// Whether the tokens were estimated.
    pub is_estimated: bool,
    /// The provider's own usage object.
    pub raw_usage: Option<String>,
    /// The tier in which the provider has served the call.
    pub service_tier: Option<String>,
}

/// Resolves to the receipt once the call has ended, however it ends.
pub struct ReceiptHandle(oneshot::Receiver<Receipt>);

impl ReceiptHandle {
    /// The receipt; none only if the process is being torn down.
    pub async fn wait(self) -> Option<Receipt> {
        self.0.await.ok()
    }
}

impl Trail {
    /// Opens the trail at the edge, before anything is known of the call.
    #[must_use]
    pub fn open(
        recorder: Arc<Recorder>,
        request_id: RequestId,
        surface: Surface,
        now: Timestamp,
    ) -> Self {
        let started = Instant::now();
        let finish = Finish {
            request_id,
            started_at: now,
            duration_micros: 0,
            surface: surface.as_str().into(),
            outcome: Outcome::Interrupted,
            status: 0,
            problem: None,
            user: None,
            team: None,
            key: None,
            model: String::new(),
            asked_model: None,
            provider: None,
            upstream_model: None,
            tokens: TokenCounts::default(),
            lines: Vec::new(),
            cost: Money::ZERO,
            is_estimated: false,
            is_priced: true,
            price_version: None,
            service_tier: None,
            raw_usage: None,
            charges: Vec::new(),
            verdicts: Verdicts(Vec::with_capacity(Stage::ALL.len())),
        };
        let facts = Facts { finish, is_intended: false, started, stage_started: started };
        Self { facts: Some(Box::new(facts)), recorder, receipt: None }
    }

    /// The call's id.
    #[must_use]
    pub fn request_id(&self) -> Option<RequestId> {
        self.facts.as_ref().map(|facts| facts.finish.request_id)
    }

    /// A handle on the receipt that this trail will leave.
    pub fn receipt(&mut self) -> ReceiptHandle {
        let (sender, receiver) = oneshot::channel();
        self.receipt = Some(sender);
        ReceiptHandle(receiver)
    }

    /// A stage has passed its verdict; its time counts from the verdict before.
    pub fn note(&mut self, stage: Stage, kind: VerdictKind, summary: impl Into<String>) {
        if let Some(facts) = &mut self.facts {
            facts.note(stage, kind, summary.into());
        }
    }

    /// Who is calling.
    pub fn caller(&mut self, user: UserId, team: TeamId, key: Option<ApiKeyId>) {
        if let Some(facts) = &mut self.facts {
            facts.finish.user = Some(user);
            facts.finish.team = Some(team);
            facts.finish.key = key;
        }
    }

    /// By which name a model is asked for.
    pub fn model(&mut self, name: &str) {
        if let Some(facts) = &mut self.facts {
            cut(name).clone_into(&mut facts.finish.model);
        }
    }

    /// The name that the model has itself, whatever it was asked for by.
    pub fn model_found(&mut self, name: &str) {
        let name = cut(name);
        if let Some(Facts { finish, .. }) = self.facts.as_deref_mut()
            && finish.model != name
        {
            finish.asked_model = Some(mem::replace(&mut finish.model, name.to_owned()));
        }
    }

    /// Which model answers in place of the one that was asked for.
    pub fn fallback(&mut self, name: &str) {
        if let Some(Facts { finish, .. }) = self.facts.as_deref_mut() {
            let asked = mem::replace(&mut finish.model, cut(name).to_owned());
            finish.asked_model.get_or_insert(asked);
        }
    }

    /// Which price counts, if any: that of the model's first backend, until another one answers.
    pub fn price(&mut self, price_version: Option<&str>) {
        if let Some(facts) = &mut self.facts {
            facts.finish.is_priced = price_version.is_some();
            if facts.finish.price_version.as_deref() != price_version {
                facts.finish.price_version = price_version.map(str::to_owned);
            }
        }
    }

    /// Which budgets the cost will be charged to.
    pub fn charges(&mut self, charges: Vec<Charge>) {
        if let Some(facts) = &mut self.facts {
            facts.finish.charges = charges;
        }
    }

    /// Which provider is being called.
    pub fn provider(&mut self, provider: &str, upstream_model: &str) {
        if let Some(facts) = &mut self.facts {
            facts.finish.provider = Some(provider.to_owned());
            facts.finish.upstream_model = Some(cut(upstream_model).to_owned());
        }
    }

    /// Writes what is known to the journal before a provider is called: if the process dies, the
    /// call is recorded as interrupted and charged with `worst_case`.
    ///
    /// # Errors
    /// [`IntentError`] where the record cannot be kept.
    pub async fn intend(&mut self, worst_case: Money) -> Result<(), IntentError> {
        let Some(facts) = &mut self.facts else { return Ok(()) };
        let outcome = if facts.is_intended {
            self.recorder.intend_again(&facts.finish, worst_case).await
        } else {
            self.recorder.intend(&facts.finish, worst_case).await
        };
        facts.is_intended |= outcome.is_ok();
        if !facts.is_intended {
            // It will not be asked, so the call is not one of its calls.
            (facts.finish.provider, facts.finish.upstream_model) = (None, None);
        }
        outcome
    }

    /// Writes that a call under way may cost more than its intent says.
    ///
    /// # Errors
    /// [`IntentError`] where that cannot be kept.
    pub async fn intend_more(&self, worst_case: Money) -> Result<(), IntentError> {
        let Some(facts) = &self.facts else { return Ok(()) };
        self.recorder.intend_more(&facts.finish, worst_case).await
    }

    /// What it means that the call is dropped now.
    #[must_use]
    pub fn outcome_if_dropped(&self) -> Outcome {
        self.recorder.outcome_of_a_dropped_call()
    }

    /// Ends the call with a refusal and gives the problem for the client.
    #[must_use]
    pub fn refuse(mut self, refusal: &Refusal) -> Problem {
        let Some(facts) = &mut self.facts else {
            return refusal.problem(RequestId::from_uuid(uuid::Uuid::nil()));
        };
        let problem = refusal.problem(facts.finish.request_id);
        let outcome = match refusal {
            Refusal::UpstreamFailed(_)
            | Refusal::UpstreamTimeout(_)
            | Refusal::UpstreamRefused { .. } => Outcome::UpstreamFailed,
            _ => Outcome::Refused,
        };
        self.close(Ending {
            outcome,
            status: problem.status,
            problem: Some(problem.code),
            tokens: TokenCounts::default(),
            lines: Vec::new(),
            is_estimated: false,
            raw_usage: None,
            service_tier: None,
        });
        problem
    }

    /// Ends the call.
    pub fn finish(mut self, ending: Ending) {
        self.close(ending);
    }

    fn close(&mut self, ending: Ending) {
        let Some(mut facts) = self.facts.take() else { return };
        facts.end(ending);
        if let Some(receipt) = self.receipt.take() {
            // Nobody may be waiting for it any more.
            let _ = receipt.send(facts.receipt());
        }
        self.recorder.finish(facts.finish, facts.is_intended);
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        let outcome = self.recorder.outcome_of_a_dropped_call();
        self.close(Ending {
            outcome,
            status: 0,
            problem: None,
            tokens: TokenCounts::default(),
            lines: Vec::new(),
            is_estimated: false,
            raw_usage: None,
            service_tier: None,
        });
    }
}

impl Facts {
    fn note(&mut self, stage: Stage, kind: VerdictKind, summary: String) {
        let now = Instant::now();
        let took_micros = micros(now.duration_since(self.stage_started));
        self.stage_started = now;
        self.finish.verdicts.0.push(Verdict { stage, kind, summary, took_micros });
    }

    fn end(&mut self, ending: Ending) {
        let finish = &mut self.finish;
        finish.outcome = ending.outcome;
        finish.status = ending.status;
        finish.problem = ending.problem;
        finish.tokens = ending.tokens;
        finish.cost = ending.lines.iter().map(|line| line.cost).sum();
        finish.lines = ending.lines;
        finish.is_estimated = ending.is_estimated;
        finish.raw_usage = ending.raw_usage;
        finish.service_tier = ending.service_tier;
        finish.duration_micros = micros(self.started.elapsed());
        for stage in Stage::ALL {
            if stage != Stage::Audit && !self.finish.verdicts.0.iter().any(|v| v.stage == stage) {
                self.finish.verdicts.0.push(Verdict {
                    stage,
                    kind: VerdictKind::NotReached,
                    summary: "the call ended before".to_owned(),
                    took_micros: 0,
                });
            }
        }
        let record = format!("recorded as {}", self.finish.request_id);
        self.note(Stage::Audit, VerdictKind::Passed, record);
        self.finish.verdicts.0.sort_by_key(|verdict| verdict.stage);
    }

    fn receipt(&self) -> Receipt {
        let finish = &self.finish;
        Receipt {
            request_id: finish.request_id,
            started_at: finish.started_at,
            duration_micros: finish.duration_micros,
            outcome: finish.outcome,
            model: finish.model.clone(),
            provider: finish.provider.clone(),
            tokens: finish.tokens,
            cost: finish.cost,
            is_estimated: finish.is_estimated,
            verdicts: finish.verdicts.0.clone(),
        }
    }
}

fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// What fits the ledger's name columns.
fn cut(name: &str) -> &str {
    const LIMIT_CHARACTERS: usize = 255;
    name.char_indices().nth(LIMIT_CHARACTERS).map_or(name, |(end, _)| &name[..end])
}
