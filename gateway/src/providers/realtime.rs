//! Connects a routed session: backends in order, until one has answered the upgrade.

use std::time::Duration;

use futures_util::TryFutureExt;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
        UPGRADE,
    },
};
use reqwest::{Response, Upgraded};
use shared::receipt::Stage;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use super::{
    Failure, Handle, Providers,
    attempt::{answer_to, classify, refused},
    handle::Asked,
    send::{kind, no_such_endpoint},
    tried::Tried,
};
use crate::{
    call::{Refusal, Trail},
    catalog::Serving,
    routing::{Attempt, Outcome, Routed},
    wire::{Dialect, RelayedApi},
};

const REALTIME: Dialect = Dialect::Relayed(RelayedApi::Realtime);

/// The bytes of a connection to a provider, in which frames are next.
pub type ProviderSocket = Upgraded;

/// A session that a provider has opened.
pub struct Connected {
    routed: Routed,
    serving: Serving,
    attempt: Attempt,
    socket: ProviderSocket,
}

impl Connected {
    /// The call, the deployment that serves it, the attempt at it, and the connection.
    #[must_use]
    pub fn into_parts(self) -> (Routed, Serving, Attempt, ProviderSocket) {
        (self.routed, self.serving, self.attempt, self.socket)
    }
}

impl Providers {
    /// The stage for a session: writes the intent to the journal, then connects to one backend
    /// after the other.
    ///
    /// # Errors
    /// As [`Providers::send`].
    pub async fn connect(
        &self,
        mut routed: Routed,
        trail: &mut Trail,
    ) -> Result<Connected, Refusal> {
        let mut tried = Tried::default();
        let Some(mut attempts) = routed.attempts() else { return Err(tried.nobody_left()) };
        loop {
            let (attempt, serving, handle) = match self.next(&mut attempts).await {
                Ok(next) => next,
                Err(exhausted) => {
                    return Err(tried.exhausted(&routed.model().name, exhausted, trail));
                }
            };
            let model = &serving.upstream_model;
            if handle.dialect_for(REALTIME, model, serving.api).is_none() {
                tried.last = Some(no_such_endpoint(&routed.model().name));
                attempts.failed(attempt, Outcome::Neutral);
                continue;
            }
            let Some(place) = self.place_at(&handle, &routed, &mut tried).await else {
                attempts.failed(attempt, Outcome::Neutral);
                continue;
            };
            trail.provider(&handle.name, model);
            tried.intend(&routed, trail).await?;
            let limit = attempts.time_left().unwrap_or(Duration::MAX).min(self.first_byte_timeout);
            match connect(&routed, &handle, model, limit).await {
                Ok(socket) => {
                    attempt.answering();
                    let summary = format!("{}{} as {model}", tried.before, handle.name);
                    trail.note(Stage::Route, kind(tried.before.is_empty()), summary);
                    routed.allowance_mut().join(place);
                    return Ok(Connected { routed, serving, attempt, socket });
                }
                Err(failure) => {
                    tried.failed(&handle, &failure);
                    attempts.failed(attempt, failure.outcome());
                    if !failure.may_fail_over() {
                        return Err(tried.given_up(trail));
                    }
                }
            }
        }
    }
}

async fn connect(
    routed: &Routed,
    handle: &Handle,
    model: &str,
    limit: Duration,
) -> Result<ProviderSocket, Failure> {
    let key = generate_key();
    let asked = Asked { dialect: REALTIME, model, is_streaming: true };
    let headers = headers(handle.headers(routed, REALTIME), &routed.call().vendor_headers, &key)
        .ok_or(Failure::Broken)?;
    let request = handle.client().get(handle.url(&asked)).headers(headers);
    let answer = async {
        let response = answer_to(handle, request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(if response.status().is_success() {
                Failure::Nonsense("an answer that is no WebSocket".to_owned())
            } else {
                refused(handle, response).await
            });
        }
        if !accepts(&response, &key) {
            return Err(Failure::Nonsense("an upgrade that is none of a WebSocket".to_owned()));
        }
        response.upgrade().map_err(|error| classify(&error)).await
    };
    timeout(limit, answer).await.unwrap_or(Err(Failure::Timeout))
}

/// The headers of a handshake, with those of the client that choose a version of the API.
fn headers(mut headers: HeaderMap, of_client: &HeaderMap, key: &str) -> Option<HeaderMap> {
    static BETA: HeaderName = HeaderName::from_static("openai-beta");
    headers.remove(CONTENT_TYPE);
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(key).ok()?);
    for beta in of_client.get_all(&BETA) {
        headers.append(BETA.clone(), beta.clone());
    }
    Some(headers)
}

fn accepts(response: &Response, key: &str) -> bool {
    response
        .headers()
        .get(SEC_WEBSOCKET_ACCEPT)
        .is_some_and(|accept| accept.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes())
}
