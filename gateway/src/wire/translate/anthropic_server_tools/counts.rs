//! How often the provider's own tools were used, as a client of Anthropic messages reads it: by what
//! the gateway bills.
//!
//! Source: `ServerToolUsage` (anthropic).

use serde::Serialize;

use crate::wire::translate::ir::{ServerToolDeed, ServerToolUse, Vendor};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(in crate::wire::translate) struct UseCounts {
    web_fetch_requests: usize,
    web_search_requests: usize,
}

impl UseCounts {
    pub(in crate::wire::translate) fn add(&mut self, used: &ServerToolUse) {
        match &used.done {
            ServerToolDeed::Search { queries, .. } => {
                self.web_search_requests += searches(used, queries);
            }
            ServerToolDeed::Fetch { .. } => self.web_fetch_requests += 1,
            ServerToolDeed::Code { .. } => {}
        }
    }

    /// Nothing where no tool was used that is counted.
    pub(in crate::wire::translate) fn told(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// OpenAI's search may have several queries; of Google's, which come all together, each is one.
fn searches(used: &ServerToolUse, queries: &[String]) -> usize {
    if used.own_of(Vendor::OpenAi).is_some() { 1 } else { queries.len() }
}
