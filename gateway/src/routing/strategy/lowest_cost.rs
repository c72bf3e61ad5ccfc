//! Lowest cost: what this very request is expected to cost at each deployment's own price.
//!
//! Input tokens are known by the length of the body, output tokens by what answers of the model
//! usually have; what a deployment has in its cache of this prompt is read at the lower price. A
//! price may depend on the length of the prompt, so that the cheapest for one request need not be
//! so for the next.

use shared::{Money, receipt::TokenCounts};

use super::{Figures, LAST, Ranking};
use crate::catalog::PriceTable;

/// Costs that differ by less count as the same where affinity chooses.
pub(super) const TOLERANCE_PERCENT: i64 = 1;

/// What a call is expected to use at one deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct ExpectedTokens {
    pub(in super::super) prompt: i64,
    /// How many of them the deployment has in its cache.
    pub(in super::super) cached: i64,
    pub(in super::super) answer: i64,
}

pub(super) fn rank(candidates: &[Figures]) -> Ranking {
    let score = |candidate: &Figures| candidate.expected_cost.map_or(LAST, Money::nanos);
    Ranking { scores: candidates.iter().map(score).collect(), first: None }
}

pub(super) fn expected_cost(price: &PriceTable, expected: &ExpectedTokens) -> Money {
    let cached_input = expected.cached.clamp(0, expected.prompt);
    let tokens = TokenCounts {
        input: expected.prompt - cached_input,
        cached_input,
        output: expected.answer,
        ..TokenCounts::default()
    };
    let rates = price.rates(&tokens, None);
    [
        rates.input.per_million(tokens.input),
        rates.cached_input.per_million(tokens.cached_input),
        rates.output.per_million(tokens.output),
    ]
    .into_iter()
    .fold(rates.request, Money::saturating_add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::samples::alike, *};
    use crate::kernel::config::Price;

    fn table(json: serde_json::Value) -> PriceTable {
        PriceTable::from(&serde_json::from_value::<Price>(json).unwrap())
    }

    fn cost(price: &PriceTable, prompt: i64, cached: i64, answer: i64) -> i64 {
        expected_cost(price, &ExpectedTokens { prompt, cached, answer }).nanos()
    }

    #[test]
    fn what_is_in_the_cache_is_read_at_its_price() {
        let price =
            table(serde_json::json!({"input": "3", "cached_input": "0.30", "output": "15"}));
        assert_eq!(cost(&price, 1_000, 0, 100), 3_000_000 + 1_500_000);
        assert_eq!(cost(&price, 1_000, 800, 100), 600_000 + 240_000 + 1_500_000);
        assert_eq!(cost(&price, 1_000, 5_000, 0), 300_000, "no more is cached than there is");
    }

    #[test]
    fn a_long_prompt_is_dearer_where_the_price_says_so() {
        let price = table(serde_json::json!({"input": "1", "output": "1", "request": "0.001",
            "above": [{"input_tokens": 100, "price": {"input": "2"}}]}));
        assert_eq!(cost(&price, 100, 0, 0), 100_000 + 1_000_000);
        assert_eq!(cost(&price, 101, 0, 0), 202_000 + 1_000_000);
    }

    #[test]
    fn what_has_no_price_comes_last() {
        let mut candidates = alike(3);
        candidates[1].expected_cost = Some(Money::from_nanos(7));
        candidates[2].expected_cost = Some(Money::from_nanos(5));
        assert_eq!(rank(&candidates).scores, [LAST, 7, 5]);
    }

    proptest! {
        #[test]
        fn the_best_score_is_the_lowest_cost(costs in prop::collection::vec(0..1_000_000_i64, 1..20)) {
            let mut candidates = alike(costs.len());
            for (candidate, cost) in candidates.iter_mut().zip(&costs) {
                candidate.expected_cost = Some(Money::from_nanos(*cost));
            }
            let scores = rank(&candidates).scores;
            prop_assert_eq!(scores.iter().min(), costs.iter().min());
        }
    }
}
