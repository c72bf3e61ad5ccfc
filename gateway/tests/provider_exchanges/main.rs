//! Every provider, through the whole engine, against exchanges in its own words.
//!
//! `recorded` has a file for each: how it is configured, and what it answers to a call, to a stream and
//! where it fails, as its vendor's documentation or SDK shows it. Told by the client's answer, by the record
//! of the call and by what reached the provider: address, credential, body, token classes, error.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by ending")]

mod exchange;
mod frames;
mod house;
mod replay;

use std::collections::BTreeSet;

use gateway::{
    kernel::config::{CredentialNeed, Provider, ProviderKind},
    providers::address_of,
};

use self::{
    exchange::{Asks, CASES, Outcome},
    house::{Answered, House},
};

/// What answers from inside the gateway, and what others here speak for: it is the same API.
const SPOKEN_FOR: [&str; 1] = ["demo"];

#[test]
fn every_kind_has_recorded_exchanges_with_a_call_a_stream_and_a_failure() {
    let mut kinds = BTreeSet::new();
    for case in CASES.iter() {
        kinds.insert(case.kind());
        assert!(case.source.starts_with("http"), "{}: where is it from?", case.name);
        let has = |asks: fn(&Asks) -> bool| case.calls.iter().any(|call| asks(&call.asks));
        let streams = has(|asks| *asks == Asks::Stream || *asks == Asks::MessagesStream);
        let has_no_stream = has(|asks| matches!(asks, Asks::Embeddings | Asks::Rerank));
        assert!(streams || has_no_stream, "{}: there is no stream", case.name);
        let fails = case.calls.iter().any(|call| matches!(call.outcome, Outcome::Failure { .. }));
        assert!(fails, "{}: there is no failure", case.name);
        assert!(case.calls.len() >= 3, "{}: there are too few calls", case.name);
    }
    let missing: Vec<&str> = ProviderKind::all()
        .map(ProviderKind::name)
        .filter(|kind| !kinds.contains(*kind) && !SPOKEN_FOR.contains(kind))
        .collect();
    assert!(missing.is_empty(), "no exchange is recorded of {missing:?}");
}

#[test]
fn a_provider_that_is_configured_by_its_key_alone_is_at_its_vendors_address() {
    for case in CASES.iter() {
        let kind = ProviderKind::try_from(case.kind().to_owned()).unwrap();
        let told =
            address_of(&Provider { aws: case.aws(), google: case.google(), ..Provider::new(kind) });
        let told = told.map(|url| url.as_str().trim_end_matches('/').to_owned());
        let written =
            case.address.as_deref().map(|address| address.trim_end_matches('/').to_owned());
        assert_eq!(told, written, "{}", case.name);
        let wants_key =
            kind.preset().is_none_or(|preset| preset.credential == CredentialNeed::Required);
        let shows = case.calls.iter().all(|call| call.shows.is_some());
        assert!(shows || !wants_key || case.kind() == "ollama", "{}: no credential", case.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_provider_is_asked_answers_and_fails_as_it_is_recorded() {
    let house = House::open().await;
    let mut wrong = Vec::new();
    let mut done = Vec::new();
    for case in CASES.iter() {
        for (number, call) in case.calls.iter().enumerate() {
            let answered = house.ask(case, call).await;
            let place = format!("{}, call {}", case.name, number + 1);
            wrong.extend(
                answered.wrong(case, call).into_iter().map(|what| format!("{place}: {what}")),
            );
            done.push((place, call, answered));
        }
    }
    let records = house.close().await;
    for (place, call, Answered { request_id, .. }) in &done {
        let Some(record) = records.get(request_id) else {
            wrong.push(format!("{place}: there is no record"));
            continue;
        };
        wrong.extend(call.wrong_record(record).into_iter().map(|what| format!("{place}: {what}")));
    }
    assert!(wrong.is_empty(), "{} of {} calls:\n{}", wrong.len(), done.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prediction_that_nobody_waits_for_is_canceled() {
    let house = House::open().await;
    let case = CASES.iter().find(|case| case.name == "replicate").unwrap();
    let call = case.calls.iter().find(|call| call.asks == Asks::Stream).unwrap();
    let canceled = "POST /v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel";
    house.ask_and_leave(case, call, canceled).await;
    house.close().await;
}
