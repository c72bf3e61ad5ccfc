//! `routing`: how long a failing backend is left alone, and how many calls may wait or be repeated;
//! and what a model says of the choice between its backends.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Config, ConfigError, check::inconsistent};

/// The longest that a call may wait for a backend, in milliseconds.
const LONGEST_QUEUE_MS: u64 = 600_000;

/// `routing`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Routing {
    /// When a failing backend is left alone, and for how long.
    pub breaker: Breaker,
    /// How long a call may wait where every backend has as many calls as it may have, or rests.
    pub queue_ms: u64,
    /// How many calls may wait for one backend.
    pub queue_limit: usize,
    /// How many calls in a hundred may ask a backend a second time.
    pub retry_budget_percent: u16,
    /// With `lowest_latency`, how many calls in a hundred go to another backend than the quickest,
    /// to learn how quick that is.
    pub exploration_percent: u16,
    /// After how long a measured latency counts half.
    pub latency_half_life_seconds: u32,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            breaker: Breaker::default(),
            queue_ms: 5_000,
            queue_limit: 256,
            retry_budget_percent: 10,
            exploration_percent: 5,
            latency_half_life_seconds: 30,
        }
    }
}

/// `routing.breaker`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// So many failures in a row open the circuit.
    pub consecutive_failures: u32,
    /// So many failures in a hundred calls of a window open it, too.
    pub failure_percent: u32,
    /// A window with fewer calls says nothing.
    pub least_calls: u32,
    /// How long a window is.
    pub window_seconds: u32,
    /// How long the circuit stays open at first; twice as long each time that it opens again.
    pub pause_ms: u64,
    /// How long it stays open at most.
    pub pause_limit_ms: u64,
    /// So many calls, one after the other, have to be answered before the circuit is closed.
    pub probes: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            failure_percent: 50,
            least_calls: 20,
            window_seconds: 30,
            pause_ms: 5_000,
            pause_limit_ms: 30_000,
            probes: 2,
        }
    }
}

/// By what the backend of a call is chosen, where a model has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The first in the configuration that works.
    #[default]
    Priority,
    /// The one where the call is expected to cost least.
    LowestCost,
    /// The one that answers soonest.
    LowestLatency,
    /// Each as often as its weight says.
    Weighted,
    /// The one that has most room.
    LeastBusy,
}

impl Strategy {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::LowestCost => "lowest_cost",
            Self::LowestLatency => "lowest_latency",
            Self::Weighted => "weighted",
            Self::LeastBusy => "least_busy",
        }
    }
}

/// What of a call keeps it with the backend that had the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affinity {
    /// Nothing.
    #[default]
    None,
    /// The caller's session, as the request names it; else the caller.
    Session,
    /// The beginning of the prompt, which the provider may have in its cache.
    Prompt,
}

/// Checks the section, and what models say of their backends.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    check_section(&config.routing)?;
    if config.proxy.total_timeout_ms == Some(0) {
        let detail = "expected at least 1; leave it out for no limit";
        return Err(inconsistent("proxy.total_timeout_ms", detail));
    }
    check_strategies(config)?;
    check_concurrency(config)
}

fn check_section(routing: &Routing) -> Result<(), ConfigError> {
    let breaker = &routing.breaker;
    let counts = [
        ("breaker.consecutive_failures", u64::from(breaker.consecutive_failures)),
        ("breaker.least_calls", u64::from(breaker.least_calls)),
        ("breaker.window_seconds", u64::from(breaker.window_seconds)),
        ("breaker.pause_ms", breaker.pause_ms),
        ("breaker.probes", u64::from(breaker.probes)),
        ("latency_half_life_seconds", u64::from(routing.latency_half_life_seconds)),
    ];
    if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
        return Err(inconsistent(format!("routing.{key}"), "expected at least 1"));
    }
    if !(1..=100).contains(&breaker.failure_percent) {
        let detail = "expected percent from 1 to 100";
        return Err(inconsistent("routing.breaker.failure_percent", detail));
    }
    if breaker.pause_limit_ms < breaker.pause_ms {
        let detail = format!("expected at least `pause_ms`, which is {}", breaker.pause_ms);
        return Err(inconsistent("routing.breaker.pause_limit_ms", detail));
    }
    if routing.retry_budget_percent > 100 {
        let detail = "expected percent from 0, which repeats nothing, to 100";
        return Err(inconsistent("routing.retry_budget_percent", detail));
    }
    if routing.exploration_percent > 50 {
        let detail = "expected percent from 0, which explores nothing, to 50";
        return Err(inconsistent("routing.exploration_percent", detail));
    }
    if routing.queue_ms > LONGEST_QUEUE_MS {
        let detail = format!("expected at most {LONGEST_QUEUE_MS}");
        return Err(inconsistent("routing.queue_ms", detail));
    }
    Ok(())
}

fn check_strategies(config: &Config) -> Result<(), ConfigError> {
    for (index, model) in config.models.iter().enumerate() {
        if model.affinity != Affinity::None && model.strategy == Strategy::Priority {
            let detail = "`priority` keeps every call with the first backend that works anyway; \
                          leave `affinity` out, or name another `strategy`";
            return Err(inconsistent(format!("models[{index}].affinity"), detail));
        }
        for (place, name) in model.fallbacks.iter().enumerate() {
            if *name == model.name || model.aliases.contains(name) {
                let key = format!("models[{index}].fallbacks[{place}]");
                return Err(inconsistent(key, "a model is no fallback of its own; leave it out"));
            }
        }
        let is_weighted = matches!(model.strategy, Strategy::Weighted | Strategy::LeastBusy);
        for (place, backend) in model.backends.iter().enumerate() {
            let key = |field: &str| format!("models[{index}].backends[{place}].{field}");
            if backend.weight.is_some() && !is_weighted {
                let detail = "weights are of the strategies `weighted` and `least_busy`; leave it \
                              out, or name one of these as the model's `strategy`";
                return Err(inconsistent(key("weight"), detail));
            }
            if backend.max_concurrent == Some(0) {
                let detail = "expected at least 1; leave it out for no limit";
                return Err(inconsistent(key("max_concurrent"), detail));
            }
        }
        let is_never_first = |weight: Option<u32>| weight == Some(0);
        if is_weighted && model.backends.iter().all(|backend| is_never_first(backend.weight)) {
            let detail = "every weight is 0, so that no backend is ever first; give one at least 1";
            return Err(inconsistent(format!("models[{index}].backends"), detail));
        }
    }
    Ok(())
}

/// A limit is the deployment's, whichever models are served by it.
fn check_concurrency(config: &Config) -> Result<(), ConfigError> {
    let mut limits: HashMap<(&str, &str), (Option<u32>, String)> = HashMap::new();
    for (index, model) in config.models.iter().enumerate() {
        for (place, backend) in model.backends.iter().enumerate() {
            let key = format!("models[{index}].backends[{place}].max_concurrent");
            let upstream = backend.model.as_deref().unwrap_or(&model.name);
            let deployment = (&*backend.provider, upstream);
            let limit = backend.max_concurrent;
            let (known, first) = limits.entry(deployment).or_insert((limit, key.clone()));
            if *known != limit {
                let detail = format!(
                    "`{upstream}` at `{}` has another limit in `{first}`; a limit is the \
                     deployment's, so write the same in both",
                    backend.provider
                );
                return Err(inconsistent(key, detail));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::load::load_text;

    fn refused(model: &str, rest: &str) -> String {
        let text = format!(
            "providers: {{ a: {{ kind: demo }}, b: {{ kind: demo }} }}\nmodels: [{model}]\n{rest}\n"
        );
        load_text(&text, &[]).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[rstest]
    #[case(
        "backends: [{provider: a}]",
        "routing: {breaker: {probes: 0}}",
        "routing.breaker.probes: expected at least 1"
    )]
    #[case(
        "backends: [{provider: a}]",
        "routing: {breaker: {failure_percent: 101}}",
        "from 1 to 100"
    )]
    #[case(
        "backends: [{provider: a}]",
        "routing: {breaker: {pause_limit_ms: 10}}",
        "at least `pause_ms`"
    )]
    #[case("backends: [{provider: a}]", "routing: {retry_budget_percent: 101}", "repeats nothing")]
    #[case("backends: [{provider: a}]", "routing: {exploration_percent: 51}", "explores nothing")]
    #[case("backends: [{provider: a}]", "routing: {queue_ms: 600001}", "at most 600000")]
    #[case(
        "backends: [{provider: a}]",
        "proxy: {total_timeout_ms: 0}",
        "leave it out for no limit"
    )]
    #[case(
        "affinity: prompt, backends: [{provider: a}]",
        "",
        "models[0].affinity: `priority` keeps"
    )]
    #[case(
        "backends: [{provider: a, weight: 2}]",
        "",
        "models[0].backends[0].weight: weights are of"
    )]
    #[case("strategy: weighted, backends: [{provider: a, weight: 0}]", "", "every weight is 0")]
    #[case("backends: [{provider: a, max_concurrent: 0}]", "", "expected at least 1")]
    #[case(
        "fallbacks: [n, m], backends: [{provider: a}]",
        "",
        "models[0].fallbacks[1]: a model is no"
    )]
    #[case("strategy: fastest, backends: [{provider: a}]", "", "fastest")]
    #[case(
        "strategy: weighted, affinity: session, backends: [{provider: a, weight: 0}, {provider: b}]",
        "",
        "accepted"
    )]
    fn what_cannot_be_meant_is_refused_and_says_why(
        #[case] model: &str,
        #[case] rest: &str,
        #[case] expected: &str,
    ) {
        let told = refused(&format!("{{name: m, {model}}}"), rest);
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn two_limits_of_one_deployment_are_refused() {
        let one = "{name: m, backends: [{provider: a, model: x, max_concurrent: 3}]}";
        let told =
            refused(&format!("{one}, {{name: n, backends: [{{provider: a, model: x}}]}}"), "");
        assert!(told.contains("models[1].backends[0].max_concurrent"), "{told}");
        assert!(told.contains("another limit in `models[0].backends[0].max_concurrent`"), "{told}");
    }
}
