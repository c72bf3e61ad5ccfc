//! How a model's deployments look for one call: who may have it, and what a strategy knows of them.

use shared::Timestamp;

use super::{
    super::{
        RuledOut,
        pool::Pool,
        prompt_cache::Beginnings,
        strategy::{self, Figures},
    },
    Ask,
};
use crate::catalog::{Affinity, Deployment};

/// A model's deployments as they look for one call.
pub(in super::super) struct Considered {
    pub(in super::super) figures: Vec<Figures>,
    pub(in super::super) ruled_out: Vec<(usize, RuledOut)>,
    pub(in super::super) beginnings: Beginnings,
}

/// Why a deployment is not the one for the call, whatever its state.
pub(in super::super) fn unfit(deployment: &Deployment, ask: &Ask<'_>) -> Option<RuledOut> {
    let is_in = |regions: &[String]| {
        deployment.region.as_ref().is_some_and(|region| regions.contains(region))
    };
    if !ask.regions.is_none_or(is_in) {
        return Some(RuledOut::Region);
    }
    ask.needs.and_then(|needs| deployment.capabilities.lacks(needs)).map(RuledOut::Lacks)
}

impl Considered {
    /// Two of the places of those that may have the call at all, whatever their state.
    pub(super) fn first_two_allowed(&self) -> (Option<usize>, Option<usize>) {
        let later = self.ruled_out.iter().filter(|(_, why)| !why.is_for_good());
        let now = self.figures.iter().map(|figures| figures.place);
        let mut allowed = now.chain(later.map(|(place, _)| *place));
        (allowed.next(), allowed.next())
    }
}

/// Looks at every deployment; changes nothing.
pub(in super::super) fn consider(pool: &Pool, ask: &Ask<'_>, now: Timestamp) -> Considered {
    let beginnings = match pool.model.affinity {
        _ if pool.is_by_cost() => Beginnings::of(ask.body),
        Affinity::Prompt => Beginnings::first_of(ask.body),
        Affinity::None | Affinity::Session => Beginnings::default(),
    };
    let learned = pool.is_by_cost().then(|| pool.learned());
    let warm = learned.as_ref().map(|learned| learned.caches.warm_bytes(&beginnings, now));
    let mut figures = Vec::with_capacity(pool.healths.len());
    let mut bearable = Vec::new();
    let mut ruled_out = Vec::new();
    for (place, (deployment, health)) in
        pool.model.deployments.iter().zip(&pool.healths).enumerate()
    {
        let unfit = unfit(deployment, ask);
        if let Some(why) = unfit.filter(|why| why.is_for_good()) {
            ruled_out.push((place, why));
            continue;
        }
        let cost = learned.as_ref().zip(warm.as_ref()).and_then(|(learned, warm)| {
            let price = deployment.price_at(ask.arrived_at)?;
            let prompt = ask.needs.map(|needs| needs.prompt.likely_tokens);
            let bytes = ask.body.len();
            let (mut expected, _) =
                learned.expected(place, bytes, warm[place], ask.most_answer_tokens);
            expected.prompt = prompt.filter(|tokens| *tokens > 0).unwrap_or(expected.prompt);
            Some(strategy::expected_cost(price, &expected))
        });
        let (seen, why) = health.figures(place, deployment.weight, cost, now);
        match (why, unfit) {
            (Some(why), _) => ruled_out.push((place, why)),
            (None, Some(why)) => bearable.push((seen, why)),
            (None, None) => figures.push(seen),
        }
    }
    // What can be borne is borne where there is nothing better.
    if figures.is_empty() {
        figures.extend(bearable.into_iter().map(|(seen, _)| seen));
    } else {
        ruled_out.splice(0..0, bearable.into_iter().map(|(seen, why)| (seen.place, why)));
    }
    Considered { figures, ruled_out, beginnings }
}
