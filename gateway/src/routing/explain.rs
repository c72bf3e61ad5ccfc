//! Where a call would go, and why, without sending it.

use serde::Serialize;
use shared::Money;

use super::{
    Ask, Routing, RuledOut,
    breaker::Circuit,
    health::{Health, Seen},
    latency::Evidence,
    plan::{self, Considered},
    pool::Pool,
};
use crate::catalog::{Affinity, Model, Strategy};

/// The choice between a model's deployments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The model.
    pub model: String,
    /// By what is chosen.
    pub strategy: Strategy,
    /// What keeps a call where its like went before.
    pub affinity: Affinity,
    /// Every deployment, those first that would be asked, in their order.
    pub candidates: Vec<Candidate>,
    /// How the first was chosen; none where there is none, or no choice.
    pub choice: Option<String>,
}

/// One deployment in an explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// How it stands.
    pub deployment: DeploymentHealth,
    /// Where it processes data.
    pub region: Option<String>,
    /// How many calls it gets beside the others.
    pub weight: u32,
    /// What the call is expected to cost there, where that decides.
    pub expected_cost: Option<Money>,
    /// As number what it would be asked, from 1; none where it would not.
    pub rank: Option<usize>,
    /// Why it would not be asked, or only once all others have failed.
    pub ruled_out: Option<String>,
}

/// How one deployment stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeploymentHealth {
    /// The provider's name in the configuration.
    pub provider: String,
    /// What the provider calls the model.
    pub upstream_model: String,
    /// `closed`, `open` or `half_open`; none where no model has a choice.
    pub circuit: Option<&'static str>,
    /// In how many milliseconds an open circuit lets a probe through.
    pub probed_in_ms: Option<i64>,
    /// Calls under way, here.
    pub in_flight: u32,
    /// How many there may be at once.
    pub max_concurrent: Option<u32>,
    /// The usual time to the first byte of a stream.
    pub first_byte_ms: Option<u64>,
    /// The usual time of an answer that comes whole.
    pub whole_ms: Option<u64>,
    /// Calls that it has answered since the start.
    pub answered: u64,
    /// Calls that it has failed since the start.
    pub failed: u64,
}

impl Routing {
    /// Where a call would go at this moment, and why. Nothing is sent, and nothing changes.
    #[must_use]
    pub fn explain(&self, model: &std::sync::Arc<Model>, ask: &Ask<'_>) -> Explanation {
        let pool = self.pools.of(model);
        let now = pool.settings.clock.now();
        let considered = plan::consider(&pool, ask, now);
        let turn = pool.turns.load(std::sync::atomic::Ordering::Relaxed);
        let mut rotation = pool.rotation().clone();
        let (order, choice) = plan::order(&pool, &considered, ask, turn, &mut rotation);
        let mut candidates: Vec<Candidate> = (0..pool.healths.len())
            .map(|place| candidate(&pool, place, &considered, &order, now))
            .collect();
        candidates.sort_by_key(|candidate| candidate.rank.unwrap_or(usize::MAX));
        Explanation {
            model: model.name.clone(),
            strategy: model.strategy,
            affinity: model.affinity,
            candidates,
            choice: choice.filter(|_| pool.healths.len() > 1).map(|choice| choice.words(&pool)),
        }
    }

    /// How every deployment stands that was asked since the start.
    #[must_use]
    pub fn deployments(&self) -> Vec<DeploymentHealth> {
        let now = self.pools.settings().clock.now();
        let mut all: Vec<_> =
            self.pools.healths().iter().map(|health| described(health, now)).collect();
        all.sort_by(|one, other| {
            (&one.provider, &one.upstream_model).cmp(&(&other.provider, &other.upstream_model))
        });
        all
    }
}

fn candidate(
    pool: &Pool,
    place: usize,
    considered: &Considered,
    order: &[usize],
    now: shared::Timestamp,
) -> Candidate {
    let deployment = &pool.model.deployments[place];
    let is_here = |(other, _): &&(usize, RuledOut)| *other == place;
    let figures = considered.figures.iter().find(|figures| figures.place == place);
    Candidate {
        deployment: described(&pool.healths[place], now),
        region: deployment.region.clone(),
        weight: deployment.weight,
        expected_cost: figures.and_then(|figures| figures.expected_cost),
        rank: order.iter().position(|other| *other == place).map(|index| index + 1),
        ruled_out: considered.ruled_out.iter().find(is_here).map(|(_, why)| why.to_string()),
    }
}

fn described(health: &Health, now: shared::Timestamp) -> DeploymentHealth {
    let millis = |evidence: Evidence| evidence.median_micros.map(|micros| micros / 1_000);
    let seen = health.seen(now);
    let circuit = seen.map(|Seen { circuit, .. }| circuit);
    let (answered, failed) = health.ended();
    DeploymentHealth {
        provider: health.provider.clone(),
        upstream_model: health.upstream_model.clone(),
        circuit: circuit.map(Circuit::as_str),
        probed_in_ms: match circuit {
            Some(Circuit::Open { for_micros }) => Some(for_micros / 1_000),
            _ => None,
        },
        in_flight: health.in_flight(),
        max_concurrent: health.max_concurrent().map(Into::into),
        first_byte_ms: seen.and_then(|seen| millis(seen.first_byte)),
        whole_ms: seen.and_then(|seen| millis(seen.total)),
        answered,
        failed,
    }
}
