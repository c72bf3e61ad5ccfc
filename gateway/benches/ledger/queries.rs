//! The queries behind the spend page, each for many different periods and people.

use std::time::Instant;

use gateway::storage::{
    Database,
    tables::{
        calls,
        spend::{self, Cut},
    },
};
use uuid::Uuid;

use crate::fill::{DAY, DAYS, HOUR, START, USERS};

/// How often each is asked.
const TIMES: i64 = 40;

pub(crate) struct Timing {
    pub(crate) name: &'static str,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) rows: usize,
}

/// A period of so many days that begins at some hour, as it does in another time zone.
fn period(days: i64, turn: i64) -> Cut {
    let from = START + (turn * 7 % (DAYS - days + 1)) * DAY + (turn % 24) * HOUR;
    Cut { from, until: from + days * DAY, ..Cut::default() }
}

fn of_a_user(days: i64, turn: i64) -> Cut {
    let user = u128::from((turn * 37 % USERS).unsigned_abs());
    Cut { user: Some(Uuid::from_u128(user)), ..period(days, turn) }
}

fn of_a_team(days: i64, turn: i64) -> Cut {
    Cut {
        team: Some(Uuid::from_u128(u128::from((turn % 20).unsigned_abs()))),
        ..period(days, turn)
    }
}

pub(crate) async fn time_all(database: &Database) -> anyhow::Result<Vec<Timing>> {
    let mut timings = Vec::new();
    macro_rules! time {
        ($($name:literal: $query:ident($cut:expr)),* $(,)?) => {$(
            let (mut millis, mut rows) = (Vec::new(), 0);
            for turn in 0..TIMES {
                let cut = $cut(turn);
                let began = Instant::now();
                let mut snapshot = database.snapshot().await?;
                rows = rows.max(spend::$query(&mut snapshot, &cut).await?.len());
                millis.push(began.elapsed().as_secs_f64() * 1e3);
            }
            timings.push(timing($name, millis, rows));
        )*};
    }
    time! {
        "a day by model": by_model(|turn| period(1, turn)),
        "a day by user": by_user(|turn| period(1, turn)),
        "a month by model": by_model(|turn| period(31, turn)),
        "a month by provider": by_provider(|turn| period(31, turn)),
        "a month by team": by_team(|turn| period(31, turn)),
        "a month by user": by_user(|turn| period(31, turn)),
        "a month by key": by_key(|turn| period(31, turn)),
        "a month by hour": by_hour(|turn| period(31, turn)),
        "a quarter by model": by_model(|turn| period(89, turn)),
        "a quarter by team": by_team(|turn| period(89, turn)),
        "a quarter by hour": by_hour(|turn| period(89, turn)),
        "a team's month by user": by_user(|turn| of_a_team(31, turn)),
        "a team's month by hour": by_hour(|turn| of_a_team(31, turn)),
        "a user's month by model": by_model(|turn| of_a_user(31, turn)),
        "a user's month by hour": by_hour(|turn| of_a_user(31, turn)),
    }
    let mut millis = Vec::new();
    let mut after = None;
    for _ in 0..TIMES {
        let began = Instant::now();
        let page = calls::page(database, after, 100).await?;
        millis.push(began.elapsed().as_secs_f64() * 1e3);
        after = page.last().map(|call| call.id);
    }
    timings.push(timing("a page of calls", millis, 100));
    Ok(timings)
}

fn timing(name: &'static str, mut millis: Vec<f64>, rows: usize) -> Timing {
    millis.sort_by(f64::total_cmp);
    // Nearest rank: the smallest that 95 of 100 do not exceed.
    let rank = (millis.len() * 95).div_ceil(100) - 1;
    Timing { name, p50: millis[millis.len() / 2], p95: millis[rank], rows }
}
