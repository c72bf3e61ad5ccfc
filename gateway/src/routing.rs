//! Where a call goes, and in what order: the five strategies, and what keeps a call away from a
//! deployment that fails.
//!
//! A plan looks at every deployment of the model once: what may not have the call is ruled out, the
//! model's strategy puts the others in order. Attempts follow the plan, and each tells what came of
//! it: that is all that breakers, latencies and limits know. Nothing asks a provider anything by
//! itself. Where a model has one deployment, there is nothing to choose, and it is always asked.
//! See `docs/routing.md` and `docs/adr/0015-what-a-choice-is-made-by.md`.

mod affinity;
mod allowance;
mod attempt;
mod attempts;
mod breaker;
mod explain;
mod gate;
mod health;
mod latency;
mod outcome;
mod plan;
mod pool;
mod prompt_cache;
mod retry_budget;
mod routed;
mod strategy;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, sync::Arc};

use shared::receipt::{Stage, VerdictKind};

pub use self::{
    allowance::{Limit, Limits},
    attempt::Attempt,
    attempts::{Attempts, Exhausted},
    explain::{Candidate, DeploymentHealth, Explanation},
    gate::Caller,
    outcome::{Outcome, RuledOut},
    plan::Ask,
    routed::Routed,
};
use self::{
    plan::Plan,
    pool::{Pools, Settings},
};
use crate::{
    budgets::Funded,
    call::{Refusal, Trail},
    catalog::Model,
    identity::Principal,
    kernel::{
        Clock, Ids,
        config::{self, Config},
    },
};

/// Plans routes.
#[derive(Debug)]
pub struct Routing {
    pools: Pools,
    /// Where the data of a team may be processed, by the team's name in lower case; anywhere where
    /// it is not here.
    regions: HashMap<String, Vec<String>>,
}

impl Routing {
    /// The rules of a configuration.
    #[must_use]
    pub fn from_config(config: &Config, clock: Clock, ids: &Ids) -> Self {
        let seed = u64::from_le_bytes(ids.bytes());
        let regions = |team: &config::Team| Some((team.name.to_lowercase(), team.regions.clone()?));
        Self {
            pools: Pools::new(Arc::new(Settings::new(config, clock, seed))),
            regions: config.teams.iter().filter_map(regions).collect(),
        }
    }

    /// The stage: which of the model's deployments may have the call, and in what order.
    ///
    /// # Errors
    /// [`Refusal::ModelForbidden`] where all of them that can serve the call are in regions that the
    /// caller's team may not use.
    pub fn plan(&self, funded: Funded, trail: &mut Trail) -> Result<Routed, Refusal> {
        let regions = self.regions_of(funded.principal());
        let ask = ask_of(&funded, regions);
        let plan = Plan::of(&self.pools.of(funded.model()), &ask);
        let in_reserve = |model| Plan::in_reserve(&self.pools.of(model), &ask);
        let mut fallbacks: Vec<Plan> = funded.fallbacks().iter().filter_map(in_reserve).collect();
        let plan = match plan {
            None if !fallbacks.is_empty() => Some(fallbacks.remove(0)),
            plan => plan,
        };
        if let Some(plan) = plan {
            return Ok(Routed::new(funded, plan, fallbacks));
        }
        let rule = nowhere(funded.model(), &ask);
        trail.note(Stage::Route, VerdictKind::Refused, rule.clone());
        Err(Refusal::ModelForbidden { model: funded.model().name.clone(), rule })
    }

    /// The attempts at a model's deployments; none where none of them may have the call. Providers
    /// are asked by a [`Routed`] call alone.
    #[must_use]
    pub fn attempts(&self, model: &Arc<Model>, ask: &Ask<'_>) -> Option<Attempts> {
        Plan::of(&self.pools.of(model), ask).map(|plan| Attempts::new(plan, Vec::new()))
    }

    /// Where the data of a caller may be processed; anywhere if none.
    #[must_use]
    pub fn regions_of(&self, principal: &Principal) -> Option<&[String]> {
        if self.regions.is_empty() {
            return None;
        }
        self.regions.get(principal.team_key()).map(Vec::as_slice)
    }
}

fn ask_of<'a>(funded: &'a Funded, regions: Option<&'a [String]>) -> Ask<'a> {
    let principal = funded.principal();
    Ask {
        caller: Caller { team: principal.team_id(), user: principal.user_id() },
        regions,
        needs: funded.needs(),
        arrived_at: funded.call().received_at,
        body: &funded.call().body,
        is_streaming: funded.facts().is_streaming,
        most_answer_tokens: funded.output_limit().saturating_mul(funded.facts().choices.max(1)),
    }
}

/// Why none of the model's deployments may have the call.
fn nowhere(model: &Model, ask: &Ask<'_>) -> String {
    let allowed = ask.regions.unwrap_or_default().join(", ");
    let mut regions = Vec::new();
    for deployment in &model.deployments {
        match plan::unfit(deployment, ask) {
            Some(RuledOut::Lacks(lack)) => {
                return format!("where your team's data may be processed ({allowed}), {lack}");
            }
            _ => regions.push(deployment.region.as_deref().unwrap_or("no stated region")),
        }
    }
    regions.sort_unstable();
    regions.dedup();
    let served = regions.join(", ");
    format!("it is served in {served}, and your team's data may be processed in {allowed} only")
}
