//! The canonical form, which must never change: whoever has noted a hash must find it again.

use proptest::prelude::*;

use super::{
    super::chain::{Place, hexadecimal},
    *,
};

fn change() -> AuditRow {
    AuditRow {
        id: Uuid::from_u128(1),
        at: 1_790_000_000_000_000,
        actor: "user_2".to_owned(),
        subject: None,
        action: "key.create".to_owned(),
        resource: "key_3".to_owned(),
        before_change: None,
        after_change: r#"{"name":"größe \"✓\" 🧬"}"#.to_owned(),
        ip: Some("2001:db8::7".to_owned()),
        user_agent: Some("tab\t line\n bell\u{7} slash/ delete\u{7f}".to_owned()),
        request_id: Some(String::new()),
        node_id: Some(Uuid::from_u128(4)),
        audit_sequence: Some(1),
        audit_hash: None,
    }
}

fn call() -> CallRow {
    CallRow {
        id: Uuid::from_u128(5),
        node_id: Uuid::from_u128(4),
        started_at: 1_790_000_000_000_001,
        duration_micros: 2,
        surface: "openai_chat".to_owned(),
        outcome: "finished".to_owned(),
        status: 200,
        problem_code: None,
        user_id: Some(Uuid::from_u128(6)),
        team_id: Some(Uuid::from_u128(7)),
        key_id: None,
        model: "m".to_owned(),
        provider: Some("p".to_owned()),
        upstream_model: None,
        input_tokens: 8,
        cached_input_tokens: 9,
        cache_write_tokens: 10,
        cache_write_1h_tokens: 11,
        output_tokens: 12,
        reasoning_tokens: 13,
        audio_input_tokens: 14,
        audio_output_tokens: 15,
        image_input_tokens: 16,
        image_output_tokens: 17,
        cost_nanos: i64::MAX,
        is_estimated: 0,
        is_priced: 1,
        price_version: Some("v".to_owned()),
        service_tier: None,
        asked_model: None,
        raw_usage: Some(r#"{ "b": 1, "a": 2 }"#.to_owned()),
        verdicts: "[]".to_owned(),
        audit_sequence: Some(1),
        audit_hash: None,
    }
}

fn line(class: &'static str) -> CostLineRow {
    CostLineRow {
        call_id: Uuid::from_u128(5),
        token_class: class.into(),
        tokens: 18,
        price_nanos: 19,
        cost_nanos: -20,
    }
}

/// The hash and the bytes that it covers behind the hash before.
fn told(place: Place, form: &mut Form) -> (Place, String) {
    let next = place.next(form);
    (next, format!("{}\n{}", hexadecimal(&next.hash), form.members()))
}

#[test]
fn the_form_and_the_hashes_are_as_ever() {
    let mut form = Form::default();
    let node = Uuid::from_u128(4);
    let (first, change) = told(Place::START, change_form(&mut form, &change(), node, 1));
    let lines = [line("output"), line("input")];
    let (_, call) = told(first, call_form(&mut form, &call(), &lines, 2));
    insta::assert_snapshot!(format!("{change}\n{call}"));
}

#[test]
fn the_order_in_which_cost_lines_are_read_changes_nothing() {
    let lines = [line("output"), line("input"), line("cached_input")];
    let mut turned = lines.clone();
    turned.reverse();
    let hash = |lines: &[_]| Place::START.next(call_form(&mut Form::default(), &call(), lines, 1));
    assert_eq!(hash(&lines), hash(&turned));
}

proptest! {
    /// Text that moves from one column into the next makes another link: no two rows share one.
    #[test]
    fn different_rows_have_different_forms(
        (actor, resource) in (".{0,12}", ".{0,12}"),
        (other_actor, other_resource) in (".{0,12}", ".{0,12}"),
    ) {
        let of = |actor: &str, resource: &str| {
            let row = AuditRow { actor: actor.into(), resource: resource.into(), ..change() };
            Place::START.next(change_form(&mut Form::default(), &row, Uuid::from_u128(4), 1))
        };
        let is_same = (&actor, &resource) == (&other_actor, &other_resource);
        prop_assert_eq!(of(&actor, &resource) == of(&other_actor, &other_resource), is_same);
    }
}
