//! Is it slow enough: requests, tokens and calls at once, by whom they are and what they ask.
//!
//! A call is counted at the instance, the team, the user, the key and the model at once, or at none
//! of them; at a provider it is counted when it is about to be asked. Tokens are set aside before
//! anybody knows how many there will be, and put right at the end by the very counts that are
//! billed. In no span of a limit's period does more begin than the limit says
//! (`docs/adr/0017-limits-count-in-sliding-windows.md`).
//!
//! Counting takes a lock for each limit that binds a call, for well under a microsecond, and none is
//! held while anything is waited for. Where several nodes share a Redis, it counts for all of them
//! (`cluster`); else nodes on one database divide every limit (`nodes`).

mod admit;
mod allowance;
mod cluster;
mod count;
mod extend;
mod needs;
mod nodes;
mod rules;
mod share;
mod subject;
mod subjects;
#[cfg(test)]
mod tests;
mod window;

use std::sync::{Arc, Mutex, PoisonError};

use shared::{Standing, Timestamp, id::NodeId};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{admit::Paced, allowance::Allowance, cluster::ClusterError};
use self::{
    cluster::{Answer, Cluster, Place},
    count::{Blocked, Bound, Gauge, Hold, Taken},
    nodes::Nodes,
    rules::Rules,
    share::Share,
    subject::Subject,
    subjects::Subjects,
};
use crate::{
    call::LimitRefusal,
    kernel::{
        Clock, Trouble,
        config::{self, Config, LimitLevel},
    },
    storage::{Database, StorageError},
};

/// How often those are forgotten who are idle.
const FORGET_MICROS: i64 = 60 * 1_000_000;

/// All rate limits.
pub struct Limits {
    rules: Rules,
    count_tokens: bool,
    subjects: Subjects,
    clock: Clock,
    forgotten_at: Mutex<Timestamp>,
    /// None where no Redis is configured.
    cluster: Option<Arc<Cluster>>,
    /// None where this node is the only one on its database.
    nodes: Option<Nodes>,
}

/// Why nodes do not count together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divided {
    /// Since when Redis does not answer, and why.
    pub trouble: Trouble,
    /// Among how many nodes every limit is divided meanwhile.
    pub nodes: i64,
}

impl Limits {
    /// The limits of a configuration, on a node that is alone.
    #[must_use]
    pub fn new(limits: &[config::Limit], clock: Clock) -> Self {
        let rules = Rules::new(limits);
        Self {
            count_tokens: rules.count_tokens(),
            rules,
            subjects: Subjects::default(),
            forgotten_at: Mutex::new(clock.now()),
            clock,
            cluster: None,
            nodes: None,
        }
    }

    /// The same with the other nodes on `database`, and with the Redis of the configuration. One that
    /// does not answer is tried again in the background.
    ///
    /// # Errors
    /// [`ClusterError::Address`].
    pub async fn open(
        config: &Config,
        database: &Database,
        node: NodeId,
        clock: Clock,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, ClusterError> {
        let mut limits = Self::new(&config.limits, clock.clone());
        if limits.rules.are_none() {
            return Ok(limits);
        }
        if database.dialect().is_shared() {
            limits.nodes = Some(Nodes::new(database.clone(), node, clock.clone()));
        }
        limits.cluster = Cluster::start(&config.redis, node, clock, tasks, stop).await?;
        Ok(limits)
    }

    /// Looks how many nodes there are, and forgets those of whom nothing has to be remembered any
    /// more; to be called often, for it does so when it is time.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn refresh(&self) -> Result<(), StorageError> {
        self.tidy();
        match &self.nodes {
            Some(nodes) => nodes.turn().await,
            None => Ok(()),
        }
    }

    /// Why nodes divide the limits although a Redis is configured; none while it answers.
    #[must_use]
    pub fn divided(&self) -> Option<Divided> {
        let trouble = self.cluster.as_ref()?.health().trouble()?;
        Some(Divided { trouble, nodes: self.share().nodes() })
    }

    /// Whether a call may be sent to this provider, and its place there; to be joined to the call's
    /// own allowance where the provider answers, and dropped where it does not.
    ///
    /// # Errors
    /// Which limit of the provider's stands in the way.
    pub async fn for_provider(
        self: &Arc<Self>,
        provider: &str,
        allowance: &Allowance,
    ) -> Result<Allowance, Box<LimitRefusal>> {
        let name = || provider.to_owned();
        let subject = self.subjects.of(&self.rules, LimitLevel::Provider, provider, name);
        let subjects: Vec<_> = subject.into_iter().collect();
        let tokens = allowance.tokens();
        let new = Allowance::new(Arc::clone(self), tokens);
        if subjects.is_empty() {
            return Ok(new);
        }
        match self.count(&subjects, tokens).await {
            Ok(counted) => Ok(new.with(counted.holds, counted.place)),
            Err(refused) => Err(refused.refusal),
        }
    }

    fn tidy(&self) {
        let now = self.clock.now();
        {
            let mut at = self.forgotten_at.lock().unwrap_or_else(PoisonError::into_inner);
            if now.micros_since(*at).abs() < FORGET_MICROS {
                return;
            }
            *at = now;
        }
        self.subjects.forget_idle(now.micros());
    }

    /// How many subjects are remembered, for metrics.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.subjects.count()
    }

    /// This node's part of every limit, where no Redis counts for all nodes.
    fn share(&self) -> Share {
        let share = self.nodes.as_ref().map_or(Share::WHOLE, Nodes::share);
        if self.cluster.is_some() { share.for_now() } else { share }
    }

    /// Counts a call at all of these, or at none.
    async fn count(&self, subjects: &[Arc<Subject>], tokens: i64) -> Result<Counted, Refused> {
        let Some(cluster) = &self.cluster else {
            return self.count_here(subjects, tokens, self.share());
        };
        let bound = count::bound(subjects, tokens, Share::WHOLE);
        let Some((answer, mut place)) = cluster.count(subjects, &bound).await else {
            let mut counted = self.count_here(subjects, tokens, self.share())?;
            let mut place = cluster.place(subjects, &bound);
            place.begin();
            counted.place = Some(place);
            return Ok(counted);
        };
        if answer.is_counted {
            // So that this node knows its own part, should Redis be gone in a moment.
            let holds = count::follow(subjects, &bound, self.clock.now().micros());
            place.begin();
            let counted = Counted::new(subjects, &bound, &answer.gauges, holds, answer.now);
            return Ok(Counted { place: Some(place), ..counted });
        }
        match count::narrowest(&bound, &answer.gauges) {
            Some(narrowest) => {
                let Answer { gauges, now, .. } = answer;
                Err(Refused::new(subjects, &bound, &gauges, &narrowest, Share::WHOLE, now))
            }
            // It says no and cannot say why.
            None => self.count_here(subjects, tokens, self.share()),
        }
    }

    /// Counts a call on this node, which has this part of every limit.
    fn count_here(
        &self,
        subjects: &[Arc<Subject>],
        tokens: i64,
        share: Share,
    ) -> Result<Counted, Refused> {
        let now = self.clock.now().micros();
        let bound = count::bound(subjects, tokens, share);
        match count::take(subjects, &bound, now) {
            Ok(Taken { holds, gauges }) => Ok(Counted::new(subjects, &bound, &gauges, holds, now)),
            Err(Blocked { by, gauges }) => {
                Err(Refused::new(subjects, &bound, &gauges, &by, share, now))
            }
        }
    }
}

/// A call that was counted, and how its limits stand since.
struct Counted {
    holds: Vec<Hold>,
    place: Option<Place>,
    standing: Standing,
    summary: String,
}

impl Counted {
    fn new(
        subjects: &[Arc<Subject>],
        bound: &[Bound],
        gauges: &[Gauge],
        holds: Vec<Hold>,
        now: i64,
    ) -> Self {
        Self {
            holds,
            place: None,
            standing: count::standing(bound, gauges, now),
            summary: count::summary(subjects, bound, gauges),
        }
    }
}

/// A call that was not, and why.
struct Refused {
    refusal: Box<LimitRefusal>,
    standing: Standing,
}

impl Refused {
    fn new(
        subjects: &[Arc<Subject>],
        bound: &[Bound],
        gauges: &[Gauge],
        (it, gauge): &(Bound, Gauge),
        share: Share,
        now: i64,
    ) -> Self {
        let refusal = Box::new(count::refusal(subjects, it, gauge, share, now));
        let (level, measure) = (refusal.level.as_str(), refusal.measure.as_str());
        let labels = [("level", level), ("measure", measure)];
        metrics::counter!("helix_limit_refusals_total", &labels).increment(1);
        Self { refusal, standing: count::standing(bound, gauges, now) }
    }
}
