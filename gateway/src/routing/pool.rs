//! A model's deployments and what is learned of its calls; and where it is found for a model.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use arc_swap::ArcSwap;
use shared::{Timestamp, receipt::TokenCounts};

use super::{
    health::{Health, Judging},
    prompt_cache::PromptCaches,
    retry_budget::RetryBudget,
    strategy::{ExpectedTokens, Rotation},
};
use crate::{
    catalog::{Model, Strategy},
    kernel::{Clock, config},
};

/// How many bytes of a body are a token before anything is known.
const FIRST_BYTES_PER_TOKEN: f64 = 4.0;
/// How long an answer is before anything is known, in tokens.
const FIRST_ANSWER_TOKENS: f64 = 500.0;
/// How much one call changes that.
const LEARNING: f64 = 0.05;
/// More deployments than that are looked through for those that no model has any more.
const MANY_DEPLOYMENTS: usize = 4_096;

/// What all of routing shares.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) clock: Clock,
    pub(super) judging: Judging,
    pub(super) queue_micros: i64,
    pub(super) retry_budget_percent: u16,
    pub(super) exploration_percent: u16,
    pub(super) total_timeout_micros: Option<i64>,
}

/// One model's deployments.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) model: Arc<Model>,
    /// In the order of the model's deployments.
    pub(super) healths: Box<[Arc<Health>]>,
    pub(super) settings: Arc<Settings>,
    pub(super) turns: AtomicU64,
    pub(super) retry_budget: RetryBudget,
    rotation: Mutex<Rotation>,
    learned: Mutex<Learned>,
}

/// What calls of a model use, by those before.
#[derive(Debug)]
pub(super) struct Learned {
    pub(super) caches: PromptCaches,
    bytes_per_token: f64,
    answer_tokens: f64,
}

impl Pool {
    fn new(model: &Arc<Model>, healths: Box<[Arc<Health>]>, settings: &Arc<Settings>) -> Self {
        let count = healths.len();
        Self {
            model: Arc::clone(model),
            healths,
            settings: Arc::clone(settings),
            turns: AtomicU64::new(0),
            retry_budget: RetryBudget::new(settings.retry_budget_percent),
            rotation: Mutex::new(Rotation::new(count)),
            learned: Mutex::new(Learned {
                caches: PromptCaches::new(count),
                bytes_per_token: FIRST_BYTES_PER_TOKEN,
                answer_tokens: FIRST_ANSWER_TOKENS,
            }),
        }
    }

    pub(super) fn rotation(&self) -> MutexGuard<'_, Rotation> {
        self.rotation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what a call costs is what decides.
    pub(super) fn is_by_cost(&self) -> bool {
        self.model.strategy == Strategy::LowestCost
    }
}

impl Learned {
    /// What a call is expected to use where so many bytes of its body are warm; and how many
    /// tokens are warm.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "an expectation is no count"
    )]
    pub(super) fn expected(
        &self,
        place: usize,
        body_bytes: usize,
        warm_bytes: usize,
        most_answer_tokens: i64,
    ) -> (ExpectedTokens, i64) {
        let tokens = |bytes: usize| bytes as f64 / self.bytes_per_token;
        let warm = tokens(warm_bytes);
        let expected = ExpectedTokens {
            prompt: tokens(body_bytes) as i64,
            cached: (warm * self.caches.hit_share(place)) as i64,
            answer: (self.answer_tokens as i64).min(most_answer_tokens),
        };
        (expected, warm as i64)
    }

    /// A body of so many bytes has used so many tokens.
    #[expect(clippy::cast_precision_loss, reason = "an expectation is no count")]
    pub(super) fn used(&mut self, body_bytes: usize, tokens: &TokenCounts) {
        let prompt = tokens.prompt();
        if prompt > 0 {
            let found = body_bytes as f64 / prompt as f64;
            self.bytes_per_token += (found - self.bytes_per_token) * LEARNING;
        }
        self.answer_tokens += (tokens.answer() as f64 - self.answer_tokens) * LEARNING;
    }
}

/// Every pool, found without a lock.
#[derive(Debug)]
pub(super) struct Pools {
    settings: Arc<Settings>,
    /// By the address of the model, which the pool keeps in its place.
    known: ArcSwap<HashMap<usize, Arc<Pool>>>,
    /// By provider and upstream model.
    healths: Mutex<HashMap<(String, String), Arc<Health>>>,
}

impl Pools {
    pub(super) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, known: ArcSwap::default(), healths: Mutex::default() }
    }

    pub(super) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(super) fn of(&self, model: &Arc<Model>) -> Arc<Pool> {
        let address = Arc::as_ptr(model).addr();
        if let Some(pool) = self.known.load().get(&address) {
            return Arc::clone(pool);
        }
        self.add(model, address)
    }

    /// How many models are known.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.known.load().len()
    }

    /// Every deployment that is known.
    pub(super) fn healths(&self) -> Vec<Arc<Health>> {
        let healths = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        healths.values().cloned().collect()
    }

    fn add(&self, model: &Arc<Model>, address: usize) -> Arc<Pool> {
        let now = self.settings.clock.now();
        let mut healths = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        // Another call may have been quicker.
        if let Some(pool) = self.known.load().get(&address) {
            return Arc::clone(pool);
        }
        let of_model = self.healths_of(model, &mut healths, now);
        let pool = Arc::new(Pool::new(model, of_model, &self.settings));
        // A model that the catalogue has no more is held by nobody but its pool.
        let is_in_use = |pool: &Arc<Pool>| Arc::strong_count(&pool.model) > 1;
        let before = self.known.load();
        let mut known: HashMap<usize, Arc<Pool>> = before
            .iter()
            .filter(|(_, pool)| is_in_use(pool))
            .map(|(address, pool)| (*address, Arc::clone(pool)))
            .collect();
        known.insert(address, Arc::clone(&pool));
        self.known.store(Arc::new(known));
        pool
    }

    fn healths_of(
        &self,
        model: &Model,
        healths: &mut HashMap<(String, String), Arc<Health>>,
        now: Timestamp,
    ) -> Box<[Arc<Health>]> {
        let judging = &self.settings.judging;
        if healths.len() > MANY_DEPLOYMENTS {
            healths.retain(|_, health| Arc::strong_count(health) > 1);
        }
        let has_choice = model.deployments.len() > 1 || !model.fallbacks.is_empty();
        model
            .deployments
            .iter()
            .map(|deployment| {
                let key = (deployment.provider.clone(), deployment.upstream_model.clone());
                let health = healths.entry(key).or_insert_with_key(|(provider, upstream)| {
                    Arc::new(Health::new(provider, upstream, judging))
                });
                health.limit_to(deployment.max_concurrent);
                if has_choice {
                    health.judge(judging, now);
                }
                Arc::clone(health)
            })
            .collect()
    }
}

impl Settings {
    pub(super) fn new(config: &config::Config, clock: Clock, seed: u64) -> Self {
        let micros = |ms: u64| i64::try_from(ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
        let routing = &config.routing;
        Self {
            clock,
            judging: Judging {
                rules: (&routing.breaker).into(),
                half_life_seconds: routing.latency_half_life_seconds,
                queue_limit: routing.queue_limit,
                seed,
            },
            queue_micros: micros(routing.queue_ms),
            retry_budget_percent: routing.retry_budget_percent,
            exploration_percent: routing.exploration_percent,
            total_timeout_micros: config.proxy.total_timeout_ms.map(micros),
        }
    }
}
