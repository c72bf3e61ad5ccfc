//! `GET /v1/realtime?model=…` as a `WebSocket`, and the same below `/openai/v1` at Azure.
//!
//! Source: the official SDK (`openai.types.realtime`, and `openai.types.beta.realtime` for a caller
//! who asks for the beta). A turn ends where the caller says so; with `server_vad`, where a piece of
//! sound is all silence.

mod answer;
mod conversation;
mod events;
mod playing;
mod session;

use std::{future::pending, sync::Arc};

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::time::sleep;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

use self::{events::Version, session::Session};
use crate::fake_provider::{
    Provider, credential,
    directives::{Directives, Failure},
    fault::Fault,
    reply::{Body, Cut, Exchange},
    socket::ResetSwitch,
    vendor::Vendor,
    vendor_call::VendorCall,
};

/// Whether a request opens a session.
pub(in crate::fake_provider) fn is_asked(request: &Request<Incoming>) -> bool {
    request.method() == Method::GET
        && matches!(request.uri().path(), "/v1/realtime" | "/openai/v1/realtime")
}

/// Answers the handshake; the session goes on by itself.
pub(in crate::fake_provider) async fn open(
    provider: &Arc<Provider>,
    mut request: Request<Incoming>,
    reset: &ResetSwitch,
) -> Result<Response<Body>, Cut> {
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let vendor = Vendor::of(parts.uri.path(), &parts.headers);
    let serial = provider.next_serial();
    let exchange = Exchange { vendor, request_id: format!("req_fake{serial:024x}"), reset };
    let call = VendorCall::of(&parts, b"", serial);
    let handshake = credential::admit(provider, vendor, &call).and_then(|()| handshake(&call));
    let arrival = provider.ledger.arrive(parts.headers.clone(), bytes::Bytes::new());
    let Handshake { model, directives, accept } = match handshake {
        Ok(handshake) => handshake,
        Err(fault) => {
            arrival.waive();
            return Ok(exchange.refuse(&fault, None));
        }
    };
    sleep(directives.latency).await;
    let failure = provider.failure_of(&directives);
    match failure {
        Some(Failure::Status(status)) => {
            arrival.fail();
            let fault = Fault::Wanted { status, model };
            return Ok(exchange.refuse(&fault, directives.retry_after_seconds));
        }
        Some(Failure::Html(_)) => {
            arrival.fail();
            return Ok(exchange.page("{\"no\": \"session\"}".to_owned()));
        }
        Some(Failure::Hang) => pending().await,
        Some(Failure::Reset) => {
            arrival.fail();
            reset.arm();
            return Err(Cut);
        }
        _ => {}
    }
    let version = Version::of(call.header("openai-beta"));
    let bill = arrival.open_session();
    let reset = reset.clone();
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let socket =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        Session::new(model, directives, failure, version, serial, bill, reset).run(socket).await;
    });
    Ok(exchange.switch(&accept))
}

struct Handshake {
    model: String,
    directives: Directives,
    accept: String,
}

fn handshake(call: &VendorCall<'_>) -> Result<Handshake, Fault> {
    let is_websocket =
        call.header("upgrade").is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"));
    let key = call.header("sec-websocket-key").filter(|_| is_websocket);
    let key = key.ok_or_else(|| {
        Fault::Invalid("This endpoint only takes WebSocket connections.".to_owned())
    })?;
    let model = call.query_value("model").ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    Ok(Handshake { model, directives, accept: derive_accept_key(key.as_bytes()) })
}
