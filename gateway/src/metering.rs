//! Usage to cost: exact, per token class, and an honest estimate where a provider reports none.

mod estimate;

use shared::receipt::{TokenCounts, Units};

pub use self::estimate::{MEDIA_TOKENS, TokenEstimate};

use crate::{
    call::{CostLine, TokenClass},
    catalog::{Rates, UnitCost},
};

/// What a provider adds around the messages (roles, separators, a tool preamble), in tokens.
const FRAMING_TOKENS: i64 = 64;

/// The classes of what is no token, in the order of [`Units`].
const UNIT_CLASSES: [TokenClass; 4] =
    [TokenClass::Images, TokenClass::AudioSeconds, TokenClass::Characters, TokenClass::Searches];

/// What each token class costs, what is counted beside tokens, and the call itself; of what there
/// is none, there is no line.
#[must_use]
pub fn cost_lines(tokens: &TokenCounts, units: &Units, rates: &Rates) -> Vec<CostLine> {
    let classes = [
        (TokenClass::Input, tokens.input, rates.input),
        (TokenClass::CachedInput, tokens.cached_input, rates.cached_input),
        (TokenClass::CacheWrite, tokens.cache_write, rates.cache_write),
        (TokenClass::CacheWrite1h, tokens.cache_write_1h, rates.cache_write_1h),
        (TokenClass::AudioInput, tokens.audio_input, rates.audio_input),
        (TokenClass::ImageInput, tokens.image_input, rates.image_input),
        (TokenClass::Output, tokens.output, rates.output),
        (TokenClass::Reasoning, tokens.reasoning, rates.reasoning),
        (TokenClass::AudioOutput, tokens.audio_output, rates.audio_output),
        (TokenClass::ImageOutput, tokens.image_output, rates.image_output),
    ];
    let request = CostLine {
        class: TokenClass::Request,
        tokens: 1,
        price: rates.request,
        cost: rates.request,
    };
    let units =
        UNIT_CLASSES.into_iter().zip(rates.of_units(units)).filter(|(_, unit)| unit.count > 0).map(
            |(class, UnitCost { count, rate, cost })| CostLine {
                class,
                tokens: count,
                price: rate,
                cost,
            },
        );
    classes
        .into_iter()
        .filter(|(_, tokens, _)| *tokens > 0)
        .map(|(class, tokens, price)| CostLine {
            class,
            tokens,
            price,
            cost: price.per_million(tokens),
        })
        .chain(units)
        .chain((!rates.request.is_zero()).then_some(request))
        .collect()
}

/// The most prompt tokens that a body can have: a token is at least one byte, and providers add
/// their framing.
#[must_use]
pub fn most_input_tokens(request_bytes: usize) -> i64 {
    i64::try_from(request_bytes).unwrap_or(i64::MAX).saturating_add(FRAMING_TOKENS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::Money;

    use super::*;
    use crate::kernel::config::Price;

    #[test]
    fn each_class_has_a_line_with_its_own_price_and_they_add_up() {
        let price = Price {
            input: "3".parse().unwrap(),
            cached_input: Some("0.30".parse().unwrap()),
            output: "15".parse().unwrap(),
            ..Price::default()
        };
        let tokens =
            TokenCounts { input: 100, cached_input: 1_000, output: 50, ..TokenCounts::default() };
        let lines = cost_lines(&tokens, &Units::default(), &Rates::from(&price));
        assert_eq!(lines.len(), 3);
        let total: Money = lines.iter().map(|line| line.cost).sum();
        assert_eq!(total, "0.00135".parse().unwrap());
    }

    #[test]
    fn a_call_with_a_price_of_its_own_has_a_line_for_it_whatever_its_tokens() {
        let price = Price { request: "0.01".parse().unwrap(), ..Price::default() };
        let lines = cost_lines(&TokenCounts::default(), &Units::default(), &Rates::from(&price));
        let [line] = lines[..] else { panic!("{lines:?}") };
        assert_eq!((line.class, line.tokens, line.cost), (TokenClass::Request, 1, price.request));
    }

    #[test]
    fn pictures_sound_characters_and_searches_have_lines_at_their_own_measures() {
        let price = Price {
            image: "0.04".parse().unwrap(),
            audio_hour: "0.36".parse().unwrap(),
            characters: "15".parse().unwrap(),
            search: "0.002".parse().unwrap(),
            ..Price::default()
        };
        let units = Units { images: 3, audio_seconds: 61, characters: 4_096, searches: 2 };
        let lines = cost_lines(&TokenCounts::default(), &units, &Rates::from(&price));
        let shown: Vec<_> =
            lines.iter().map(|line| (line.class.as_str(), line.tokens, line.cost)).collect();
        let dollars = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(
            shown,
            [
                ("images", 3, dollars("0.12")),
                ("audio_seconds", 61, dollars("0.0061")),
                ("characters", 4_096, dollars("0.06144")),
                ("searches", 2, dollars("0.004")),
            ]
        );
    }

    proptest! {
        #[test]
        fn every_token_is_in_one_line_and_the_lines_add_up_to_the_cost(
            counts in prop::array::uniform10(0..3_000_000_i64),
            input in 0..100_000_000_000_i64,
            output in 0..100_000_000_000_i64,
        ) {
            let tokens = TokenCounts {
                input: counts[0],
                cached_input: counts[1],
                cache_write: counts[2],
                cache_write_1h: counts[3],
                output: counts[4],
                reasoning: counts[5],
                audio_input: counts[6],
                audio_output: counts[7],
                image_input: counts[8],
                image_output: counts[9],
            };
            let price = Price {
                input: Money::from_nanos(input),
                output: Money::from_nanos(output),
                ..Price::default()
            };
            let lines = cost_lines(&tokens, &Units::default(), &Rates::from(&price));
            let in_lines: i64 = lines.iter().map(|line| line.tokens).sum();
            prop_assert_eq!(in_lines, counts.iter().sum::<i64>());
            prop_assert_eq!(in_lines, tokens.total());
            let exact = i128::from(input) * i128::from(tokens.prompt())
                + i128::from(output) * i128::from(tokens.answer());
            let cost: Money = lines.iter().map(|line| line.cost).sum();
            let off = i128::from(cost.nanos()) * 1_000_000 - exact;
            prop_assert!(off.abs() <= 5_000_000, "half a nano-dollar a line at most");
        }
    }
}
