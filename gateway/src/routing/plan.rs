//! The plan of one call: which deployments may have it, in which order, and why.
//!
//! Constraints come first: what may not have the call is no candidate, whatever the strategy
//! thinks of it. Those that have an open circuit or rest come behind all others.

mod choice;
mod consider;

use std::sync::{Arc, atomic::Ordering};

use shared::Timestamp;

use self::choice::Choice;
pub(super) use self::{
    choice::order,
    consider::{Considered, consider, unfit},
};
use super::{RuledOut, gate::Caller, pool::Pool, prompt_cache::Beginnings};
use crate::{
    catalog::{Deployment, Serving, Strategy},
    wire::RequestNeeds,
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

impl Plan {
    /// The plan of a call; none where no deployment may have it.
    pub(super) fn of(pool: &Arc<Pool>, ask: &Ask<'_>) -> Option<Self> {
        let turn = || pool.turns.fetch_add(1, Ordering::Relaxed);
        Self::by(pool, ask, turn, |pool, considered, turn| {
            order(pool, considered, ask, turn, &mut pool.rotation())
        })
    }

    /// The same, of a call that may come to it, so that nobody's turn passes.
    pub(super) fn in_reserve(pool: &Arc<Pool>, ask: &Ask<'_>) -> Option<Self> {
        let turn = || pool.turns.load(Ordering::Relaxed);
        Self::by(pool, ask, turn, |pool, considered, turn| {
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
