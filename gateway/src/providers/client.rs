//! The HTTP client for providers: every time limit and redirect rule is decided here.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, redirect::Policy};

use crate::kernel::config;

const USER_AGENT: &str = concat!("helixgateway/", env!("CARGO_PKG_VERSION"));
/// Shorter than what servers keep idle connections for, so that none is reused as it closes.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);
/// Where the gateway runs elsewhere, nobody answers at the addresses of a cloud's machines.
const CREDENTIAL_CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// A token or a key is a few hundred bytes, and calls wait for it.
const CREDENTIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for one provider. It follows no redirects (a credential must not travel), asks for no
/// compression (bytes are relayed as they come), and speaks HTTP/1.1, because one HTTP/2
/// connection would carry every stream and stall at the provider's stream limit.
///
/// # Errors
/// [`reqwest::Error`] where the TLS roots of the system cannot be loaded.
pub(super) fn build(settings: &config::Proxy) -> reqwest::Result<Client> {
    plain(settings)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .pool_max_idle_per_host(usize::MAX)
        .tcp_keepalive(TCP_KEEPALIVE)
        .build()
}

/// A client for those who hand out tokens. It is seldom used, so it keeps no connection, and no
/// proxy leads to what is on the machine itself.
///
/// # Errors
/// [`reqwest::Error`] where the TLS roots of the system cannot be loaded.
pub(super) fn for_tokens(settings: &config::Proxy, is_local: bool) -> reqwest::Result<Client> {
    let client = plain(settings).pool_max_idle_per_host(0).timeout(CREDENTIAL_TIMEOUT);
    if is_local { client.no_proxy().build() } else { client.build() }
}

/// A client for public lists, of which one is asked for now and then: it keeps no connection.
///
/// # Errors
/// As [`build`].
pub(super) fn for_lists(settings: &config::Proxy) -> reqwest::Result<Client> {
    plain(settings).pool_max_idle_per_host(0).build()
}

/// A client for what hands out keys to a cloud, which may be the machine itself or be nowhere.
///
/// # Errors
/// As [`build`].
pub(super) fn for_keys() -> reqwest::Result<Client> {
    plain(&config::Proxy::default())
        .connect_timeout(CREDENTIAL_CONNECT_TIMEOUT)
        .timeout(CREDENTIAL_TIMEOUT)
        .build()
}

fn plain(settings: &config::Proxy) -> ClientBuilder {
    Client::builder()
        .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
        .redirect(Policy::none())
        // The failover above decides what is tried again, and keeps the body for it.
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .http1_only()
        .user_agent(USER_AGENT)
}
