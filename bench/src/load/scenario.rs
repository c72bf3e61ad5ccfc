//! The phases of a round and what is asked in each.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// One phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Scenario {
    /// Each connection calls again when it was answered.
    Closed {
        /// How many at once.
        connections: usize,
    },
    /// Calls arrive at a fixed rate.
    Open {
        /// Calls a second.
        rate: u32,
    },
    /// One stream at a time: when the first text comes.
    FirstText,
    /// Many streams with a gap between chunks: how late each chunk comes.
    Paced,
    /// Streams without pauses: how many chunks come through.
    Unpaced,
}

impl Scenario {
    /// The phases of a round, in order.
    pub const ALL: [Self; 8] = [
        Self::Closed { connections: 1 },
        Self::Closed { connections: 32 },
        Self::Closed { connections: 256 },
        Self::FirstText,
        Self::Paced,
        Self::Unpaced,
        Self::Open { rate: 500 },
        Self::Open { rate: 2_000 },
    ];

    /// How many connections are opened for it.
    pub(super) fn connections(self) -> usize {
        match self {
            Self::Closed { connections } => connections,
            Self::FirstText => 1,
            Self::Paced => 256,
            Self::Unpaced => 32,
            Self::Open { .. } => 64,
        }
    }

    /// In how many turns a round goes through its targets. What else happens on a machine comes and
    /// goes in seconds: where a small ratio is judged, short turns see the same of it at each target.
    pub(super) fn turns(self) -> u32 {
        match self {
            Self::Closed { connections: 32 } => 3,
            _ => 1,
        }
    }

    /// Whether it also runs at gateways of other durability.
    pub(super) fn compares_durability(self) -> bool {
        matches!(self, Self::Closed { connections: 1 | 32 })
    }

    /// What is counted.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Paced | Self::Unpaced => "chunks",
            _ => "calls",
        }
    }

    /// What is timed.
    pub(super) fn timed(self) -> &'static str {
        match self {
            Self::Closed { .. } => "the whole call",
            Self::Open { .. } => "the whole call, from when it was meant to start",
            Self::FirstText => "until the first text",
            Self::Paced => "how long each chunk was under way",
            Self::Unpaced => "the whole stream",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { connections: 1 } => write!(formatter, "closed loop, 1 connection"),
            Self::Closed { connections } => {
                write!(formatter, "closed loop, {connections} connections")
            }
            Self::Open { rate } => write!(formatter, "open loop, {rate} calls/s"),
            Self::FirstText => write!(formatter, "streams, one at a time"),
            Self::Paced => write!(formatter, "256 paced streams"),
            Self::Unpaced => write!(formatter, "32 streams without pauses"),
        }
    }
}

/// What the fake provider is asked to do, and under which names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Workload {
    /// What the gateway's callers name.
    pub(super) gateway_model: &'static str,
    /// What the fake provider is named: directly, and by the gateway with [`GATEWAY_TAG`].
    pub(super) upstream_model: String,
    pub(super) is_streaming: bool,
}

/// What the gateway's calls carry in the upstream model's name, so that their bill can be told
/// from that of the calls that came another way.
pub(super) const GATEWAY_TAG: &str = "tag=gateway";
/// As [`GATEWAY_TAG`], for gateways whose books are not compared.
pub(super) const OTHER_TAG: &str = "tag=other";

/// The gap between two chunks of a paced stream.
pub(super) const PACED_GAP: Duration = Duration::from_millis(20);

const USAGE: &str = "input_tokens=250,output_tokens=50";

impl Workload {
    /// One answer of about a kilobyte.
    pub(super) fn plain() -> Self {
        Self {
            gateway_model: "fake-model",
            upstream_model: format!("fake@{USAGE}"),
            is_streaming: false,
        }
    }

    /// A short stream.
    pub(super) fn short_stream() -> Self {
        Self {
            gateway_model: "fake-short-stream",
            upstream_model: format!("fake@chunks=5,answer_bytes=100,{USAGE}"),
            is_streaming: true,
        }
    }

    /// A stream with a gap between its stamped chunks, as long as the phase.
    pub(super) fn paced(duration: Duration) -> Self {
        let chunks = duration.as_millis() / PACED_GAP.as_millis();
        let gap = PACED_GAP.as_millis();
        Self {
            gateway_model: "fake-paced-stream",
            upstream_model: format!("fake@chunks={chunks},gap_ms={gap},stamp,{USAGE}"),
            is_streaming: true,
        }
    }

    /// A long stream as fast as it goes.
    pub(super) fn unpaced() -> Self {
        Self {
            gateway_model: "fake-long-stream",
            upstream_model: format!("fake@chunks=500,answer_bytes=2500,{USAGE}"),
            is_streaming: true,
        }
    }

    /// All that the gateway has to know.
    pub(super) fn all(paced_duration: Duration) -> [Self; 4] {
        [Self::plain(), Self::short_stream(), Self::paced(paced_duration), Self::unpaced()]
    }
}
