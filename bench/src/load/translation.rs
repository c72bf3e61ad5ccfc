//! What a translation costs: every client's dialect answered by a provider of every dialect.
//!
//! For each client's dialect, whole answers and streams, the same call goes through the bare proxy
//! (which passes it on to a provider of that dialect), through the gateway to such a provider
//! (which is the relay), and through the gateway to a provider of each other dialect. All of these
//! take turns within a round, short ones, so that a ratio compares what happened within seconds.

mod conversation;
pub(super) mod models;
mod outcome;
pub(super) mod table;
mod turn;

use std::fmt;

pub use self::outcome::{Translation, Way};
use self::{outcome::Compared, turn::Turn};
use super::{
    call::{Target, Through},
    client_dialect::ClientDialect,
    plan::Plan,
    provider_dialect::ProviderDialect,
    stage::StageError,
};

/// How many calls are under way at once.
const CONNECTIONS: usize = 32;

/// Calls that are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    client: ClientDialect,
    is_streaming: bool,
}

impl Group {
    /// Those with `only` in their name, in order.
    pub(super) fn wanted(only: Option<&str>) -> Vec<Self> {
        let both = |client| [false, true].map(|is_streaming| Self { client, is_streaming });
        let all = ClientDialect::ALL.into_iter().flat_map(both);
        all.filter(|group| !(group.is_streaming && group.embeds()))
            .filter(|group| only.is_none_or(|text| group.to_string().contains(text)))
            .collect()
    }

    fn embeds(self) -> bool {
        self.client == ClientDialect::OpenaiEmbeddings
    }

    /// What is counted.
    fn unit(self) -> &'static str {
        if self.is_streaming { "chunks" } else { "calls" }
    }

    /// Where its calls go: past whom, and to which provider.
    fn ways(self, targets: &[Target]) -> Vec<(Way, &Target)> {
        let find = |through| targets.iter().find(move |target| target.through == through);
        let bare = find(Through::Bare).map(|target| (Way::Bare, target));
        let gateway = find(Through::Gateway).into_iter().flat_map(|target| {
            ProviderDialect::answering(self.client)
                .map(move |provider| (Way::GatewayTo(provider), target))
        });
        bare.into_iter().chain(gateway).collect()
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = if self.is_streaming { "streams" } else { "whole" };
        write!(formatter, "translation, {}, {shape}", self.client)
    }
}

/// Where a turn stands in the run.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    pub(super) round: usize,
    pub(super) group: Group,
    pub(super) way: Way,
    pub(super) turn: &'a Turn,
}

impl fmt::Display for Progress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, group, way, turn } = self;
        let (rate, unit) = (turn.figures.per_second, group.unit());
        let errors = turn.figures.errors;
        let name = group.to_string();
        write!(formatter, "round {}  {name:<39}  {way:<18}", round + 1)?;
        write!(formatter, "  {rate:>8.0} {unit}/s  {errors} errors")
    }
}

/// A turn could not be run.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) group: Group,
    pub(super) way: Way,
    pub(super) source: StageError,
}

/// Every group in every round. Who begins changes from round to round, so that a drift of the
/// machine falls on all of them.
pub(super) async fn run<E: From<Broken>>(
    targets: &[Target],
    groups: &[Group],
    plan: &Plan,
    mut tell: impl FnMut(Progress<'_>) -> Result<(), E>,
) -> Result<Vec<Translation>, E> {
    let mut rounds = vec![outcome::Rounds::new(); groups.len()];
    for round in 0..plan.rounds {
        for (&group, rounds) in groups.iter().zip(&mut rounds) {
            let ways = group.ways(targets);
            let turns = ways.iter().cycle().skip(round % ways.len().max(1)).take(ways.len());
            for &(way, target) in turns {
                let turn = turn::run(target, group, way, plan)
                    .await
                    .map_err(|source| E::from(Broken { group, way, source }))?;
                tell(Progress { round, group, way, turn: &turn })?;
                rounds.entry(way).or_default().push(turn);
            }
        }
    }
    let groups = groups.iter().zip(&rounds);
    Ok(groups.map(|(group, rounds)| Translation::new(*group, rounds)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_name_chooses() {
        assert_eq!(Group::wanted(None).len(), 9, "four dialects in two shapes, and embeddings");
        assert_eq!(Group::wanted(Some("translation")).len(), 9);
        let chosen = Group::wanted(Some("gemini, streams"));
        assert_eq!(chosen, [Group { client: ClientDialect::Gemini, is_streaming: true }]);
        assert!(Group::wanted(Some("32 streams without pauses")).is_empty());
    }

    #[test]
    fn every_provider_answers_every_client_that_it_can() {
        let target = |through| Target {
            through,
            address: ([127, 0, 0, 1], 1).into(),
            key: String::new(),
            pid: None,
        };
        let targets =
            [Through::Direct, Through::Bare, Through::Gateway, Through::Strict].map(target);
        let ways = |client| Group { client, is_streaming: false }.ways(&targets).len();
        assert_eq!(ways(ClientDialect::Gemini), 1 + ProviderDialect::ALL.len());
        assert_eq!(ways(ClientDialect::OpenaiEmbeddings), 1 + 5);
    }
}
