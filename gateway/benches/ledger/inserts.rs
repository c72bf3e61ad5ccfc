//! How long the ledger's writer takes for a call: from the journal into the database.

use std::time::Instant;

use gateway::{
    call::{CostLine, Finish, Record, TokenClass, Verdicts},
    journal::{Journal, JournalOptions},
    kernel::{Clock, Ids, config::JournalPlace},
    proxy::ledger::recover,
    storage::Database,
};
use shared::{
    Id, Money,
    id::{Node, Request},
    receipt::{Outcome, Stage, TokenCounts, Verdict, VerdictKind},
};
use uuid::Uuid;

use crate::fill::KEYS;

const CALLS: i64 = 20_000;
const ROUNDS: usize = 5;

/// The median over rounds, each by a node of its own.
pub(crate) async fn micros_per_call(database: &Database) -> anyhow::Result<f64> {
    let (clock, ids) = (Clock::system(), Ids::random());
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let directory = tempfile::tempdir()?;
        let (journal, _) = Journal::open(directory.path(), JournalOptions::default())?;
        for number in 0..CALLS {
            let finish = finish(&clock, &ids, number);
            journal.append(&Record::Finish(&finish).to_bytes())?;
        }
        let node = ids.next::<Node>(clock.now());
        let began = Instant::now();
        drop(recover(database.clone(), journal, node, JournalPlace::Files).await?);
        rounds.push(began.elapsed().as_secs_f64() * 1e6 / f64::from(i32::try_from(CALLS)?));
    }
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 2])
}

fn finish(clock: &Clock, ids: &Ids, number: i64) -> Finish {
    let now = clock.now();
    let key = u128::from((number * 7_919 % KEYS).unsigned_abs());
    let line = |class, tokens| CostLine {
        class,
        tokens,
        price: Money::from_nanos(1_000_000_000),
        cost: Money::from_nanos(tokens * 1_000),
    };
    let verdict = Verdict {
        stage: Stage::Route,
        kind: VerdictKind::Passed,
        summary: "the first of its backends".to_owned(),
        took_micros: 12,
    };
    Finish {
        request_id: ids.next::<Request>(now),
        started_at: now,
        duration_micros: 400_000,
        surface: "openai_chat".into(),
        outcome: Outcome::Finished,
        status: 200,
        problem: None,
        user: Some(Id::from_uuid(Uuid::from_u128(key / 2))),
        team: Some(Id::from_uuid(Uuid::from_u128(key % 20))),
        key: Some(Id::from_uuid(Uuid::from_u128(key))),
        model: format!("model-{}", key % 6),
        asked_model: None,
        provider: Some(format!("provider-{}", key % 3)),
        upstream_model: None,
        tokens: TokenCounts { input: 800, output: 200, ..TokenCounts::default() },
        lines: vec![line(TokenClass::Input, 800), line(TokenClass::Output, 200)],
        cost: Money::from_nanos(1_000_000),
        is_estimated: false,
        is_priced: true,
        price_version: Some("price_1".to_owned()),
        service_tier: None,
        raw_usage: None,
        charges: Vec::new(),
        verdicts: Verdicts(vec![verdict; 8]),
    }
}
