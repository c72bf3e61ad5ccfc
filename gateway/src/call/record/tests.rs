mod bytes;

use serde::de::IgnoredAny;
use shared::{
    Id,
    receipt::{Stage, VerdictKind},
};

use super::*;

fn finish() -> Finish {
    Finish {
        request_id: Id::from_uuid(Uuid::from_u128(7)),
        started_at: Timestamp::from_micros(1_800_000_000_000_000),
        duration_micros: 1_234,
        surface: "openai_chat".into(),
        outcome: Outcome::UpstreamFailed,
        status: 502,
        problem: Some(ProblemCode::UpstreamFailed),
        user: Some(Id::from_uuid(Uuid::from_u128(1))),
        team: None,
        key: Some(Id::from_uuid(Uuid::from_u128(2))),
        model: "größtes \u{1F600} model".to_owned(),
        asked_model: Some("größtes".to_owned()),
        provider: Some("openai".to_owned()),
        upstream_model: None,
        tokens: TokenCounts { input: 10, output: i64::MAX, ..TokenCounts::default() },
        lines: vec![CostLine {
            class: TokenClass::CacheWrite,
            tokens: 10,
            price: Money::from_nanos(2_500_000_000),
            cost: Money::from_nanos(-25),
        }],
        cost: Money::from_nanos(-25),
        is_estimated: true,
        is_priced: false,
        price_version: None,
        service_tier: None,
        raw_usage: Some("{\"prompt_tokens\": 10}".to_owned()),
        charges: vec![Charge {
            budget: Id::from_uuid(Uuid::from_u128(3)),
            window_start: Timestamp::from_micros(5),
            is_leased: true,
        }],
        verdicts: Verdicts(vec![Verdict {
            stage: Stage::Auth,
            kind: VerdictKind::Passed,
            summary: "key …7f3a of \"Ada\"\n".to_owned(),
            took_micros: 3,
        }]),
    }
}

/// Every field, in a form that can be compared.
fn json(finish: &Finish) -> serde_json::Value {
    serde_json::to_value(finish).unwrap()
}

#[test]
fn a_finish_is_read_as_it_was_written() {
    let written = finish();
    let bytes = Record::Finish(&written).to_bytes();
    let Recorded::Finish(read) = Recorded::<IgnoredAny, Verdicts>::from_bytes(&bytes).unwrap()
    else {
        panic!("it is a finish")
    };
    assert_eq!(json(&read), json(&written));
}

#[test]
fn an_intent_is_read_whole_or_for_its_call_alone() {
    let so_far = finish();
    let bytes = Record::Intent { so_far: &so_far, worst_case: Money::from_nanos(9) }.to_bytes();
    let whole = Recorded::<Finish, IgnoredAny>::from_bytes(&bytes).unwrap();
    let Recorded::Intent { so_far: read, worst_case } = whole else { panic!("it is an intent") };
    assert_eq!((json(&read), worst_case.nanos()), (json(&so_far), 9));
    let Recorded::Intent { so_far: call, .. } =
        Recorded::<CallId, IgnoredAny>::from_bytes(&bytes).unwrap()
    else {
        panic!("it is an intent")
    };
    assert_eq!(call.request_id, so_far.request_id);
}

#[test]
fn whose_an_intent_is_stands_where_it_is_looked_for() {
    let so_far = finish();
    let intent = Record::Intent { so_far: &so_far, worst_case: Money::ZERO }.to_bytes();
    let call = CallId::of_intent(&intent).unwrap();
    assert_eq!(call.request_id, so_far.request_id);
    assert!(CallId::of_intent(&Record::Finish(&so_far).to_bytes()).is_none());
    assert!(CallId::of_intent(&intent[..40]).is_none());
}

#[test]
fn the_verdicts_are_the_json_of_the_ledger_as_it_is() {
    let written = finish();
    let bytes = Record::Finish(&written).to_bytes();
    let Recorded::Finish(read) = Recorded::<IgnoredAny, String>::from_bytes(&bytes).unwrap() else {
        panic!("it is a finish")
    };
    assert_eq!(read.verdicts, serde_json::to_string(&written.verdicts.0).unwrap());
}

/// A record of a gateway that knows more of a call than this one.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Newer<'a> {
    Finish {
        added_before: (u8, Option<&'a str>),
        #[serde(flatten)]
        finish: &'a Finish,
        added_later: [u8; 3],
    },
}

#[test]
fn a_field_that_a_newer_gateway_added_is_passed_over() {
    let finish = finish();
    let newer =
        Newer::Finish { added_before: (1, Some("x")), finish: &finish, added_later: [1, 2, 3] };
    let bytes = rmp_serde::to_vec_named(&newer).unwrap();
    let Recorded::Finish(read) = Recorded::<IgnoredAny, Verdicts>::from_bytes(&bytes).unwrap()
    else {
        panic!("it is a finish")
    };
    assert_eq!(json(&read), json(&finish));
}

#[test]
fn records_from_before_the_first_release_are_still_read() {
    let mut record = serde_json::json!({ "finish": finish() });
    record["finish"]["verdicts"] = serde_json::to_value(&finish().verdicts.0).unwrap();
    let bytes = serde_json::to_vec(&record).unwrap();
    let Recorded::Finish(read) = Recorded::<CallId, Verdicts>::from_bytes(&bytes).unwrap() else {
        panic!("it is a finish")
    };
    assert_eq!(json(&read), json(&finish()));
    let intent = serde_json::json!({
        "intent": { "so_far": record["finish"], "worst_case": "1.5" }
    });
    let bytes = serde_json::to_vec(&intent).unwrap();
    let Recorded::Intent { so_far, worst_case } =
        Recorded::<Finish, IgnoredAny>::from_bytes(&bytes).unwrap()
    else {
        panic!("it is an intent")
    };
    assert_eq!((json(&so_far), worst_case), (json(&finish()), Money::from_nanos(1_500_000_000)));
}

#[test]
fn what_is_no_record_is_refused() {
    for bytes in [&b"{"[..], b"{}", b"\x81", b"\x00", b"\xff\xff"] {
        assert!(Recorded::<CallId, String>::from_bytes(bytes).is_err(), "{bytes:?}");
    }
}
