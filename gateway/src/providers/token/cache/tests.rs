//! Time is moved by hand, and whoever hands out tokens does so when the test lets it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use super::*;

const START: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
const LIFETIME_SECONDS: i64 = 3_600;

/// Hands out `token-1`, `token-2` and so on, each when it is let.
struct Counter {
    asked: AtomicU64,
    let_through: Semaphore,
    /// Asking fails from this one on.
    fails_from: u64,
    lifetime_seconds: i64,
}

type Cache = Arc<TokenCache<Counter>>;

impl HandsOut for Counter {
    async fn ask(&self, now: Timestamp) -> Result<Granted, TokenFailure> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.let_through.acquire().await.unwrap().forget();
        if number >= self.fails_from {
            return Err(TokenFailure(format!("refusal {number}")));
        }
        let token = Secret::new(format!("token-{number}"));
        let expires_at = now.plus_seconds(self.lifetime_seconds);
        Ok(Granted { token, expires_at, good_at: None })
    }
}

fn cache(let_through: usize, fails_from: u64) -> (Cache, Clock) {
    cache_of(let_through, fails_from, LIFETIME_SECONDS)
}

fn cache_of(let_through: usize, fails_from: u64, lifetime_seconds: i64) -> (Cache, Clock) {
    let clock = Clock::manual(START);
    let hands_out = Counter {
        asked: AtomicU64::new(0),
        let_through: Semaphore::new(let_through),
        fails_from,
        lifetime_seconds,
    };
    (TokenCache::new(hands_out, clock.clone()), clock)
}

async fn header(cache: &Cache) -> Result<HeaderValue, TokenFailure> {
    cache.shown().await.map(|token| token.header.clone())
}

async fn shown(cache: &Cache) -> String {
    header(cache).await.unwrap().to_str().unwrap().to_owned()
}

fn asked(cache: &Cache) -> u64 {
    cache.hands_out.asked.load(Ordering::SeqCst)
}

/// Until what runs behind the calls has come as far as it can.
async fn let_others_run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_shown_as_a_bearer() {
    let (cache, clock) = cache(9, 9);
    let header = header(&cache).await.unwrap();
    assert_eq!(header, "Bearer token-1");
    assert!(header.is_sensitive());
    clock.set(START.plus_seconds(LIFETIME_SECONDS - 301));
    assert_eq!(shown(&cache).await, "Bearer token-1");
    let_others_run().await;
    assert_eq!(asked(&cache), 1);
}

#[tokio::test]
async fn calls_go_on_with_the_old_token_while_one_asks_for_the_next() {
    let (cache, clock) = cache(1, 9);
    shown(&cache).await;
    clock.set(START.plus_seconds(LIFETIME_SECONDS - 300));
    for _ in 0..5 {
        assert_eq!(shown(&cache).await, "Bearer token-1");
        let_others_run().await;
    }
    assert_eq!(asked(&cache), 2, "one asks at a time");
    cache.hands_out.let_through.add_permits(1);
    let_others_run().await;
    assert_eq!(shown(&cache).await, "Bearer token-2");
    assert_eq!(asked(&cache), 2);
}

#[tokio::test]
async fn a_short_lived_token_is_replaced_at_the_middle_of_its_life() {
    let (cache, clock) = cache_of(9, 9, 60);
    shown(&cache).await;
    clock.set(START.plus_seconds(29));
    shown(&cache).await;
    let_others_run().await;
    assert_eq!(asked(&cache), 1);
    clock.set(START.plus_seconds(30));
    assert_eq!(shown(&cache).await, "Bearer token-1");
    let_others_run().await;
    assert_eq!(shown(&cache).await, "Bearer token-2");
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_not_shown() {
    let (cache, clock) = cache(9, 9);
    shown(&cache).await;
    clock.set(START.plus_seconds(LIFETIME_SECONDS - 10));
    assert_eq!(shown(&cache).await, "Bearer token-2");
}

#[tokio::test]
async fn whoever_waits_for_the_first_token_gets_the_one_that_somebody_asked_for() {
    let (cache, _clock) = cache(0, 9);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { shown(&cache).await })
        })
        .collect();
    let_others_run().await;
    assert_eq!(asked(&cache), 1);
    cache.hands_out.let_through.add_permits(1);
    for call in waiting {
        assert_eq!(call.await.unwrap(), "Bearer token-1");
    }
    assert_eq!(asked(&cache), 1);
}

#[tokio::test]
async fn whoever_waits_shares_a_refusal_and_whoever_comes_later_asks_again() {
    let (cache, _clock) = cache(0, 1);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { header(&cache).await })
        })
        .collect();
    let_others_run().await;
    cache.hands_out.let_through.add_permits(9);
    for call in waiting {
        assert_eq!(call.await.unwrap(), Err(TokenFailure("refusal 1".to_owned())));
    }
    assert_eq!(header(&cache).await, Err(TokenFailure("refusal 2".to_owned())));
}

#[tokio::test]
async fn while_the_old_token_will_do_a_refusal_is_followed_by_a_rest() {
    let (cache, clock) = cache(9, 2);
    shown(&cache).await;
    for (seconds_left, expected) in [(300, 2), (280, 2), (270, 3), (265, 3), (5, 4)] {
        clock.set(START.plus_seconds(LIFETIME_SECONDS - seconds_left));
        let answer = header(&cache).await;
        let_others_run().await;
        assert_eq!(asked(&cache), expected, "{seconds_left} seconds left");
        assert_eq!(answer.is_ok(), seconds_left > 10);
    }
}

#[tokio::test]
async fn a_token_that_was_refused_is_forgotten_unless_there_is_another_one_already() {
    let (cache, _clock) = cache(9, 9);
    let first = header(&cache).await.unwrap();
    cache.forget(&first);
    assert_eq!(shown(&cache).await, "Bearer token-2");
    cache.forget(&first);
    assert_eq!(shown(&cache).await, "Bearer token-2");
    assert_eq!(asked(&cache), 2);
}

#[tokio::test]
async fn the_token_and_the_one_before_are_secrets() {
    let (cache, _clock) = cache(9, 9);
    let secrets = || cache.secrets().iter().map(|s| s.expose().to_owned()).collect::<Vec<_>>();
    assert_eq!(secrets(), [""; 0]);
    let first = header(&cache).await.unwrap();
    assert_eq!(secrets(), ["token-1"]);
    cache.forget(&first);
    shown(&cache).await;
    assert_eq!(secrets(), ["token-2", "token-1"]);
}
