//! What a call can cost at most, and how long an answer a given amount pays for.

use shared::Money;

use crate::{
    catalog::{BatchPrice, PriceTable},
    metering::most_input_tokens,
    policy::Clean,
    wire::{BatchWork, Dialect, RequestFacts},
};

/// An answer shorter than this is of little use, so a call is refused rather than cut below it.
const LEAST_ANSWER_TOKENS: i64 = 256;

/// A split into six lines rounds up by three nano-dollars at most.
const ROUNDING: Money = Money::from_nanos(3);

/// The bounds of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    bound: Bound,
    /// Of the other places that may serve it.
    others: Vec<Bound>,
    choices: i64,
    output_limit: i64,
    least_output: i64,
}

/// The most that a call can cost at one place: without its answer, and for a million tokens of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    input: Money,
    output_price: Money,
}

/// What of a call says how much it can cost.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    dialect: Dialect,
    body_bytes: usize,
    facts: &'a RequestFacts,
    batch: Option<&'a BatchWork>,
}

impl Bound {
    /// Of a call: its bytes, since a token is at least one.
    fn of(asked: Asked<'_>, price: &PriceTable) -> Self {
        let Asked { dialect, body_bytes, facts, batch } = asked;
        if let Some(work) = batch {
            return Self { input: of_batch(work, price), output_price: Money::ZERO };
        }
        let most_tokens = most_input_tokens(body_bytes).saturating_add(facts.file_tokens);
        let request = price.dearest_request(most_tokens, &facts.units);
        let input = at_most(price.dearest_input(most_tokens), most_tokens).saturating_add(request);
        // Embeddings say nothing, so no limit of them can be too long.
        let output_price = match dialect {
            Dialect::OpenAiEmbeddings => Money::ZERO,
            _ => price.dearest_output(most_tokens),
        };
        Self { input, output_price }
    }

    fn with(&self, output_tokens: i64) -> Money {
        self.input.saturating_add(at_most(self.output_price, output_tokens))
    }
}

impl Needs {
    /// Of a call at whichever of these prices it is served, with the limit that is sent upstream;
    /// none where there is no price.
    pub(super) fn of<'a>(
        clean: &Clean,
        prices: impl Iterator<Item = &'a PriceTable>,
        output_limit: i64,
    ) -> Option<Self> {
        let call = clean.call();
        let asked = Asked {
            dialect: call.surface.dialect(),
            body_bytes: call.body.len(),
            facts: clean.facts(),
            batch: call.batch.as_deref(),
        };
        Self::of_asked(asked, prices, output_limit)
    }

    fn of_asked<'a>(
        asked: Asked<'_>,
        prices: impl Iterator<Item = &'a PriceTable>,
        output_limit: i64,
    ) -> Option<Self> {
        let mut bounds = prices.map(|price| Bound::of(asked, price));
        let bound = bounds.next()?;
        let others = bounds.filter(|other| *other != bound).collect();
        let Asked { dialect, facts, batch, .. } = asked;
        if batch.is_some() {
            return Some(Self { others, ..Self::exactly(bound.input) });
        }
        if dialect == Dialect::OpenAiEmbeddings {
            let exactly = Self::exactly(bound.input);
            return Some(Self { others, output_limit, least_output: output_limit, ..exactly });
        }
        let thinking = facts.thinking_tokens;
        // A picture is there or not: it cannot be cut to what is left.
        let is_whole = matches!(dialect, Dialect::Relayed(_));
        let least_output = if is_whole {
            output_limit
        } else {
            output_limit.min(thinking.saturating_add(LEAST_ANSWER_TOKENS))
        };
        let choices = facts.choices.max(1);
        Some(Self { bound, others, choices, output_limit, least_output })
    }

    /// An amount that cannot be less.
    pub(super) const fn exactly(amount: Money) -> Self {
        Self {
            bound: Bound { input: amount, output_price: Money::ZERO },
            others: Vec::new(),
            choices: 1,
            output_limit: 0,
            least_output: 0,
        }
    }

    /// With an answer of this length.
    pub(super) fn with(&self, output_limit: i64) -> Money {
        let tokens = output_limit.saturating_mul(self.choices);
        let others = self.others.iter().map(|bound| bound.with(tokens));
        others.fold(self.bound.with(tokens), Money::max)
    }

    /// With the answer that was asked for.
    pub(super) fn most(&self) -> Money {
        self.with(self.output_limit)
    }

    /// With the shortest answer that is of use.
    pub(super) fn least(&self) -> Money {
        self.with(self.least_output)
    }

    pub(super) const fn output_limit(&self) -> i64 {
        self.output_limit
    }

    /// The longest answer that `available` pays for; none where it is too short to be of use.
    pub(super) fn longest_within(&self, available: Money) -> Option<i64> {
        if available >= self.most() {
            return Some(self.output_limit);
        }
        if available < self.least() {
            return None;
        }
        // Whole tokens are found by halving: exact, whatever is rounded where.
        let (mut fits, mut too_long) = (self.least_output, self.output_limit);
        while too_long - fits > 1 {
            let middle = fits + (too_long - fits) / 2;
            if self.with(middle) <= available { fits = middle } else { too_long = middle }
        }
        Some(fits)
    }
}

/// The most that the requests of a batch cost, whose tokens are rounded request by request.
fn of_batch(work: &BatchWork, price: &PriceTable) -> Money {
    let BatchPrice { input, output, request } = price.dearest_of_batch(work.longest_input_tokens);
    let each = |amount: Money| amount.per_million(work.requests.saturating_mul(1_000_000));
    let all = at_most(input, work.input_tokens).saturating_add(at_most(output, work.output_tokens));
    all.saturating_add(each(request)).saturating_add(each(ROUNDING + ROUNDING))
}

/// The most that so many tokens cost, however they are split into lines that are each rounded.
pub(super) fn at_most(price: Money, tokens: i64) -> Money {
    const NANOS_PER_MILLION: i64 = 1_000_000;
    let cost = price.per_million(tokens);
    if price.nanos() % NANOS_PER_MILLION == 0 { cost } else { cost.saturating_add(ROUNDING) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use shared::receipt::{TokenCounts, Units};

    use super::*;
    use crate::{
        kernel::config::{LongPromptPrice, Price, TierPrice},
        metering::cost_lines,
    };

    fn needs(input: i64, price: i64, choices: i64, output_limit: i64) -> Needs {
        Needs {
            bound: Bound {
                input: Money::from_nanos(input),
                output_price: Money::from_nanos(price),
            },
            others: Vec::new(),
            choices,
            output_limit,
            least_output: output_limit.min(LEAST_ANSWER_TOKENS),
        }
    }

    #[test]
    fn what_is_left_pays_for_as_many_whole_tokens_as_fit() {
        let needs = needs(1_000, 20_000_000_000, 1, 16_000);
        assert_eq!(
            needs.longest_within(Money::from_nanos(1_000 + 999 * 20_000 + 19_999)),
            Some(999)
        );
        assert_eq!(needs.longest_within(Money::from_nanos(1_000 + 255 * 20_000)), None);
        assert_eq!(needs.longest_within(Money::from_dollars(5)), Some(16_000));
    }

    #[test]
    fn a_batch_needs_what_all_of_its_requests_can_cost() {
        let price: Price =
            serde_json::from_str(r#"{"input": "1", "output": "5", "request": "0.01"}"#).unwrap();
        let mut work = BatchWork::default();
        work.add(1_000, 100);
        work.add(2_000, 200);
        let cost = of_batch(&work, &PriceTable::from(&price));
        // $0.003 of input, $0.0015 of output, $0.02 of requests, and what rounding may add.
        assert_eq!(cost.nanos(), 3_000_000 + 1_500_000 + 20_000_000 + 2 * 6);
    }

    fn money() -> impl Strategy<Value = Money> {
        (0..100_000_000_000_i64).prop_map(Money::from_nanos)
    }

    fn any_tier() -> impl Strategy<Value = TierPrice> {
        prop::array::uniform6(prop::option::of(money())).prop_map(
            |[input, cached_input, cache_write, output, reasoning, request]| TierPrice {
                input,
                cached_input,
                cache_write,
                output,
                reasoning,
                request,
                ..TierPrice::default()
            },
        )
    }

    fn any_price() -> impl Strategy<Value = Price> {
        let own = prop::array::uniform8(prop::option::of(money()));
        let tiers = (any_tier(), any_tier(), 1..300_000_i64);
        (money(), money(), money(), own, tiers).prop_map(|(input, output, unit, own, tiers)| {
            let [
                cached_input,
                cache_write,
                cache_write_1h,
                reasoning,
                audio_input,
                audio_output,
                image_input,
                image_output,
            ] = own;
            let (long, flex, input_tokens) = tiers;
            Price {
                input,
                output,
                cached_input,
                cache_write,
                cache_write_1h,
                reasoning,
                audio_input,
                audio_output,
                image_input,
                image_output,
                request: unit,
                image: unit,
                audio_hour: unit,
                characters: unit,
                search: unit,
                above: vec![LongPromptPrice { input_tokens, price: long }],
                service_tiers: [("flex".to_owned(), flex)].into(),
                ..Price::default()
            }
        })
    }

    /// So many tokens in parts of these weights.
    fn split<const N: usize>(tokens: i64, weights: [i64; N]) -> [i64; N] {
        let all: i64 = weights.iter().sum::<i64>().max(1);
        weights.map(|weight| tokens * weight / all)
    }

    proptest! {
        #[test]
        fn the_longest_answer_fits_and_one_token_more_does_not(
            input in 0..1_000_000_i64,
            price in 1..100_000_000_000_i64,
            choices in 1..8_i64,
            limit in 1..200_000_i64,
            available in 0..20_000_000_000_i64,
        ) {
            let needs = needs(input, price, choices, limit);
            let available = Money::from_nanos(available);
            if let Some(longest) = needs.longest_within(available) {
                prop_assert!(needs.with(longest) <= available);
                prop_assert!(longest == limit || needs.with(longest + 1) > available);
            } else {
                prop_assert!(needs.least() > available);
            }
        }

        #[test]
        fn whichever_place_serves_a_call_what_was_set_aside_covers_the_bill(
            prices in prop::collection::vec(any_price(), 1..5),
            served_by in any::<prop::sample::Index>(),
            body_bytes in 0..400_000_usize,
            (choices, limit) in (1..4_i64, 0..100_000_i64),
            units in prop::array::uniform4(0..50_i64),
            (prompt, answer) in (prop::array::uniform6(0..100_i64), prop::array::uniform4(0..100_i64)),
            (prompt_share, answer_share) in (0..=100_i64, 0..=100_i64),
            is_in_tier in any::<bool>(),
        ) {
            let facts = RequestFacts::read(Dialect::OpenAiChat, br#"{"model":"m","messages":[]}"#);
            let [images, audio_seconds, characters, searches] = units;
            let units = Units { images, audio_seconds, characters, searches };
            let mut facts = facts.unwrap();
            (facts.choices, facts.units) = (choices, units);
            let dialect = Dialect::OpenAiChat;
            let asked = Asked { dialect, body_bytes, facts: &facts, batch: None };
            let tables: Vec<_> = prices.iter().map(PriceTable::from).collect();
            let needs = Needs::of_asked(asked, tables.iter(), limit).unwrap();
            let [input, cached_input, cache_write, cache_write_1h, audio_input, image_input] =
                split(most_input_tokens(body_bytes) * prompt_share / 100, prompt);
            let [output, reasoning, audio_output, image_output] =
                split(limit * choices * answer_share / 100, answer);
            let tokens = TokenCounts {
                input, cached_input, cache_write, cache_write_1h, audio_input, image_input,
                output, reasoning, audio_output, image_output,
            };
            let table = served_by.get(&tables);
            let rates = table.rates(&tokens, is_in_tier.then_some("flex"));
            let bill: Money = cost_lines(&tokens, &units, rates).iter().map(|line| line.cost).sum();
            prop_assert!(bill <= needs.most(), "{bill} of {}", needs.most());
            prop_assert!(tables.iter().any(|table| {
                Needs::of_asked(asked, std::iter::once(table), limit).unwrap().most() == needs.most()
            }), "no more than the dearest of them");
        }

        #[test]
        fn no_split_of_tokens_into_lines_costs_more_than_was_bounded(
            price in 0..100_000_000_000_i64,
            parts in prop::array::uniform6(0..100_000_i64),
        ) {
            let price = Money::from_nanos(price);
            let cost: Money = parts.iter().map(|part| price.per_million(*part)).sum();
            prop_assert!(cost <= at_most(price, parts.iter().sum()));
        }
    }
}
