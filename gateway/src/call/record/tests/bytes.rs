//! What is written field by field is what serde writes.

use proptest::{collection::vec, option, prelude::*, sample::select};
use shared::{
    id::Kind,
    receipt::{Stage, VerdictKind},
};

use super::*;

const OUTCOMES: [Outcome; 5] = [
    Outcome::Finished,
    Outcome::Refused,
    Outcome::UpstreamFailed,
    Outcome::ClientGone,
    Outcome::Interrupted,
];
const KINDS: [VerdictKind; 5] = [
    VerdictKind::Passed,
    VerdictKind::Warned,
    VerdictKind::Refused,
    VerdictKind::NotConfigured,
    VerdictKind::NotReached,
];
const CLASSES: [TokenClass; 16] = [
    TokenClass::Input,
    TokenClass::CachedInput,
    TokenClass::CacheWrite,
    TokenClass::CacheWrite1h,
    TokenClass::AudioInput,
    TokenClass::ImageInput,
    TokenClass::Output,
    TokenClass::Reasoning,
    TokenClass::AudioOutput,
    TokenClass::ImageOutput,
    TokenClass::Images,
    TokenClass::AudioSeconds,
    TokenClass::Characters,
    TokenClass::Searches,
    TokenClass::Request,
    TokenClass::Reserved,
];

/// Numbers of every length, and those at which lengths change.
fn number() -> BoxedStrategy<i64> {
    let near_a_power =
        (0_u32..64, -1_i64..=1).prop_map(|(bit, by)| (1_i64 << bit).wrapping_add(by));
    prop_oneof![any::<i64>(), near_a_power.clone(), near_a_power.prop_map(i64::wrapping_neg)]
        .boxed()
}

/// Texts of every length that changes their header, with everything that JSON escapes.
fn text() -> BoxedStrategy<String> {
    let characters = prop_oneof![any::<char>(), (0_u8..0x80).prop_map(char::from)];
    let lengths = prop_oneof![0_usize..40, 250_usize..260];
    let few = lengths.prop_flat_map(move |length| vec(characters.clone(), length));
    let many = select(vec![65_535_usize, 65_536]).prop_map(|length| vec!['x'; length]);
    prop_oneof![20 => few, 1 => many]
        .prop_map(|characters| characters.into_iter().collect())
        .boxed()
}

fn id<K: Kind>() -> BoxedStrategy<Id<K>> {
    any::<u128>().prop_map(|number| Id::from_uuid(Uuid::from_u128(number))).boxed()
}

fn money() -> impl Strategy<Value = Money> {
    number().prop_map(Money::from_nanos)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    number().prop_map(Timestamp::from_micros)
}

prop_compose! {
    fn tokens()(counts in [(); 10].map(|()| number())) -> TokenCounts {
        let [input, cached_input, cache_write, cache_write_1h, output, ..] = counts;
        let [.., reasoning, audio_input, audio_output, image_input, image_output] = counts;
        TokenCounts {
            input, cached_input, cache_write, cache_write_1h, output,
            reasoning, audio_input, audio_output, image_input, image_output,
        }
    }
}

prop_compose! {
    fn line()(
        class in select(&CLASSES[..]), tokens in number(), price in money(), cost in money(),
    ) -> CostLine {
        CostLine { class, tokens, price, cost }
    }
}

prop_compose! {
    fn charge()(
        budget in id(), window_start in instant(), is_leased: bool,
    ) -> Charge {
        Charge { budget, window_start, is_leased }
    }
}

prop_compose! {
    fn verdict()(
        stage in select(&Stage::ALL[..]), kind in select(&KINDS[..]),
        summary in text(), took_micros in number(),
    ) -> Verdict {
        Verdict { stage, kind, summary, took_micros }
    }
}

prop_compose! {
    fn any_finish()(
        (request_id, user, team, key) in (id(), option::of(id()), option::of(id()), option::of(id())),
        (surface, model) in (text(), text()),
        texts in [(); 6].map(|()| option::of(text())),
        outcome in select(&OUTCOMES[..]),
        status: u16,
        problem in option::of(select(ProblemCode::ALL)),
        (started_at, duration_micros, cost) in (instant(), number(), money()),
        (is_estimated, is_priced) in any::<(bool, bool)>(),
        tokens in tokens().boxed(),
        lines in vec(line().boxed(), 0..20),
        charges in vec(charge().boxed(), 0..6),
        verdicts in vec(verdict().boxed(), 0..9),
    ) -> Finish {
        let [asked_model, provider, upstream_model, price_version, service_tier, raw_usage] = texts;
        Finish {
            request_id, started_at, duration_micros, surface: surface.into(), outcome, status,
            problem, user, team, key, model, asked_model, provider, upstream_model, tokens, lines, cost,
            is_estimated, is_priced, price_version, service_tier, raw_usage, charges,
            verdicts: Verdicts(verdicts),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_record_is_the_bytes_that_serde_writes(finish in any_finish(), worst_case in money()) {
        for record in [Record::Finish(&finish), Record::Intent { so_far: &finish, worst_case }] {
            prop_assert_eq!(record.to_bytes(), rmp_serde::to_vec_named(&record).unwrap());
        }
    }
}

#[test]
fn lists_of_every_length_are_the_bytes_that_serde_writes() {
    for length in [15, 16, 65_535, 65_536] {
        let one = Charge {
            budget: Id::from_uuid(Uuid::nil()),
            window_start: Timestamp::from_micros(0),
            is_leased: false,
        };
        let finish = Finish { charges: vec![one; length], ..finish() };
        let record = Record::Finish(&finish);
        assert_eq!(record.to_bytes(), rmp_serde::to_vec_named(&record).unwrap(), "{length}");
    }
}
