//! What strangers may put in the place of a source: no reader panics, and none takes a part.

use std::fmt::Write;

use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;
use shared::Money;

use super::*;
use crate::kernel::config::ProviderKind;

type Reader = fn(&[u8]) -> Result<Reading, Unreadable>;

const READERS: [(&str, Reader); 3] =
    [("litellm", litellm), ("models_dev", models_dev), ("openrouter", openrouter)];

/// Every reader of a price source, and every reader of a list, by name.
fn refusals(body: &[u8]) -> Vec<(String, Option<Unreadable>)> {
    let sources = READERS.iter().map(|(name, read)| ((*name).to_owned(), read(body).err()));
    let lists = ProviderKind::all().filter_map(|kind| {
        let page = model_list(kind, "p", body)?;
        Some((kind.name().to_owned(), page.err()))
    });
    sources.chain(lists).collect()
}

#[rstest]
#[case::a_page(b"<!DOCTYPE html><html><body>Sign in</body></html>")]
#[case::nothing(b"")]
#[case::blanks(b"  \r\n\t ")]
#[case::no_text(b"\xff\xfe\x00{\x00}")]
#[case::cut(b"{\"data\": [{\"id\": \"a\"}")]
#[case::a_number(b"1e308")]
#[case::a_text(b"\"data\"")]
#[case::a_bad_number(b"{\"data\": NaN}")]
#[case::an_error(b"{\"error\": {\"message\": \"slow down\"}}")]
#[case::other_types(b"{\"data\": 3, \"models\": \"x\", \"results\": {}, \"result\": null}")]
#[case::key_twice(b"{\"data\": [], \"data\": [{\"id\": \"a\"}], \"models\": [], \"models\": []}")]
#[case::two(b"{} {}")]
fn what_is_no_source_is_refused_by_every_reader(#[case] body: &[u8]) {
    for (name, refusal) in refusals(body) {
        assert!(refusal.is_some(), "{name}");
    }
}

#[test]
fn a_source_that_is_too_large_is_refused_before_it_is_read() {
    let body = vec![b'['; LARGEST_DOCUMENT_BYTES + 1];
    for (name, refusal) in refusals(&body) {
        assert!(matches!(refusal, Some(Unreadable::TooLarge(_))), "{name}");
    }
}

#[test]
fn millions_of_entries_are_refused() {
    let mut map = String::from("{");
    for at in 0..300_000 {
        write!(map, "\"m{at}\":{{}},").unwrap();
    }
    map.push_str("\"z\":{}}");
    assert!(litellm(map.as_bytes()).is_err());
    let list = format!("{{\"data\":[{}{{}}]}}", "{},".repeat(1_000_000));
    assert!(openrouter(list.as_bytes()).is_err());
}

#[test]
fn depth_breaks_nothing() {
    let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
    let map = format!(r#"{{"m": {{"litellm_provider": "openai", "mode": {deep}}}}}"#);
    assert_eq!(litellm(map.as_bytes()), Err(Unreadable::NoModels));
    let list = format!(r#"{{"data": [{{"id": "m", "pricing": {deep}, "architecture": {deep}}}]}}"#);
    assert_eq!(openrouter(list.as_bytes()), Err(Unreadable::NoModels));
    let deep = format!("{}{}", r#"{"openai":"#.repeat(500_000), "}".repeat(500_000));
    assert!(models_dev(deep.as_bytes()).is_err());
}

#[test]
fn names_that_nobody_can_read_are_left_out_and_told_escaped() {
    let name = "evil\u{1b}[31m\n\u{0}";
    let long = "m".repeat(256);
    let list = json!({"data": [
        {"id": name, "context_length": 8}, {"id": long, "context_length": 8},
        {"id": "", "context_length": 8}, {"id": 7}, "text", null,
        {"id": "good", "context_length": 8},
    ]});
    let reading = openrouter(list.to_string().as_bytes()).unwrap();
    let names: Vec<_> = reading.snapshot.all().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["good"]);
    assert_eq!(reading.remarks.count(), 6);
    for remark in reading.remarks.kept() {
        assert!(!remark.chars().any(char::is_control), "{remark:?}");
        assert!(remark.len() < 400, "{remark}");
    }
}

#[test]
fn where_most_entries_are_bad_the_rest_is_not_believed() {
    let entry = json!({"id": "good", "context_length": 8});
    let mut data = vec![json!(null); 8];
    data.push(entry);
    let list = json!({ "data": data }).to_string();
    let refusal = openrouter(list.as_bytes()).unwrap_err();
    assert!(matches!(refusal, Unreadable::Mostly { bad: 8, all: 9, .. }), "{refusal}");
}

#[test]
fn remarks_are_counted_and_only_some_are_kept() {
    let bad = |at| json!({"id": format!("m{at}"), "context_length": -1, "supported_parameters": ["tools"]});
    let list = json!({"data": (0..500).map(bad).collect::<Vec<_>>()}).to_string();
    let reading = openrouter(list.as_bytes()).unwrap();
    assert_eq!((reading.remarks.count(), reading.remarks.kept().len()), (500, 100));
}

#[test]
fn the_real_samples_cut_anywhere_are_refused_whole() {
    let samples: [(&[u8], Reader); 3] = [
        (include_bytes!("samples/litellm.json"), litellm),
        (include_bytes!("samples/models_dev.json"), models_dev),
        (include_bytes!("samples/openrouter.json"), openrouter),
    ];
    for (body, read) in samples {
        let end = body.trim_ascii_end().len();
        for length in (0..end).step_by(97) {
            assert!(read(&body[..length]).is_err());
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_break_a_reader(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        refusals(&body);
    }

    #[test]
    fn whatever_stands_in_the_place_of_a_price_none_is_below_zero_or_half_told(
        values in proptest::collection::vec(
            prop_oneof![
                Just("null".to_owned()), Just("-1".to_owned()), Just("1e308".to_owned()),
                Just("\"NaN\"".to_owned()), Just("{}".to_owned()), Just("0".to_owned()),
                (0_u32..9_999).prop_map(|digits| format!("{digits}e-7")),
            ],
            4,
        )
    ) {
        let [input, output, cached, write] = &values[..] else { return Ok(()) };
        let map = format!(
            r#"{{"m": {{"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 9,
                "input_cost_per_token": {input}, "output_cost_per_token": {output},
                "cache_read_input_token_cost": {cached},
                "cache_creation_input_token_cost": {write}}}}}"#
        );
        let reading = litellm(map.as_bytes()).unwrap();
        let known = reading.snapshot.find(&Place::kind("openai"), "m").unwrap();
        if let Some(price) = &known.price {
            prop_assert!(price.negative_rate().is_none());
            prop_assert!(price.input > Money::ZERO && price.output > Money::ZERO);
            prop_assert_eq!(price.cached_input.is_some(), cached != "null");
            prop_assert_eq!(price.cache_write.is_some(), write != "null");
        }
    }
}
