//! A small ledger with one of everything that can be billed, the same in every run.

use gateway::{
    audit::Audit,
    finance::{BillingPeriods, Exports},
    kernel::{Clock, Ids, config::Organization},
    storage::{
        Database,
        tables::{
            api_keys::{self, ApiKeyRow},
            calls::{self, CallRow, CostLineRow},
            teams::{self, TeamRow},
            users::{self, UserRow},
        },
    },
};
use sea_query::{Alias, Query};
use shared::{Id, Timestamp, id::Node};
use uuid::Uuid;

/// 2026-10-01T00:00:00Z and 2026-11-01T00:00:00Z.
pub(crate) const OCTOBER: i64 = 1_790_812_800_000_000;
pub(crate) const NOVEMBER: i64 = 1_793_491_200_000_000;
pub(crate) const HOUR: i64 = 3_600_000_000;
pub(crate) const NODE: Uuid = Uuid::from_u128(0xA);

/// An id of this instant; `n` tells ids of one instant apart.
pub(crate) fn id_at(at: i64, n: u128) -> Uuid {
    let millis = u128::try_from(at / 1_000).unwrap();
    Uuid::from_u128(millis << 80 | 0x7000_8000_0000_0000_0000 | n)
}

/// A call that reached a provider and cost nothing yet.
pub(crate) fn call(n: i64, started_at: i64) -> CallRow {
    CallRow {
        id: id_at(started_at, u128::try_from(n).unwrap()),
        node_id: NODE,
        started_at,
        duration_micros: 1_000,
        surface: "openai_chat".to_owned(),
        outcome: "answered".to_owned(),
        status: 200,
        problem_code: None,
        user_id: Some(Uuid::from_u128(0x20)),
        team_id: Some(Uuid::from_u128(0x10)),
        key_id: Some(Uuid::from_u128(0x30)),
        model: "gpt".to_owned(),
        provider: Some("openai".to_owned()),
        upstream_model: Some("gpt-5.2".to_owned()),
        input_tokens: 0,
        cached_input_tokens: 0,
        cache_write_tokens: 0,
        output_tokens: 0,
        reasoning_tokens: 0,
        cost_nanos: 0,
        is_estimated: 0,
        is_priced: 1,
        raw_usage: None,
        verdicts: "[]".to_owned(),
        cache_write_1h_tokens: 0,
        audio_input_tokens: 0,
        audio_output_tokens: 0,
        image_input_tokens: 0,
        image_output_tokens: 0,
        price_version: Some("price_1".to_owned()),
        service_tier: None,
        asked_model: None,
        audit_sequence: Some(n),
        audit_hash: None,
    }
}

pub(crate) fn line(
    call: &CallRow,
    token_class: &'static str,
    tokens: i64,
    price_nanos: i64,
    cost_nanos: i64,
) -> CostLineRow {
    CostLineRow {
        call_id: call.id,
        token_class: token_class.into(),
        tokens,
        price_nanos,
        cost_nanos,
    }
}

pub(crate) async fn add(database: &Database, rows: Vec<CallRow>, lines: Vec<CostLineRow>) {
    let mut tx = database.begin().await.unwrap();
    calls::add_all(&mut tx, rows.into_iter()).await.unwrap();
    calls::add_cost_lines(&mut tx, lines.into_iter()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A line of a correction, as whoever corrects books it.
#[derive(Clone, Copy)]
pub(crate) struct Correction {
    pub(crate) id: u128,
    pub(crate) call: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) booked_at: i64,
    pub(crate) token_class: &'static str,
    pub(crate) tokens: i64,
    pub(crate) price_nanos: i64,
    pub(crate) cost_nanos: i64,
}

pub(crate) async fn correct(database: &Database, corrections: &[Correction]) {
    let mut tx = database.begin().await.unwrap();
    for line in corrections {
        let columns = [
            "correction_id",
            "call_id",
            "token_class",
            "kind",
            "made_at",
            "booked_at",
            "tokens",
            "price_nanos",
            "cost_nanos",
            "price_version",
            "reason",
        ];
        let insert = Query::insert()
            .into_table(Alias::new("correction_lines"))
            .columns(columns.map(Alias::new))
            .values_panic([
                Uuid::from_u128(line.id).into(),
                line.call.into(),
                line.token_class.into(),
                line.kind.into(),
                line.booked_at.into(),
                line.booked_at.into(),
                line.tokens.into(),
                line.price_nanos.into(),
                line.cost_nanos.into(),
                "price_2".into(),
                "".into(),
            ])
            .take();
        tx.execute(&insert).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A team, a user and a key.
pub(crate) async fn people(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let team = TeamRow {
        id: Uuid::from_u128(0x10),
        name: "Research".to_owned(),
        name_key: "research".to_owned(),
    };
    teams::add(&mut tx, &team, 1).await.unwrap();
    let user = UserRow {
        id: Uuid::from_u128(0x20),
        team_id: team.id,
        email: "ada@example.com".to_owned(),
        email_key: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
        role: "member".to_owned(),
        password_hash: None,
        disabled_at: None,
    };
    users::add(&mut tx, &user, 1).await.unwrap();
    let key = ApiKeyRow {
        id: Uuid::from_u128(0x30),
        user_id: user.id,
        name: "=HYPERLINK(\"http://x\")".to_owned(),
        secret_hash: vec![1; 32],
        last_four: "abcd".to_owned(),
        created_at: 1,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    api_keys::add(&mut tx, &key).await.unwrap();
    tx.commit().await.unwrap();
}

/// Calls of October with everything that can happen to one, some around its bounds, and
/// corrections; gives what October costs, in nano-dollars.
pub(crate) async fn october(database: &Database) -> i64 {
    people(database).await;
    let first = call(1, OCTOBER);
    let second = CallRow { is_estimated: 1, ..call(2, OCTOBER + 1) };
    let third = CallRow {
        service_tier: Some("flex".to_owned()),
        user_id: None,
        team_id: None,
        key_id: None,
        ..call(3, OCTOBER + 5 * HOUR)
    };
    let unpriced = CallRow {
        model: "house".to_owned(),
        provider: Some("local".to_owned()),
        upstream_model: None,
        price_version: None,
        is_priced: 0,
        input_tokens: 70,
        output_tokens: 30,
        ..call(4, OCTOBER + 5 * HOUR + 1)
    };
    let failed = CallRow { outcome: "upstream_failed".to_owned(), ..call(5, OCTOBER + 6 * HOUR) };
    let refused = CallRow { provider: None, ..call(6, OCTOBER + 6 * HOUR + 1) };
    let last = call(7, NOVEMBER - 1);
    let before = call(8, OCTOBER - 1);
    let after = call(9, NOVEMBER);
    let lines = vec![
        line(&first, "input", 100, 1_750_000_000, 175_000),
        line(&first, "cached_input", 1, 175_500_000, 176),
        line(&first, "output", 33, 14_000_000_001, 462_000),
        line(&first, "request", 1, 10_000_000, 10_000_000),
        line(&second, "input", 1, 1_750_000_000, 1_750),
        line(&second, "output", 33, 14_000_000_001, 462_000),
        line(&third, "input", 2_000_000, 875_000_000, 1_750_000_000),
        line(&last, "reasoning", 7, 14_000_000_001, 98_000),
        line(&before, "input", 1_000, 1_750_000_000, 1_750_000),
        line(&after, "input", 1_000, 1_750_000_000, 1_750_000),
    ];
    let october = [175_000, 176, 462_000, 10_000_000, 1_750, 462_000, 1_750_000_000, 98_000];
    let (first_id, third_id, before_id) = (first.id, third.id, before.id);
    let rows = vec![first, second, third, unpriced, failed, refused, last, before, after];
    add(database, rows, lines).await;
    let rerate = |token_class, tokens, price_nanos, cost_nanos| Correction {
        id: 0x100,
        call: third_id,
        kind: "rerate",
        booked_at: OCTOBER + 5 * HOUR,
        token_class,
        tokens,
        price_nanos,
        cost_nanos,
    };
    let corrections = [
        rerate("input", -2_000_000, 875_000_000, -1_750_000_000),
        rerate("input", 2_000_000, 900_000_000, 1_800_000_000),
        Correction {
            id: 0x101,
            call: first_id,
            kind: "refund",
            booked_at: OCTOBER,
            token_class: "request",
            tokens: -1,
            price_nanos: 5_000_000,
            cost_nanos: -5_000_000,
        },
        // Of September, which was closed before.
        Correction {
            id: 0x102,
            call: before_id,
            kind: "late",
            booked_at: OCTOBER + 9,
            token_class: "output",
            tokens: 11,
            price_nanos: 14_000_000_001,
            cost_nanos: 154_000,
        },
        // Of October, booked in November.
        Correction {
            id: 0x103,
            call: first_id,
            kind: "rerate",
            booked_at: NOVEMBER + 3,
            token_class: "input",
            tokens: -100,
            price_nanos: 1_750_000_000,
            cost_nanos: -175_000,
        },
    ];
    correct(database, &corrections).await;
    let corrected: i64 = corrections[..4].iter().map(|line| line.cost_nanos).sum();
    october.iter().sum::<i64>() + corrected
}

pub(crate) fn organization() -> Organization {
    Organization { id: "acme".to_owned(), name: "Acme Corporation".to_owned() }
}

async fn audit(database: &Database, clock: &Clock) -> Audit {
    let (node, ids) = (Id::<Node>::from_uuid(NODE), Ids::random());
    Audit::open(database, node, clock.clone(), ids).await.unwrap()
}

pub(crate) async fn exports(database: &Database) -> Exports {
    let clock = Clock::manual(Timestamp::from_micros(NOVEMBER + HOUR));
    Exports::new(database.clone(), audit(database, &clock).await, organization())
}

pub(crate) async fn periods(database: &Database, clock: &Clock) -> BillingPeriods {
    let audit = audit(database, clock).await;
    BillingPeriods::new(database.clone(), audit, organization(), clock.clone())
}
