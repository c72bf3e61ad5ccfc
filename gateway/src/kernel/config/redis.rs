//! `redis`: a Redis or Valkey that several nodes share.

use serde::Deserialize;
use url::Url;

use super::{ConfigError, check::inconsistent};
use crate::kernel::Secret;

/// `redis`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://…`, or `rediss://…` with TLS; without one, every node counts for itself.
    pub url: Option<Secret>,
    /// How long an answer may take before it is asked whether it is there at all, and how long the
    /// answer to that, in milliseconds; then calls go on without it.
    pub timeout_ms: u64,
    /// What every key there begins with, so that gateways can share one server.
    pub prefix: String,
}

impl Default for Redis {
    fn default() -> Self {
        Self { url: None, timeout_ms: 100, prefix: "helix".to_owned() }
    }
}

impl Redis {
    /// Refuses what cannot be an address, and a wait that would be none or an outage.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.url {
            let parsed = Url::parse(url.expose()).ok();
            let is_good = parsed.is_some_and(|url| {
                matches!(url.scheme(), "redis" | "rediss") && url.host().is_some()
            });
            if !is_good {
                let detail = "expected `redis://host:port`, or `rediss://…` for TLS";
                return Err(inconsistent("redis.url", detail));
            }
        }
        if !(1..=1_000).contains(&self.timeout_ms) {
            let detail = "expected 1 to 1000: calls wait that long when it goes away";
            return Err(inconsistent("redis.timeout_ms", detail));
        }
        if self.prefix.is_empty() || !self.prefix.bytes().all(is_of_a_prefix) {
            let detail = "expected letters, digits, `-` and `_`";
            return Err(inconsistent("redis.prefix", detail));
        }
        Ok(())
    }
}

const fn is_of_a_prefix(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost:6379", "redis.url: expected `redis://host:port`")]
    #[case("http://localhost:6379", "redis.url: expected `redis://host:port`")]
    fn what_is_no_address_of_a_redis_is_refused(#[case] url: &str, #[case] expected: &str) {
        let redis = Redis { url: Some(Secret::new(url)), ..Redis::default() };
        assert!(redis.check().unwrap_err().to_string().starts_with(expected));
    }

    #[test]
    fn addresses_with_and_without_tls_are_accepted_and_a_wait_of_nothing_is_not() {
        for url in ["redis://127.0.0.1:6379/2", "rediss://:secret@cache.example.com:6380"] {
            let redis = Redis { url: Some(Secret::new(url)), ..Redis::default() };
            assert!(redis.check().is_ok(), "{url}");
        }
        let redis = Redis { timeout_ms: 0, ..Redis::default() };
        assert!(redis.check().unwrap_err().to_string().starts_with("redis.timeout_ms"));
        let redis = Redis { prefix: "a b".to_owned(), ..Redis::default() };
        assert!(redis.check().unwrap_err().to_string().starts_with("redis.prefix"));
    }
}
