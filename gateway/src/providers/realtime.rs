//! Connects a routed session: backends in order, until one has answered the upgrade.

use std::{fmt::Write, time::Duration};

use futures_util::TryFutureExt;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
        UPGRADE,
    },
};
use reqwest::{Response, Upgraded};
use shared::receipt::{Stage, VerdictKind};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use super::{
    Failure, Handle, Providers,
    attempt::{answer_to, classify, refused},
    handle::Asked,
    send::{intend, kind, no_such_endpoint},
};
use crate::{
    call::{Refusal, Trail},
    routing::Routed,
    wire::{Dialect, RelayedApi},
};

const REALTIME: Dialect = Dialect::Relayed(RelayedApi::Realtime);

/// The bytes of a connection to a provider, in which frames are next.
pub type ProviderSocket = Upgraded;

/// A session that a provider has opened.
pub struct Connected {
    routed: Routed,
    upstream_model: String,
    socket: ProviderSocket,
}

impl Connected {
    /// The call, what the provider calls its model, and the connection.
    #[must_use]
    pub fn into_parts(self) -> (Routed, String, ProviderSocket) {
        (self.routed, self.upstream_model, self.socket)
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
        let mut tried = String::new();
        let mut is_intended = false;
        let mut last = Refusal::UpstreamFailed("no backend is configured".to_owned());
        for deployment in routed.candidates() {
            let Some(handle) = self.handles.get(&deployment.provider) else { continue };
            let model = &deployment.upstream_model;
            if handle.dialect_for(REALTIME, model, deployment.api).is_none() {
                last = no_such_endpoint(&routed.model().name);
                continue;
            }
            let place = match self.place_at(handle, &routed, &mut tried).await {
                Ok(place) => place,
                Err(refusal) => {
                    last = refusal;
                    continue;
                }
            };
            trail.provider(&handle.name, model);
            if !is_intended {
                intend(&routed, trail).await?;
                is_intended = true;
            }
            match connect(&routed, handle, model, self.first_byte_timeout).await {
                Ok(socket) => {
                    let summary = format!("{tried}{} as {model}", handle.name);
                    trail.note(Stage::Route, kind(tried.is_empty()), summary);
                    let upstream_model = model.clone();
                    routed.allowance_mut().join(place);
                    return Ok(Connected { routed, upstream_model, socket });
                }
                Err(failure) => {
                    let reason = failure.summary();
                    tracing::warn!(provider = handle.name, reason, "a backend opened no session");
                    let _ = write!(tried, "{} {reason}; then ", handle.name);
                    last = failure.refusal(&handle.name);
                    if !failure.may_fail_over() {
                        break;
                    }
                }
            }
        }
        trail.note(Stage::Route, VerdictKind::Refused, format!("{tried}no further backend"));
        Err(last)
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
