//! An open loop: calls arrive at a fixed rate, whether or not earlier ones have been answered.
//!
//! A call's time counts from when it was meant to start. So a target that stalls is charged for
//! everybody who had to wait, not only for the one call it was busy with.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::task::{JoinError, JoinSet};

use super::{
    call::{Call, Target},
    connection::Connection,
    tally::Tally,
    ticker::Ticker,
};

/// More calls under way than this are not begun: the target is saturated.
const UNDER_WAY_LIMIT: usize = 2_000;

type Idle = Arc<Mutex<Vec<Connection>>>;

/// Calls at `rate` a second for so long, taking the next of `calls` in turn.
pub(super) async fn run(
    target: &Target,
    calls: &[Arc<Call>],
    connections: Vec<Connection>,
    rate: u32,
    duration: Duration,
) -> io::Result<(Tally, Vec<Connection>)> {
    let idle: Idle = Arc::new(Mutex::new(connections));
    let mut total = Tally::default();
    let mut under_way = JoinSet::new();
    let mut turns = calls.iter().cycle();
    let mut ticker = Ticker::per_second(rate)?;
    for _ in 0..duration.as_millis() * u128::from(rate) / 1_000 {
        let (Some(due_at), Some(call)) = (ticker.due().await, turns.next()) else { break };
        if under_way.len() < UNDER_WAY_LIMIT {
            let (idle, call) = (Arc::clone(&idle), Arc::clone(call));
            under_way.spawn(make(target.clone(), call, idle, due_at));
        } else {
            total.failed(&format!("{UNDER_WAY_LIMIT} calls were under way already"));
        }
        while let Some(done) = under_way.try_join_next() {
            total.add(done.unwrap_or_else(failure));
        }
    }
    while let Some(done) = under_way.join_next().await {
        total.add(done.unwrap_or_else(failure));
    }
    let connections = std::mem::take(&mut *idle.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((total, connections))
}

async fn make(target: Target, call: Arc<Call>, idle: Idle, due_at: Instant) -> Tally {
    let mut tally = Tally::default();
    let connection = match take_open(&idle) {
        Some(connection) => Ok(connection),
        None => Connection::open(target.address).await,
    };
    let outcome = match connection {
        Ok(mut connection) => connection.complete(&call).await.map(|()| connection),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(connection) => {
            tally.timed(due_at.elapsed());
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        Err(error) => tally.failed(&error),
    }
    tally
}

/// A connection that nobody uses and that was not closed while it idled.
fn take_open(idle: &Idle) -> Option<Connection> {
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    std::iter::from_fn(|| idle.pop()).find(Connection::is_open)
}

#[expect(clippy::needless_pass_by_value, reason = "given to `unwrap_or_else`")]
fn failure(error: JoinError) -> Tally {
    let mut tally = Tally::default();
    tally.failed(&error);
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fake_provider::spawn,
        load::{call::Through, scenario::Workload},
    };

    #[tokio::test]
    async fn calls_come_at_the_rate_and_a_connection_that_was_closed_is_no_error() {
        let provider = spawn().await.unwrap();
        let address = provider.url().trim_start_matches("http://").parse().unwrap();
        let target =
            Target { through: Through::Direct, address, key: "sk-test".to_owned(), pid: None };
        let closed = Connection::open(address).await.unwrap();
        closed.close();
        while closed.is_open() {
            tokio::task::yield_now().await;
        }
        let call = Arc::new(Call::new(&target, &Workload::plain()).unwrap());
        let duration = Duration::from_millis(100);
        let (tally, open) = run(&target, &[call], vec![closed], 200, duration).await.unwrap();
        assert_eq!((tally.errors, tally.units), (0, 20), "{:?}", tally.first_error);
        assert!(!open.is_empty() && open.iter().all(Connection::is_open));
        assert_eq!(provider.calls().calls, 20);
    }
}
