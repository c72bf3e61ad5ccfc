//! Whether the gateway's own figures are the provider's bill: nothing lost, nothing invented.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    gateway::{INPUT_PRICE, OUTPUT_PRICE},
    scenario::GATEWAY_TAG,
};
use crate::fake_provider::Calls;

/// How long the gateway may take to settle what it has answered.
const SETTLING_LIMIT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

const CALLS: &str = "helix_calls_total";
const COST: &str = "helix_cost_nanos_total";

/// The figures could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The page could not be fetched.
    #[error("cannot fetch {url}: {detail}")]
    Unreachable {
        /// The page.
        url: String,
        /// Why.
        detail: String,
    },
    /// The gateway's metrics lack a counter.
    #[error("the gateway's /metrics has no `{0}`")]
    NoCounter(&'static str),
}

/// Both books, side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LedgerComparison {
    /// Calls that the gateway counted.
    pub gateway_calls: u64,
    /// Calls that the provider billed to the gateway.
    pub provider_calls: u64,
    /// What the gateway made of them, in nano-dollars.
    pub gateway_cost_nanos: u64,
    /// What the provider's bill comes to, in nano-dollars.
    pub provider_cost_nanos: u64,
}

impl LedgerComparison {
    /// Whether nothing is missing and nothing is too much.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.gateway_calls == self.provider_calls
            && self.gateway_cost_nanos == self.provider_cost_nanos
    }

    /// Calls that the gateway lost; negative where it counted some that the provider did not.
    #[must_use]
    pub fn lost_calls(&self) -> i64 {
        self.provider_calls.cast_signed() - self.gateway_calls.cast_signed()
    }
}

/// Compares the gateway's counters with the fake provider's bill, and waits a little for what is
/// still being settled.
///
/// # Errors
/// When either cannot be read.
pub async fn ledger_matches(
    gateway_url: &str,
    key: &str,
    provider: SocketAddr,
) -> Result<LedgerComparison, LedgerError> {
    let asked_at = Instant::now();
    loop {
        let comparison = compare(gateway_url, key, provider).await?;
        if comparison.is_equal() || asked_at.elapsed() >= SETTLING_LIMIT {
            return Ok(comparison);
        }
        sleep(PAUSE).await;
    }
}

async fn compare(
    gateway_url: &str,
    key: &str,
    provider: SocketAddr,
) -> Result<LedgerComparison, LedgerError> {
    let metrics = fetch(&format!("{gateway_url}/metrics"), key).await?;
    let books_url = format!("http://{provider}/_calls");
    let books = fetch(&books_url, key).await?;
    let calls: Calls = serde_json::from_str(&books)
        .map_err(|error| LedgerError::Unreachable { url: books_url, detail: error.to_string() })?;
    let bill = calls.billed_to(GATEWAY_TAG);
    let (_, input_nanos) = INPUT_PRICE;
    let (_, output_nanos) = OUTPUT_PRICE;
    Ok(LedgerComparison {
        gateway_calls: counter(&metrics, CALLS).ok_or(LedgerError::NoCounter(CALLS))?,
        provider_calls: bill.count,
        gateway_cost_nanos: counter(&metrics, COST).ok_or(LedgerError::NoCounter(COST))?,
        provider_cost_nanos: bill.input * input_nanos + bill.output * output_nanos,
    })
}

async fn fetch(url: &str, key: &str) -> Result<String, LedgerError> {
    let unreachable = |detail: String| LedgerError::Unreachable { url: url.to_owned(), detail };
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() = url.parse::<Uri>().map_err(|error| unreachable(error.to_string()))?;
    if let Ok(credential) = HeaderValue::from_str(&format!("Bearer {key}")) {
        request.headers_mut().insert(AUTHORIZATION, credential);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.map_err(|error| unreachable(error.to_string()))?;
    let status = response.status();
    if !status.is_success() {
        return Err(unreachable(format!("status {status}")));
    }
    let body = response.into_body().collect().await;
    let bytes = body.map_err(|error| unreachable(error.to_string()))?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A counter's value, added up over its labels; `None` if it is not there.
fn counter(metrics: &str, name: &str) -> Option<u64> {
    let samples = metrics.lines().filter_map(|line| sample(line, name));
    samples.fold(None, |sum, value| Some(sum.unwrap_or(0) + value))
}

fn sample(line: &str, name: &str) -> Option<u64> {
    let rest = line.strip_prefix(name)?;
    if !rest.starts_with(['{', ' ']) {
        return None;
    }
    // A label's value may hold spaces and braces; the number stands behind the last of them.
    let value = rest.rsplit_once('}').map_or(rest, |(_, value)| value);
    value.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = "\
# TYPE helix_calls_total counter
helix_calls_total{model=\"a {b}\",outcome=\"finished\"} 3
helix_calls_total{model=\"c\"} 4
helix_calls_total_other 100
helix_cost_nanos_total 67500000
";

    #[test]
    fn a_counter_is_the_sum_over_its_labels() {
        assert_eq!(counter(METRICS, CALLS), Some(7));
        assert_eq!(counter(METRICS, COST), Some(67_500_000));
        assert_eq!(counter(METRICS, "helix_nothing_total"), None);
    }

    #[tokio::test]
    async fn a_gateway_without_the_counters_is_told_so() {
        let provider = crate::fake_provider::spawn().await.unwrap();
        let address = provider.url().trim_start_matches("http://").parse().unwrap();
        let error = ledger_matches(&provider.url(), "key", address).await.unwrap_err();
        assert!(error.to_string().contains("/metrics: status 404"), "{error}");
    }

    #[test]
    fn a_difference_in_calls_or_money_is_a_difference() {
        let equal = LedgerComparison {
            gateway_calls: 5,
            provider_calls: 5,
            gateway_cost_nanos: 10,
            provider_cost_nanos: 10,
        };
        assert!(equal.is_equal());
        assert!(!LedgerComparison { gateway_cost_nanos: 9, ..equal }.is_equal());
        let lossy = LedgerComparison { gateway_calls: 3, ..equal };
        assert_eq!((lossy.is_equal(), lossy.lost_calls()), (false, 2));
    }
}
