//! `GET /v1/realtime`: OpenAI's realtime API as a `WebSocket`.
//!
//! A call is let through, paid for and connected to its provider before the upgrade is answered, so
//! that every refusal is an ordinary response. A browser, which can set no header, sends its key as
//! a subprotocol, as OpenAI's SDK does there.

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
            SEC_WEBSOCKET_VERSION, UPGRADE,
        },
    },
    response::Response,
};
use bytes::Bytes;
use gateway::{
    call::{Call, Credential, Refusal, Surface},
    proxy::Session,
    wire::{Dialect, ModelPath, RelayedApi, websocket_accept},
};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use shared::{Problem, ProblemCode};

use super::{App, ai, render};

/// Where sessions are opened.
pub(super) const PATH: &str = "/v1/realtime";
const SURFACE: Surface = Surface::Relayed(RelayedApi::Realtime);
/// What a browser's key follows in its subprotocol.
const KEY_PROTOCOL: &str = "openai-insecure-api-key.";
/// What the API is called among subprotocols.
const PROTOCOL: &str = "realtime";
/// Asks for the beta of the API, by a browser.
const BETA_PROTOCOL: &str = "openai-beta.realtime-v1";

/// Opens a session.
pub(super) async fn serve(app: &App, mut request: Request<Incoming>) -> Response {
    let proxy = &app.gateway.proxy;
    let request_id = proxy.next_request_id();
    let trail = proxy.trail(request_id, SURFACE);
    let upgrade = hyper::upgrade::on(&mut request);
    let headers = request.headers();
    let opening = match Opening::of(request.uri(), headers) {
        Ok(opening) => opening,
        Err(problem) => {
            let problem = trail.refuse(&Refusal::Edge(problem));
            return render::problem(Dialect::OpenAiChat, &problem);
        }
    };
    let call = Call {
        request_id,
        surface: SURFACE,
        credential: credential(headers),
        vendor_headers: vendor_headers(headers),
        path: Some(ModelPath { model: opening.model, is_streaming: true }),
        body: Bytes::new(),
        upload: None,
        batch: None,
        received_at: app.gateway.clock.now(),
    };
    match proxy.open_session(call, trail).await {
        Ok(session) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            *response.headers_mut() = opening.answer;
            render::identify(response.headers_mut(), &session.request_id().to_string());
            tokio::spawn(run(session, upgrade));
            response
        }
        Err(problem) => render::problem(Dialect::OpenAiChat, &problem),
    }
}

async fn run(session: Session, upgrade: OnUpgrade) {
    match upgrade.await {
        Ok(client) => session.run(TokioIo::new(client)).await,
        Err(error) => tracing::debug!(%error, "a client left before its session began"),
    }
}

/// What else is below the address: secrets and calls that browsers and telephones take to the
/// vendor themselves.
pub(super) async fn go_past() -> Response {
    let detail = "A secret for clients or a call over WebRTC or SIP leads to the provider itself, \
                  past this gateway and its budgets, so there is none here. Open a WebSocket at \
                  /v1/realtime?model=… with an API key of this gateway.";
    render::problem(Dialect::OpenAiChat, &Problem::new(ProblemCode::UnsupportedFeature, detail))
}

/// The handshake of a client.
struct Opening {
    model: String,
    /// The headers of the answer.
    answer: HeaderMap,
}

impl Opening {
    fn of(uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        let key = handshake_key(headers).ok_or_else(|| {
            let detail =
                "Open this address as a WebSocket of version 13 (RFC 6455), over HTTP/1.1.";
            Problem::new(ProblemCode::InvalidRequest, detail)
        })?;
        let model = model(uri)?;
        let mut answer = HeaderMap::new();
        answer.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        answer.insert(UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&websocket_accept(key.as_bytes())) {
            answer.insert(SEC_WEBSOCKET_ACCEPT, accept);
        }
        if protocols(headers).any(|protocol| protocol == PROTOCOL) {
            answer.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
        }
        Ok(Self { model, answer })
    }
}

fn handshake_key(headers: &HeaderMap) -> Option<&HeaderValue> {
    let has =
        |name, wanted: &str| {
            headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok()).any(|value| {
                value.split(',').any(|token| token.trim().eq_ignore_ascii_case(wanted))
            })
        };
    let is_handshake =
        has(CONNECTION, "upgrade") && has(UPGRADE, "websocket") && has(SEC_WEBSOCKET_VERSION, "13");
    headers.get(SEC_WEBSOCKET_KEY).filter(|_| is_handshake)
}

/// The address names the model, and nothing else that the gateway would not understand.
fn model(uri: &Uri) -> Result<String, Problem> {
    let mut model = None;
    for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "model" || model.is_some() {
            let name: String = name.chars().take(64).collect();
            let detail = format!(
                "The parameter `{name}` of the address is not supported; name the model alone, \
                 once: /v1/realtime?model=…"
            );
            return Err(Problem::new(ProblemCode::UnsupportedFeature, detail).at(name));
        }
        let value = value.replace('+', " ");
        model = Some(percent_decode_str(&value).decode_utf8_lossy().into_owned());
    }
    model.ok_or_else(|| {
        let detail = "`model` is missing; name a model in the address: /v1/realtime?model=…";
        Problem::new(ProblemCode::InvalidRequest, detail).at("model")
    })
}

fn credential(headers: &HeaderMap) -> Credential {
    match ai::credential(headers) {
        Credential::None => {
            ai::key_of(protocols(headers).find_map(|it| it.strip_prefix(KEY_PROTOCOL)))
        }
        known => known,
    }
}

fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Which version of the API is spoken.
fn vendor_headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for value in headers.get_all("openai-beta") {
        kept.append("openai-beta", value.clone());
    }
    if kept.is_empty() && protocols(headers).any(|protocol| protocol == BETA_PROTOCOL) {
        kept.insert("openai-beta", HeaderValue::from_static("realtime=v1"));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        headers
    }

    fn opened(uri: &str, headers: &HeaderMap) -> Result<Opening, Problem> {
        Opening::of(&uri.parse().unwrap(), headers)
    }

    #[test]
    fn a_handshake_is_answered_as_its_specification_shows() {
        let opening =
            opened("/v1/realtime?model=a%2Fb+c", &handshake()).unwrap_or_else(|it| panic!("{it}"));
        assert_eq!(opening.model, "a/b c");
        assert_eq!(opening.answer[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!opening.answer.contains_key(SEC_WEBSOCKET_PROTOCOL));
    }

    #[test]
    fn what_is_no_handshake_or_names_no_model_or_more_than_it_is_refused() {
        let detail = |uri, headers: &HeaderMap| opened(uri, headers).err().unwrap().detail;
        assert!(detail("/v1/realtime?model=m", &HeaderMap::new()).contains("WebSocket"));
        assert!(detail("/v1/realtime", &handshake()).contains("`model` is missing"));
        assert!(detail("/v1/realtime?model=m&call_id=c", &handshake()).contains("`call_id`"));
        assert!(detail("/v1/realtime?model=m&model=n", &handshake()).contains("`model` of the"));
    }

    #[test]
    fn a_browser_sends_key_and_version_as_subprotocols() {
        let mut headers = handshake();
        let protocols = "realtime, openai-insecure-api-key.hx_1, openai-beta.realtime-v1";
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocols));
        let Credential::ApiKey(key) = credential(&headers) else { panic!("there is a key") };
        assert_eq!(key.expose(), "hx_1");
        assert_eq!(vendor_headers(&headers)["openai-beta"], "realtime=v1");
        let opening = opened("/v1/realtime?model=m", &headers).unwrap_or_else(|it| panic!("{it}"));
        assert_eq!(opening.answer[SEC_WEBSOCKET_PROTOCOL], PROTOCOL);
    }
}
