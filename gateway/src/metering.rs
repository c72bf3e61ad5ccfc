//! Usage to cost: exact, per token class, and an honest estimate where a provider reports none.

use shared::receipt::TokenCounts;

use crate::{
    call::{CostLine, TokenClass},
    catalog::FullPrice,
};

/// Bytes of text that a token stands for in an estimate: English prose and code in the usual
/// vocabularies have three to five.
const ESTIMATED_BYTES_PER_TOKEN: i64 = 4;
/// What a provider adds around the messages (roles, separators, a tool preamble), in tokens.
const FRAMING_TOKENS: i64 = 64;

/// What each token class costs; a class without tokens has no line.
#[must_use]
pub fn cost_lines(tokens: &TokenCounts, price: &FullPrice) -> Vec<CostLine> {
    [
        (TokenClass::Input, tokens.input, price.input),
        (TokenClass::CachedInput, tokens.cached_input, price.cached_input),
        (TokenClass::CacheWrite, tokens.cache_write, price.cache_write),
        (TokenClass::Output, tokens.output, price.output),
        (TokenClass::Reasoning, tokens.reasoning, price.reasoning),
    ]
    .into_iter()
    .filter(|(_, tokens, _)| *tokens > 0)
    .map(|(class, tokens, price)| CostLine {
        class,
        tokens,
        price,
        cost: price.per_million(tokens),
    })
    .collect()
}

/// The tokens of a call whose provider reported none: from the bytes of the request and of what
/// had been answered.
#[must_use]
pub fn estimate(request_bytes: usize, answer_bytes: u64) -> TokenCounts {
    let tokens = |bytes: i64| bytes.div_ceil_by(ESTIMATED_BYTES_PER_TOKEN);
    TokenCounts {
        input: tokens(i64::try_from(request_bytes).unwrap_or(i64::MAX)),
        output: tokens(i64::try_from(answer_bytes).unwrap_or(i64::MAX)),
        ..TokenCounts::default()
    }
}

/// The most prompt tokens that a body can have: a token is at least one byte, and providers add
/// their framing.
#[must_use]
pub fn most_input_tokens(request_bytes: usize) -> i64 {
    i64::try_from(request_bytes).unwrap_or(i64::MAX).saturating_add(FRAMING_TOKENS)
}

trait DivCeil {
    fn div_ceil_by(self, divisor: Self) -> Self;
}

impl DivCeil for i64 {
    fn div_ceil_by(self, divisor: Self) -> Self {
        self / divisor + Self::from(self % divisor != 0)
    }
}

#[cfg(test)]
mod tests {
    use shared::Money;

    use super::*;

    #[test]
    fn each_class_has_a_line_with_its_own_price_and_they_add_up() {
        let price = FullPrice {
            input: "3".parse().unwrap(),
            cached_input: "0.30".parse().unwrap(),
            cache_write: "3.75".parse().unwrap(),
            output: "15".parse().unwrap(),
            reasoning: "15".parse().unwrap(),
        };
        let tokens =
            TokenCounts { input: 100, cached_input: 1_000, output: 50, ..TokenCounts::default() };
        let lines = cost_lines(&tokens, &price);
        assert_eq!(lines.len(), 3);
        let total: Money = lines.iter().map(|line| line.cost).sum();
        assert_eq!(total, "0.00135".parse().unwrap());
    }

    #[test]
    fn an_estimate_of_something_is_never_zero() {
        assert_eq!(estimate(1, 1).total(), 2);
        assert_eq!(estimate(0, 0).total(), 0);
    }
}
