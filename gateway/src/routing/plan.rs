//! The plan of one call: which deployments may have it, in which order, and why.
//!
//! Constraints come first: what may not have the call is no candidate, whatever the strategy
//! thinks of it. Those that have an open circuit or rest come behind all others.

use std::sync::{Arc, atomic::Ordering};

use shared::Timestamp;

use super::{
    RuledOut,
    affinity::AffinityKey,
    gate::Caller,
    pool::Pool,
    prompt_cache::Beginnings,
    strategy::{self, Figures, Ranking, Rotation, Turn},
};
use crate::{
    catalog::{Affinity, Deployment, Serving, Strategy},
    wire::{self, RequestNeeds},
};

/// What of a call its plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Whose call it is.
    pub caller: Caller,
    /// Where its data may be processed; anywhere if none.
    pub regions: Option<&'a [String]>,
    /// What it needs of a model; none where nothing is known that could rule one out.
    pub needs: Option<&'a RequestNeeds>,
    /// When it arrived: the prices of that moment count.
    pub arrived_at: Timestamp,
    /// The body as it came.
    pub body: &'a [u8],
    /// Whether the answer is streamed.
    pub is_streaming: bool,
    /// The longest answer that is asked for, in tokens, over all choices.
    pub most_answer_tokens: i64,
}

/// The candidates of one call.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) pool: Arc<Pool>,
    pub(super) caller: Caller,
    pub(super) call: Shape,
    /// Places of deployments, in the order in which they are tried; empty where there is but one,
    /// which is the only deployment.
    order: Vec<usize>,
    /// How the first was chosen; none where there was no choice.
    choice: Option<Choice>,
    /// Why others are not, or not yet, asked.
    pub(super) ruled_out: Vec<(usize, RuledOut)>,
}

/// What an attempt must know of its call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) arrived_at: Timestamp,
    pub(super) is_streaming: bool,
    pub(super) body_bytes: usize,
    pub(super) beginnings: Beginnings,
}

/// Why the first of a plan is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) of: usize,
    pub(super) score: i64,
    pub(super) reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It has the best score.
    Best,
    /// It is its turn, or it is not known well enough.
    Turn,
    /// The session or the prompt was there before.
    Affinity,
}

/// A model's deployments as they look for one call.
pub(super) struct Considered {
    pub(super) figures: Vec<Figures>,
    pub(super) ruled_out: Vec<(usize, RuledOut)>,
    pub(super) beginnings: Beginnings,
}

impl Plan {
    /// The plan of a call; none where no deployment may have it.
    pub(super) fn of(pool: Arc<Pool>, ask: &Ask<'_>) -> Option<Self> {
        let turn = || pool.turns.fetch_add(1, Ordering::Relaxed);
        Self::by(&pool, ask, turn, |pool, considered, turn| {
            order(pool, considered, ask, turn, &mut pool.rotation())
        })
    }

    /// The same, of a call that may come to it, so that nobody's turn passes.
    pub(super) fn in_reserve(pool: Arc<Pool>, ask: &Ask<'_>) -> Option<Self> {
        let turn = || pool.turns.load(Ordering::Relaxed);
        Self::by(&pool, ask, turn, |pool, considered, turn| {
            let mut rotation = pool.rotation().clone();
            order(pool, considered, ask, turn, &mut rotation)
        })
    }

    fn by(
        pool: &Arc<Pool>,
        ask: &Ask<'_>,
        turn: impl Fn() -> u64,
        order: impl Fn(&Pool, &Considered, u64) -> (Vec<usize>, Option<Choice>),
    ) -> Option<Self> {
        let pool = Arc::clone(pool);
        let call = Shape {
            arrived_at: ask.arrived_at,
            is_streaming: ask.is_streaming,
            body_bytes: ask.body.len(),
            beginnings: Beginnings::default(),
        };
        if let [only] = &*pool.model.deployments {
            let may = unfit(only, ask).is_none_or(|why| !why.is_for_good());
            return may.then(|| Self::without_choice(pool, ask.caller, call, Vec::new()));
        }
        pool.retry_budget.call();
        let now = pool.settings.clock.now();
        let considered = consider(&pool, ask, now);
        let call = Shape { beginnings: considered.beginnings, ..call };
        let (first, second) = considered.first_two_allowed();
        let first = first?;
        if second.is_none() {
            let ruled_out = considered.ruled_out;
            let plan = Self::without_choice(pool, ask.caller, call, vec![first]);
            return Some(Self { ruled_out, ..plan });
        }
        let (order, choice) = order(&pool, &considered, turn());
        Some(Self {
            pool,
            caller: ask.caller,
            call,
            order,
            choice,
            ruled_out: considered.ruled_out,
        })
    }

    fn without_choice(pool: Arc<Pool>, caller: Caller, call: Shape, order: Vec<usize>) -> Self {
        Self { pool, caller, call, order, choice: None, ruled_out: Vec::new() }
    }

    /// How many candidates there are.
    pub(super) fn len(&self) -> usize {
        self.order.len().max(1)
    }

    /// The deployment that is tried as number `index`, by its place.
    pub(super) fn place(&self, index: usize) -> Option<usize> {
        match self.order.get(index) {
            None if index == 0 => Some(0),
            place => place.copied(),
        }
    }

    /// The candidates in the order in which they are tried.
    pub(super) fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        (0..self.len())
            .filter_map(|index| self.place(index))
            .filter_map(|place| self.pool.model.deployments.get(place))
    }

    /// The same, each to be held for as long as it serves the call.
    pub(super) fn servings(&self) -> impl Iterator<Item = Serving> {
        (0..self.len())
            .filter_map(|index| self.place(index))
            .filter_map(|place| Serving::new(&self.pool.model, place, self.call.arrived_at))
    }

    /// Whether the call has nowhere else to go.
    pub(super) fn is_alone(&self) -> bool {
        self.len() == 1
    }

    /// A few words for the receipt, where there is more to say than which deployment answered.
    pub(super) fn summary(&self) -> Option<String> {
        let is_plain = self.pool.model.strategy == Strategy::Priority && self.ruled_out.is_empty();
        if is_plain || self.pool.healths.len() == 1 {
            return None;
        }
        let chosen = self.choice.map(|choice| choice.words(&self.pool));
        let others = self.ruled_out.iter().map(|(place, why)| {
            let health = &self.pool.healths[*place];
            format!("{} {why}", health.provider)
        });
        Some(chosen.into_iter().chain(others).collect::<Vec<_>>().join("; "))
    }
}

impl Choice {
    pub(super) fn words(self, pool: &Pool) -> String {
        let strategy = pool.model.strategy.as_str();
        let score = score_words(pool.model.strategy, self.score);
        let why = match self.reason {
            Reason::Best => String::new(),
            Reason::Turn if pool.model.strategy == Strategy::Weighted => String::new(),
            Reason::Turn => ", to learn how quick it is".to_owned(),
            Reason::Affinity => ", where its like went before".to_owned(),
        };
        format!("{strategy} of {}{score}{why}", self.of)
    }
}

/// A score in its unit.
pub(super) fn score_words(strategy: Strategy, score: i64) -> String {
    match strategy {
        Strategy::Priority | Strategy::Weighted => String::new(),
        _ if score == i64::MAX => ", not known yet".to_owned(),
        Strategy::LowestCost => format!(", ${} expected", shared::Money::from_nanos(score)),
        Strategy::LowestLatency => format!(", {} ms usual", score / 1_000),
        Strategy::LeastBusy => format!(", load {}.{:03}", score / 1_000, score % 1_000),
    }
}

/// Why a deployment is not the one for the call, whatever its state.
pub(super) fn unfit(deployment: &Deployment, ask: &Ask<'_>) -> Option<RuledOut> {
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
    fn first_two_allowed(&self) -> (Option<usize>, Option<usize>) {
        let later = self.ruled_out.iter().filter(|(_, why)| !why.is_for_good());
        let now = self.figures.iter().map(|figures| figures.place);
        let mut allowed = now.chain(later.map(|(place, _)| *place));
        (allowed.next(), allowed.next())
    }
}

/// Looks at every deployment; changes nothing.
pub(super) fn consider(pool: &Pool, ask: &Ask<'_>, now: Timestamp) -> Considered {
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

/// The order of a considered model's deployments. Only the rotation moves on.
pub(super) fn order(
    pool: &Pool,
    considered: &Considered,
    ask: &Ask<'_>,
    turn: u64,
    rotation: &mut Rotation,
) -> (Vec<usize>, Option<Choice>) {
    let Considered { figures, ruled_out, beginnings } = considered;
    let model = &pool.model;
    let exploration_percent = pool.settings.exploration_percent;
    let turn = Turn { number: turn, is_streaming: ask.is_streaming, exploration_percent };
    let Ranking { scores, first } = strategy::rank(model.strategy, figures, turn, rotation);
    let affine = key_of(model.affinity, ask, beginnings).and_then(|key| {
        let may = strategy::may_be_kept(model.strategy, figures, &scores);
        key.owner(figures, &may, |place| pool.healths[place].identity)
    });
    let mut by_score: Vec<usize> = (0..figures.len()).collect();
    by_score.sort_by_key(|index| scores[*index]);
    let begins =
        affine.map(|index| (index, Reason::Affinity)).or(first.map(|index| (index, Reason::Turn)));
    if let Some((begins, _)) = begins {
        by_score.retain(|index| *index != begins);
        by_score.insert(0, begins);
    }
    let choice = by_score.first().map(|index| Choice {
        of: figures.len(),
        score: scores[*index],
        reason: begins.map_or(Reason::Best, |(_, reason)| reason),
    });
    // Who is left alone now may be free again by the time that all others have failed.
    let later = ruled_out.iter().filter(|(_, why)| !why.is_for_good()).map(|(place, _)| *place);
    let order = by_score.into_iter().map(|index| figures[index].place).chain(later).collect();
    (order, choice)
}

fn key_of(affinity: Affinity, ask: &Ask<'_>, beginnings: &Beginnings) -> Option<AffinityKey> {
    match affinity {
        Affinity::None => None,
        Affinity::Prompt => beginnings.first().map(AffinityKey::of_hash),
        Affinity::Session => {
            let named = wire::session_of(ask.body);
            let user = ask.caller.user.uuid();
            Some(named.map_or_else(
                || AffinityKey::of(user.as_bytes()),
                |session| AffinityKey::of(session.as_bytes()),
            ))
        }
    }
}
