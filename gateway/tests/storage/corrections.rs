//! The cases of corrections: what was recorded stays, what is booked later adds up with it.

use std::{collections::BTreeMap, sync::Arc};

use gateway::{
    audit::{Audit, AuditFilter, search},
    budgets::Budgets,
    call::{CostLine, EventSender, TokenClass},
    catalog::{Catalog, LiveCatalog},
    finance::{Corrections, PriceChange, RerateFilter},
    kernel::{Clock, Ids, config::Config, instant},
    storage::{
        Database,
        tables::{
            billing_state,
            budget_windows::{self, Settlement, WindowKey},
            calls::{self, CallRow, CostLineRow},
            correction_lines,
            spend::{self, Amounts, Cut, Dimensions},
        },
    },
};
use serde_json::json;
use shared::{Id, Money, ProblemCode, Timestamp, id::Node};
use uuid::Uuid;

use crate::contract::call;

/// 2026-09-21T14:13:20Z.
const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
/// 2026-10-01T00:00:00Z.
const OCTOBER: i64 = 1_790_812_800_000_000;
const HOUR: i64 = 3_600_000_000;
const CALLS: i64 = 7;
const TOKENS: i64 = 1_000;
/// What each call has cost: a thousand tokens at a dollar per million.
const COST: i64 = 1_000_000;

struct Books {
    database: Database,
    audit: Audit,
    ids: Ids,
    calls: Vec<CallRow>,
}

impl Books {
    /// Calls at a dollar per million prompt tokens, two seconds apart, as the ledger writes them,
    /// and a refused one.
    async fn new(database: Database) -> Self {
        let ids = Ids::seeded(5);
        let node = Id::<Node>::from_uuid(Uuid::from_u128(7));
        let audit = Audit::open(&database, node, Clock::manual(NOW), Ids::seeded(6)).await.unwrap();
        let mut calls: Vec<_> = (0..CALLS).map(|n| used(&ids, NOW.plus_seconds(n * 2))).collect();
        let mut tx = database.begin().await.unwrap();
        for call in &calls {
            let at = dimensions(call, call.started_at);
            let amounts = Amounts { calls: 1, tokens: TOKENS, cost_nanos: COST, unpriced_calls: 0 };
            spend::add_all(&mut tx, &BTreeMap::from([(at, amounts)])).await.unwrap();
        }
        let lines: Vec<_> = calls.iter().map(line).collect();
        calls.push(CallRow { provider: None, cost_nanos: 0, ..used(&ids, NOW.plus_seconds(50)) });
        calls::add_all(&mut tx, calls.clone().into_iter()).await.unwrap();
        calls::add_cost_lines(&mut tx, lines.into_iter()).await.unwrap();
        budget_windows::begin(&mut tx, instance_window(&database).await).await.unwrap();
        tx.commit().await.unwrap();
        let books = Self { database, audit, ids, calls };
        books.spend(CALLS * COST).await;
        books
    }

    async fn spend(&self, nanos: i64) {
        let window = instance_window(&self.database).await;
        let mut tx = self.database.begin().await.unwrap();
        let settlement = Settlement { free_nanos: nanos, leased_nanos: 0 };
        budget_windows::settle(&mut tx, Uuid::from_u128(7), window, settlement).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn corrections(&self, price: &str) -> Corrections {
        self.corrections_of(&config(Some(price)))
    }

    fn corrections_of(&self, config: &Config) -> Corrections {
        let clock = Clock::manual(NOW.plus_seconds(3_000));
        Corrections::new(
            config,
            Arc::new(LiveCatalog::new(Catalog::from_config(config))),
            self.database.clone(),
            self.audit.clone(),
            clock,
            self.ids.clone(),
        )
    }

    async fn rolled_up(&self, from: i64, until: i64) -> (i64, i64, i64, i64) {
        let cut = Cut { from, until, ..Cut::default() };
        let mut snapshot = self.database.snapshot().await.unwrap();
        let rows = spend::by_model(&mut snapshot, &cut).await.unwrap();
        let sum = |of: fn(&spend::SumRow<String>) -> i64| rows.iter().map(of).sum();
        (
            sum(|row| row.calls),
            sum(|row| row.tokens),
            sum(|row| row.cost_nanos),
            sum(|row| row.unpriced_calls),
        )
    }

    /// The cost of all lines, and how many of them are corrections.
    async fn lines(&self) -> (i64, usize) {
        let ids: Vec<_> = self.calls.iter().map(|call| call.id).collect();
        let usage = calls::cost_lines_of(&self.database, &ids).await.unwrap();
        let corrections = correction_lines::of_calls(&self.database, &ids).await.unwrap();
        let usage: i64 = usage.iter().map(|line| line.cost_nanos).sum();
        let corrected: i64 = corrections.iter().map(|line| line.cost_nanos).sum();
        (usage + corrected, corrections.len())
    }

    async fn spent(&self) -> i64 {
        instance_status(&self.database).await.spent.nanos()
    }

    async fn told(&self, action: &str) -> usize {
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
        search(&self.database, &filter, 50).await.unwrap().changes.len()
    }
}

fn used(ids: &Ids, at: Timestamp) -> CallRow {
    CallRow {
        model: "m".to_owned(),
        input_tokens: TOKENS,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 0,
        reasoning_tokens: 0,
        cache_write_1h_tokens: 0,
        audio_input_tokens: 0,
        audio_output_tokens: 0,
        image_input_tokens: 0,
        image_output_tokens: 0,
        cost_nanos: COST,
        ..call(ids, at)
    }
}

fn line(call: &CallRow) -> CostLineRow {
    CostLineRow {
        call_id: call.id,
        token_class: "input".into(),
        tokens: TOKENS,
        price_nanos: 1_000_000_000,
        cost_nanos: COST,
    }
}

fn dimensions(call: &CallRow, at: i64) -> Dimensions {
    Dimensions {
        hour_at: at - at.rem_euclid(HOUR),
        team_id: Uuid::nil(),
        user_id: call.user_id.unwrap(),
        key_id: Uuid::nil(),
        model: call.model.clone(),
        provider: call.provider.clone().unwrap(),
    }
}

fn config(price: Option<&str>) -> Config {
    let price = price.map(|price| json!({ "input": price, "output": price }));
    let model = json!({ "name": "m", "price": price, "backends": [{ "provider": "p" }] });
    let budget = json!({ "level": "instance", "limit": "1", "period": "month" });
    Config {
        models: vec![serde_json::from_value(model).unwrap()],
        budgets: vec![serde_json::from_value(budget).unwrap()],
        ..Config::default()
    }
}

async fn instance_status(database: &Database) -> shared::view::spend::BudgetStatus {
    let clock = Clock::manual(NOW);
    let budgets = Budgets::for_viewing(&config(None), database, clock).await.unwrap();
    budgets.statuses().remove(0)
}

async fn instance_window(database: &Database) -> WindowKey {
    let status = instance_status(database).await;
    WindowKey { budget_id: status.id.uuid(), start_at: status.window_start.micros() }
}

fn september() -> RerateFilter {
    let until = Timestamp::from_micros(OCTOBER);
    RerateFilter { from: NOW, until, model: None, provider: None }
}

async fn rerate(books: &Books, price: &str, is_real: bool) -> (Vec<PriceChange>, i64) {
    let corrections = books.corrections(price);
    let rerated =
        corrections.rerate(&september(), "new price", is_real, &mut |_| {}).await.unwrap();
    (rerated.changes.into_values().collect(), rerated.unchanged_calls)
}

pub(crate) async fn a_new_price_is_shown_first_and_booked_once(database: Database) {
    let books = Books::new(database).await;
    let half = PriceChange {
        calls: CALLS,
        before: Money::from_nanos(CALLS * COST),
        after: Money::from_nanos(CALLS * COST / 2),
    };
    assert_eq!(rerate(&books, "0.5", false).await, (vec![half], 0));
    assert_eq!(books.lines().await, (CALLS * COST, 0), "shown, not booked");

    assert_eq!(rerate(&books, "0.5", true).await, (vec![half], 0));
    let lines = usize::try_from(CALLS).unwrap() * 2;
    assert_eq!(books.lines().await, (CALLS * COST / 2, lines), "one taken back, one added");
    let all = books.rolled_up(0, i64::MAX).await;
    assert_eq!(all, (CALLS, CALLS * TOKENS, CALLS * COST / 2, 0), "money moves, use does not");
    assert_eq!(books.spent().await, CALLS * COST / 2);
    assert_eq!(books.told("ledger").await, 1);
    assert_eq!(
        calls::find_all(&books.database, &[books.calls[0].id]).await.unwrap()[0].cost_nanos,
        COST,
        "what was recorded stays"
    );

    assert_eq!(rerate(&books, "0.5", true).await, (vec![], CALLS), "the second time is nothing");
    assert_eq!(books.lines().await, (CALLS * COST / 2, lines));
    rerate(&books, "1", true).await;
    assert_eq!(books.lines().await.0, CALLS * COST, "and back again");
    assert_eq!(books.spent().await, CALLS * COST);
}

pub(crate) async fn a_call_is_rated_by_the_price_of_when_it_arrived_where_it_was_served(
    database: Database,
) {
    let books = Books::new(database).await;
    // Calls are two seconds apart, so four of them came before the price changed.
    let changed = instant::written(NOW.plus_seconds(7));
    let model = json!({ "name": "m", "price": { "input": "5" }, "backends": [
        { "provider": "elsewhere" },
        { "provider": "p", "price": [{ "input": "1" }, { "from": changed, "input": "3" }] },
    ]});
    let config = Config { models: vec![serde_json::from_value(model).unwrap()], ..config(None) };
    let rerated = books.corrections_of(&config);
    let rerated = rerated.rerate(&september(), "", false, &mut |_| {}).await.unwrap();
    let moved = CALLS - 4;
    let change = PriceChange {
        calls: moved,
        before: Money::from_nanos(moved * COST),
        after: Money::from_nanos(moved * 3 * COST),
    };
    assert_eq!(rerated.changes.into_values().collect::<Vec<_>>(), [change]);
    assert_eq!(rerated.unchanged_calls, 4);
}

pub(crate) async fn only_what_was_asked_for_is_rated_again(database: Database) {
    let books = Books::new(database).await;
    let corrections = books.corrections("2");
    let third = NOW.plus_seconds(2 * 2);
    let filters = [
        (RerateFilter { model: Some("other".to_owned()), ..september() }, 0),
        (RerateFilter { provider: Some("other".to_owned()), ..september() }, 0),
        (RerateFilter { until: third, ..september() }, 2),
        (RerateFilter { from: third, provider: Some("p".to_owned()), ..september() }, CALLS - 2),
    ];
    for (filter, calls) in filters {
        let rerated = corrections.rerate(&filter, "", false, &mut |_| {}).await.unwrap();
        assert_eq!(rerated.total().calls, calls, "{filter:?}");
    }
}

pub(crate) async fn a_refund_is_never_more_than_the_call_has_cost(database: Database) {
    let books = Books::new(database).await;
    let corrections = books.corrections("1");
    let call = Id::from_uuid(books.calls[2].id);
    let refund = async |nanos: Option<i64>| {
        corrections.refund(call, nanos.map(Money::from_nanos), "outage").await
    };
    for wrong in [0, -1, COST + 1] {
        let problem = refund(Some(wrong)).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::InvalidRequest, "{wrong}");
    }
    let part = refund(Some(COST / 4)).await.unwrap();
    assert_eq!(part.remains.nanos(), COST - COST / 4);
    assert_eq!(books.spent().await, CALLS * COST - COST / 4);
    let rest = refund(None).await.unwrap();
    assert_eq!((rest.amount.nanos(), rest.remains.nanos()), (COST - COST / 4, 0));
    assert!(refund(None).await.is_err(), "nothing is left");
    assert_eq!(books.lines().await, ((CALLS - 1) * COST, 2));
    let all = books.rolled_up(0, i64::MAX).await;
    assert_eq!(all, (CALLS, CALLS * TOKENS, (CALLS - 1) * COST, 0));
    assert_eq!(books.told("call.refund").await, 2);

    // What was given back stays so, whatever the price becomes.
    rerate(&books, "2", true).await;
    assert_eq!(books.lines().await.0, (2 * CALLS - 1) * COST);
    let nobody = Id::from_uuid(Uuid::from_u128(1));
    let unknown = corrections.refund(nobody, None, "").await.unwrap_err();
    assert_eq!(unknown.code, ProblemCode::NotFound);
}

pub(crate) async fn a_closed_month_stays_as_it_is(database: Database) {
    let books = Books::new(database).await;
    let mut tx = books.database.begin().await.unwrap();
    assert!(billing_state::close(&mut tx, OCTOBER).await.unwrap());
    assert!(!billing_state::close(&mut tx, OCTOBER).await.unwrap(), "it is closed already");
    tx.commit().await.unwrap();
    rerate(&books, "3", true).await;
    assert_eq!(books.rolled_up(0, OCTOBER).await, (CALLS, CALLS * TOKENS, CALLS * COST, 0));
    let october = books.rolled_up(OCTOBER, OCTOBER + HOUR).await;
    assert_eq!(october, (0, 0, 2 * CALLS * COST, 0));
    let ids: Vec<_> = books.calls.iter().map(|call| call.id).collect();
    let lines = correction_lines::of_calls(&books.database, &ids).await.unwrap();
    assert!(lines.iter().all(|line| line.booked_at == OCTOBER && line.kind == "rerate"));
}

pub(crate) async fn a_correction_never_brings_a_budget_below_nothing(database: Database) {
    let books = Books::new(database).await;
    // Most of what was used was used before the budget was there.
    books.spend(-(CALLS - 1) * COST).await;
    rerate(&books, "0", true).await;
    assert_eq!(books.spent().await, 0);
    assert_eq!(books.lines().await.0, 0);
}

pub(crate) async fn a_running_node_counts_what_was_given_back(database: Database) {
    let books = Books::new(database).await;
    let clock = Clock::manual(NOW);
    let node = Id::from_uuid(Uuid::from_u128(7));
    let events = EventSender::channel().0;
    let budgets =
        Budgets::open(&config(None), &books.database, node, clock.clone(), events).await.unwrap();
    let spent = || budgets.statuses().remove(0).spent.nanos();
    assert_eq!(spent(), CALLS * COST);
    let call = Id::from_uuid(books.calls[0].id);
    books.corrections("1").refund(call, None, "outage").await.unwrap();
    clock.set(NOW.plus_seconds(2));
    budgets.refresh().await.unwrap();
    assert_eq!(spent(), (CALLS - 1) * COST);
    // And so does one that starts again.
    assert_eq!(books.spent().await, (CALLS - 1) * COST);
}

pub(crate) async fn a_bill_that_was_a_bound_becomes_what_is_due(database: Database) {
    let books = Books::new(database).await;
    let corrections = books.corrections("1");
    let due = |class, tokens: i64, nanos_each: i64| CostLine {
        class,
        tokens,
        price: Money::from_nanos(nanos_each * 1_000_000),
        cost: Money::from_nanos(tokens * nanos_each),
    };
    // At the price at which it was booked, and so only what is different moves.
    let lines = [due(TokenClass::Input, 400, 1_000), due(TokenClass::Output, 3, 5_000)];
    let settle = async |call: Uuid| {
        let mut tx = books.database.begin().await.unwrap();
        let call = Id::from_uuid(call);
        let settled =
            corrections.settle(&mut tx, call, &lines, "price_2", "batch b").await.unwrap();
        if settled.is_some() {
            tx.commit().await.unwrap();
        }
        settled.map(|settled| (settled.before.nanos(), settled.after.nanos()))
    };
    let call = books.calls[1].id;
    assert_eq!(settle(Uuid::from_u128(5)).await, None, "the ledger has no such call yet");
    assert_eq!(settle(call).await, Some((COST, 415_000)));
    let all = (CALLS - 1) * COST + 415_000;
    assert_eq!(books.lines().await, (all, 2));
    assert_eq!(books.rolled_up(0, i64::MAX).await, (CALLS, CALLS * TOKENS, all, 0));
    assert_eq!(books.spent().await, all);
    assert_eq!(books.told("batch.settle").await, 1);
    let booked = correction_lines::of_calls(&books.database, &[call]).await.unwrap();
    assert!(booked.iter().all(|line| line.kind == "settle" && line.reason == "batch b"));
    assert_eq!(settle(call).await, Some((415_000, 415_000)), "nothing is left to be put right");
    assert_eq!(books.lines().await, (all, 2));
}
