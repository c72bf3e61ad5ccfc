//! In which order candidates are tried, and how that is told.

use shared::Money;

use super::{
    super::{
        affinity::AffinityKey,
        pool::Pool,
        prompt_cache::Beginnings,
        strategy::{self, Ranking, Rotation, Turn},
    },
    Ask, Considered,
};
use crate::{
    catalog::{Affinity, Strategy},
    wire,
};

/// Why the first of a plan is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Choice {
    pub(in super::super) of: usize,
    pub(in super::super) score: i64,
    pub(in super::super) reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Reason {
    /// It has the best score.
    Best,
    /// It is its turn, or it is not known well enough.
    Turn,
    /// The session or the prompt was there before.
    Affinity,
}

impl Choice {
    pub(in super::super) fn words(self, pool: &Pool) -> String {
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
fn score_words(strategy: Strategy, score: i64) -> String {
    match strategy {
        Strategy::Priority | Strategy::Weighted => String::new(),
        _ if score == i64::MAX => ", not known yet".to_owned(),
        Strategy::LowestCost => format!(", ${} expected", Money::from_nanos(score)),
        Strategy::LowestLatency => format!(", {} ms usual", score / 1_000),
        Strategy::LeastBusy => format!(", load {}.{:03}", score / 1_000, score % 1_000),
    }
}

/// The order of a considered model's deployments. Only the rotation moves on.
pub(in super::super) fn order(
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
