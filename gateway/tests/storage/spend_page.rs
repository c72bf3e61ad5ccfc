//! The spend page: any period, time zone and narrowing, and always the same sums.

use std::{collections::BTreeMap, sync::Arc};

use gateway::{
    budgets::Budgets,
    finance::Finance,
    identity::{Identity, Principal},
    kernel::{Clock, config::Config},
    storage::{
        Database,
        tables::{
            api_keys::{self, ApiKeyRow},
            spend::{self, Amounts, Dimensions},
            teams::{self, TeamRow},
            users::{self, UserRow},
        },
    },
};
use shared::{
    Id, Money, Problem, Timestamp,
    id::{ApiKey, User},
    view::spend::{BarUnit, Dimension, SpendPage, SpendPeriod, SpendQuery, Spent},
};
use uuid::Uuid;

const HOUR: i64 = 3_600_000_000;
/// 2026-10-01T00:00:00Z.
const OCTOBER: i64 = 1_790_812_800_000_000;
/// 2026-11-22T10:30:00Z.
const NOW: i64 = OCTOBER + (52 * 24 + 10) * HOUR + HOUR / 2;
/// From the first hour of October to the one that is running.
const HOURS: i64 = 52 * 24 + 11;

const RESEARCH: u128 = 0x10;
const SUPPORT: u128 = 0x11;
const ADA: u128 = 0x20;
const KEY: u128 = 0x30;
/// Ada, who looks after the money, and others.
const PEOPLE: [(u128, u128, &str, &str); 3] = [
    (ADA, RESEARCH, "Ada", "financial_admin"),
    (0x21, RESEARCH, "Ben", "member"),
    (0x22, SUPPORT, "Eva", "member"),
];

/// What an hour cost, and who called what.
fn booking(hour: i64) -> (Dimensions, Amounts) {
    let number = usize::try_from(hour).unwrap();
    let (user, team, ..) = PEOPLE[number % PEOPLE.len()];
    let at = Dimensions {
        hour_at: OCTOBER + hour * HOUR,
        team_id: Uuid::from_u128(team),
        user_id: Uuid::from_u128(user),
        key_id: if number.is_multiple_of(2) { Uuid::from_u128(KEY) } else { Uuid::nil() },
        model: format!("model-{}", number % 30),
        provider: format!("provider-{}", number % 2),
    };
    let cost_nanos = hour * hour % 9_973 + 1;
    (at, Amounts { calls: 1, tokens: hour % 97, cost_nanos, unpriced_calls: 0 })
}

/// An organization that has called once in every hour since October began.
async fn finance(database: &Database) -> (Finance, Arc<Identity>) {
    let mut tx = database.begin().await.unwrap();
    for (id, name) in [(RESEARCH, "Research"), (SUPPORT, "Support")] {
        let id = Uuid::from_u128(id);
        let team = TeamRow { id, name: name.to_owned(), name_key: name.to_lowercase() };
        teams::add(&mut tx, &team, 1).await.unwrap();
    }
    for (id, team, name, role) in PEOPLE {
        let user = UserRow {
            id: Uuid::from_u128(id),
            team_id: Uuid::from_u128(team),
            email: format!("{name}@example.com"),
            email_key: format!("{}@example.com", name.to_lowercase()),
            name: name.to_owned(),
            role: role.to_owned(),
            password_hash: None,
            disabled_at: None,
        };
        users::add(&mut tx, &user, 1).await.unwrap();
    }
    let key = ApiKeyRow {
        id: Uuid::from_u128(KEY),
        user_id: Uuid::from_u128(ADA),
        name: "nightly job".to_owned(),
        secret_hash: vec![1; 32],
        last_four: "abcd".to_owned(),
        created_at: 1,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    api_keys::add(&mut tx, &key).await.unwrap();
    let hours: BTreeMap<_, _> = (0..HOURS).map(booking).collect();
    spend::add_all(&mut tx, &hours).await.unwrap();
    tx.commit().await.unwrap();

    let clock = Clock::manual(Timestamp::from_micros(NOW));
    let identity = Identity::open(database.clone(), clock.clone()).await.unwrap();
    let budgets = Budgets::for_viewing(&Config::default(), database, clock.clone()).await.unwrap();
    let budgets = Arc::new(budgets);
    (Finance::new(database.clone(), Arc::clone(&identity), budgets, clock), identity)
}

fn person(identity: &Identity, id: u128) -> Principal {
    identity.directory().as_principal(Id::from_uuid(Uuid::from_u128(id))).unwrap()
}

fn query(period: SpendPeriod, zone: &str) -> SpendQuery {
    SpendQuery { period, time_zone: Some(zone.to_owned()), only: BTreeMap::new() }
}

fn days(first: &str, last: &str) -> SpendPeriod {
    SpendPeriod::Days { first: first.to_owned(), last: last.to_owned() }
}

fn narrowed(query: &SpendQuery, dimension: Dimension, value: &str) -> SpendQuery {
    let mut query = query.clone();
    query.only.insert(dimension, value.to_owned());
    query
}

fn sum(parts: impl Iterator<Item = Spent>) -> Spent {
    parts.fold(Spent::default(), |sum, part| Spent {
        calls: sum.calls + part.calls,
        tokens: sum.tokens + part.tokens,
        cost: sum.cost + part.cost,
    })
}

/// Every table and the chart of a page have what is above them, to the nano-dollar.
fn assert_whole(page: &SpendPage) {
    for by in &page.by {
        let rows = by.rows.iter().map(|row| row.spent);
        assert_eq!(sum(rows.chain([by.others_spent])), page.total, "by {:?}", by.dimension);
        let costs: Vec<_> = by.rows.iter().map(|row| row.spent.cost).collect();
        assert!(costs.is_sorted_by(|a, b| a >= b), "the dearest first");
    }
    assert_eq!(page.bars.iter().map(|bar| bar.cost).sum::<Money>(), page.total.cost);
}

pub(crate) async fn every_table_of_every_page_adds_up_to_its_total(database: Database) {
    let (finance, identity) = finance(&database).await;
    let ada = person(&identity, ADA);
    let periods = SpendPeriod::NAMED.into_iter().chain([
        days("2026-10-03", "2026-10-03"),
        days("2026-10-25", "2026-11-02"),
        days("2026-08-01", "2026-12-31"),
    ]);
    for period in periods {
        for zone in ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"] {
            let all = query(period.clone(), zone);
            let page = finance.spend_page(&ada, &all).await.unwrap();
            assert_whole(&page);
            assert!(page.total.calls > 0, "{period:?} in {zone} has something");
            let by = page.by.iter().map(|by| by.dimension);
            assert_eq!(by.collect::<Vec<_>>(), Dimension::ALL);
            // Each row leads to a page that has as much.
            for by in &page.by {
                let row = &by.rows[by.rows.len() / 2];
                let alone = narrowed(&all, by.dimension, &row.value);
                let alone = finance.spend_page(&ada, &alone).await.unwrap();
                assert_whole(&alone);
                assert_eq!(alone.total, row.spent, "{row:?} of {period:?} in {zone}");
                assert_eq!(alone.narrowed[0].name, row.name);
                assert!(alone.by.iter().all(|each| each.dimension != by.dimension));
            }
        }
    }
}

pub(crate) async fn days_begin_at_midnight_where_the_viewer_is(database: Database) {
    let (finance, identity) = finance(&database).await;
    let ada = person(&identity, ADA);
    let cost = |hours: std::ops::Range<i64>| -> Money {
        hours.map(|hour| Money::from_nanos(booking(hour).1.cost_nanos)).sum()
    };
    // The first hour of each day, in hours of UTC since October began.
    for (zone, first, hours) in [
        ("UTC", 24 * 24, 24),
        // On 25 October clocks go back in Berlin.
        ("Europe/Berlin", 24 * 24 - 2, 25),
        // Midnight is at half past six in the evening by UTC: the hour from seven on is the first.
        ("Asia/Kolkata", 24 * 24 - 5, 24),
        ("America/Los_Angeles", 24 * 24 + 7, 24),
    ] {
        let asked = query(days("2026-10-25", "2026-10-25"), zone);
        let page = finance.spend_page(&ada, &asked).await.unwrap();
        assert_eq!(page.total.cost, cost(first..first + hours), "{zone}");
        assert_eq!(page.bars.len(), usize::try_from(hours).unwrap(), "{zone}");
        assert_eq!(page.bar_unit, BarUnit::Hour);
        assert_eq!(page.cuts_hours, zone == "Asia/Kolkata");
    }
    // It is the evening of the 22nd in Tokyo, and just after its midnight in Honolulu.
    for (zone, today) in [("Asia/Tokyo", "2026-11-22"), ("Pacific/Honolulu", "2026-11-22")] {
        let page = finance.spend_page(&ada, &query(SpendPeriod::Today, zone)).await.unwrap();
        assert_eq!((page.first_day.as_str(), page.days_so_far), (today, 1), "{zone}");
    }
    let month = finance.spend_page(&ada, &query(SpendPeriod::ThisMonth, "UTC")).await.unwrap();
    assert_eq!((month.bars.len(), month.days_so_far), (30, 22));
    assert_eq!(month.bars.iter().filter(|bar| bar.is_to_come).count(), 8);
    assert_eq!(month.total.cost, cost(31 * 24..HOURS));
    assert_eq!(month.before.cost, cost(0..21 * 24 + 11), "as much of October");
    assert!(month.expected.unwrap() > month.total.cost);
}

pub(crate) async fn a_member_sees_nobody_elses_spend(database: Database) {
    let (finance, identity) = finance(&database).await;
    let ben = person(&identity, 0x21);
    let all = query(days("2026-10-01", "2026-11-22"), "UTC");
    let page = finance.spend_page(&ben, &all).await.unwrap();
    assert_whole(&page);
    let own: Money = (0..HOURS)
        .map(booking)
        .filter(|(at, _)| at.user_id == Uuid::from_u128(0x21))
        .map(|(_, amounts)| Money::from_nanos(amounts.cost_nanos))
        .sum();
    assert_eq!(page.total.cost, own);
    assert!(!page.covers_instance);
    let shown: Vec<_> = page.by.iter().map(|by| by.dimension).collect();
    assert_eq!(shown, [Dimension::Model, Dimension::Key, Dimension::Provider]);
    let ada = Id::<User>::from_uuid(Uuid::from_u128(ADA)).to_string();
    let of_ada = finance.spend_page(&ben, &narrowed(&all, Dimension::User, &ada)).await.unwrap();
    assert_eq!(of_ada.total, page.total, "asking for somebody else's gives one's own");
    assert_eq!(of_ada.narrowed[0].name, "Ben");
}

pub(crate) async fn what_makes_no_sense_is_refused_by_its_field(database: Database) {
    let (finance, identity) = finance(&database).await;
    let ada = person(&identity, ADA);
    let month = query(SpendPeriod::ThisMonth, "UTC");
    let key = Id::<ApiKey>::from_uuid(Uuid::from_u128(KEY)).to_string();
    for (field, asked) in [
        ("time_zone", query(SpendPeriod::Today, "Berlin")),
        ("period", query(days("2026-11-02", "2026-11-01"), "UTC")),
        ("period", query(days("2020-11-02", "2026-11-01"), "UTC")),
        ("period", query(days("tomorrow", "2026-11-01"), "UTC")),
        ("user", narrowed(&month, Dimension::User, &key)),
        ("team", narrowed(&month, Dimension::Team, "Research")),
    ] {
        let problem: Problem = finance.spend_page(&ada, &asked).await.unwrap_err();
        assert_eq!((problem.status, problem.pointer.as_deref()), (400, Some(field)), "{problem}");
    }
    let with_key = narrowed(&month, Dimension::Key, &key);
    let page = finance.spend_page(&ada, &with_key).await.unwrap();
    assert_eq!(page.narrowed[0].name, "nightly job");
    let without = finance.spend_page(&ada, &narrowed(&month, Dimension::Key, "")).await.unwrap();
    assert_eq!(without.narrowed[0].name, "", "the chat has no key");
    let all = finance.spend_page(&ada, &month).await.unwrap();
    assert_eq!(sum([page.total, without.total].into_iter()), all.total);
}
