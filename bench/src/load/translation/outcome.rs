//! What the turns of a group came to, and how they compare.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Group, turn::Turn};
use crate::load::{
    call::Through, client_dialect::ClientDialect, figures::Figures, percentile::median,
    provider_dialect::ProviderDialect,
};

/// How a call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By a provider of the client's dialect, through the bare proxy.
    Bare,
    /// By a provider of this dialect, through the gateway.
    GatewayTo(ProviderDialect),
}

impl Way {
    /// What stands between.
    pub(in crate::load) const fn through(self) -> Through {
        match self {
            Self::Bare => Through::Bare,
            Self::GatewayTo(_) => Through::Gateway,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare => formatter.pad("bare proxy"),
            Self::GatewayTo(provider) => provider.fmt(formatter),
        }
    }
}

/// The calls of one client's dialect in one shape, whichever way they went.
#[derive(Debug, Clone, Serialize)]
pub struct Translation {
    /// What the client speaks.
    pub client: ClientDialect,
    /// Whether answers are streamed.
    pub is_streaming: bool,
    /// What is counted a second.
    pub unit: &'static str,
    /// Each way's figures.
    pub ways: Vec<Compared>,
}

/// One way's figures. Ratios are taken within a round, and the median of the rounds is given.
#[derive(Debug, Clone, Serialize)]
pub struct Compared {
    /// Which way.
    pub way: Way,
    /// Whether the gateway passes the call on as it is.
    pub is_relay: bool,
    /// Processor time of a call, in microseconds: the median of the rounds.
    pub cpu_us_per_call: Option<f64>,
    /// That as a multiple of the bare proxy's.
    pub cpu_against_bare: Option<f64>,
    /// That as a multiple of the gateway's where it relays.
    pub cpu_against_relay: Option<f64>,
    /// Calls or chunks a second as a multiple of the bare proxy's.
    pub rate_against_bare: Option<f64>,
    /// Medians over the rounds.
    pub median: Figures,
    /// Each round's turn.
    pub rounds: Vec<Turn>,
}

/// Turns by way, one for each round.
pub(super) type Rounds = BTreeMap<Way, Vec<Turn>>;

impl Translation {
    pub(super) fn new(group: Group, rounds: &Rounds) -> Self {
        let Group { client, is_streaming } = group;
        let ways = rounds.keys().map(|way| Compared::new(client, *way, rounds)).collect();
        Self { client, is_streaming, unit: group.unit(), ways }
    }

    /// The most memory that a target had in any of its turns, in kilobytes.
    pub(in crate::load) fn peak_kb(&self, target: Through) -> Option<u64> {
        let ways = self.ways.iter().filter(|compared| compared.way.through() == target);
        ways.filter_map(|compared| compared.median.peak_memory_kb).max()
    }
}

impl Compared {
    fn new(client: ClientDialect, way: Way, all: &Rounds) -> Self {
        let is_relay =
            |way: &Way| matches!(way, Way::GatewayTo(provider) if provider.is_own_of(client));
        let own = turns(all, Some(&way));
        let bare = turns(all, Some(&Way::Bare));
        let relay = turns(all, all.keys().find(|way| is_relay(way)));
        let cpu: fn(&Turn) -> Option<f64> = |turn| turn.cpu_us_per_call;
        let rate: fn(&Turn) -> Option<f64> = |turn| Some(turn.figures.per_second);
        let figures: Vec<Figures> = own.iter().map(|turn| turn.figures.clone()).collect();
        Self {
            way,
            is_relay: is_relay(&way),
            cpu_us_per_call: median(own.iter().filter_map(cpu)),
            cpu_against_bare: ratio(own, bare, cpu),
            cpu_against_relay: ratio(own, relay, cpu),
            rate_against_bare: ratio(own, bare, rate),
            median: Figures::over_rounds(&figures),
            rounds: own.to_vec(),
        }
    }
}

fn turns<'a>(all: &'a Rounds, way: Option<&Way>) -> &'a [Turn] {
    way.and_then(|way| all.get(way)).map(Vec::as_slice).unwrap_or_default()
}

fn ratio(own: &[Turn], other: &[Turn], figure: fn(&Turn) -> Option<f64>) -> Option<f64> {
    let rounds = own.iter().zip(other);
    median(rounds.filter_map(|(own, other)| {
        let ratio = figure(own)? / figure(other)?;
        ratio.is_finite().then_some(ratio)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(cpu_us: f64, per_second: f64) -> Turn {
        let figures = Figures { per_second, ..Figures::default() };
        Turn { calls: 1, cpu_us_per_call: Some(cpu_us), figures }
    }

    fn close(value: Option<f64>, expected: f64) -> bool {
        value.is_some_and(|value| (value - expected).abs() < 1e-9)
    }

    #[test]
    fn ways_are_compared_within_each_round_with_the_bare_proxy_and_the_relay() {
        let gateway_to = Way::GatewayTo;
        let rounds = Rounds::from([
            (Way::Bare, vec![turn(10.0, 100.0), turn(30.0, 50.0), turn(20.0, 80.0)]),
            (
                gateway_to(ProviderDialect::Gemini),
                vec![turn(20.0, 50.0), turn(90.0, 10.0), turn(50.0, 40.0)],
            ),
            (
                gateway_to(ProviderDialect::Cohere),
                vec![turn(40.0, 25.0), turn(90.0, 10.0), turn(200.0, 8.0)],
            ),
        ]);
        let group = Group { client: ClientDialect::Gemini, is_streaming: false };
        let translation = Translation::new(group, &rounds);
        let of = |way| translation.ways.iter().find(|compared| compared.way == way).unwrap();
        let relay = of(gateway_to(ProviderDialect::Gemini));
        assert!(relay.is_relay && close(relay.cpu_us_per_call, 50.0), "{relay:?}");
        assert!(close(relay.cpu_against_bare, 2.5) && close(relay.cpu_against_relay, 1.0));
        let translated = of(gateway_to(ProviderDialect::Cohere));
        assert!(!translated.is_relay && close(translated.cpu_against_bare, 4.0), "{translated:?}");
        assert!(close(translated.cpu_against_relay, 2.0), "{translated:?}");
        assert!(close(translated.rate_against_bare, 0.2), "{translated:?}");
    }

    #[test]
    fn what_failed_altogether_is_compared_with_nothing() {
        let rounds = Rounds::from([
            (Way::Bare, vec![Turn::default()]),
            (Way::GatewayTo(ProviderDialect::Ollama), vec![Turn::default()]),
        ]);
        let group = Group { client: ClientDialect::OpenaiChat, is_streaming: true };
        let ways = Translation::new(group, &rounds).ways;
        assert_eq!(ways.len(), 2);
        assert!(ways.iter().all(|way| way.cpu_against_bare.is_none()));
        assert!(ways.iter().all(|way| way.rate_against_bare.is_none()), "nothing is divided by 0");
    }
}
