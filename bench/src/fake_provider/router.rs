//! From a request to what answers it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{
    Provider, anthropic, credential, openai,
    reply::{Body, Cut, Exchange, Prepared},
    socket::ResetSwitch,
    vendor::{Fault, Vendor},
};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    /// The provider's own books; no credential is needed.
    Books(Books),
    /// What vendors charge nothing for.
    Free(Free<'a>),
    /// What is billed.
    Billed(Billed),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Books {
    Show,
    ShowItems,
    Reset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Free<'a> {
    ModelList,
    Model(&'a str),
    CountTokens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Billed {
    Chat,
    Embeddings,
    Messages,
}

/// Answers one request.
pub(super) async fn answer(
    provider: &Arc<Provider>,
    request: Request<Incoming>,
    reset: &ResetSwitch,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    // A client that leaves in the middle of its request is not answered.
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let path = parts.uri.path();
    let vendor = Vendor::of(path, &parts.headers);
    let serial = provider.next_serial();
    let exchange = Exchange { vendor, request_id: format!("req_fake{serial:024x}"), reset };
    let json = match endpoint(&parts.method, path) {
        Ok(Endpoint::Billed(billed)) => {
            return bill(provider, &exchange, billed, parts.headers, body, serial).await;
        }
        Ok(Endpoint::Free(free)) => {
            credential::check(vendor, &parts.headers, provider.key.as_deref())
                .and_then(|()| free.page(vendor, &body))
        }
        Ok(Endpoint::Books(books)) => Ok(provider.show_books(books)),
        Err(fault) => Err(fault),
    };
    Ok(match json {
        Ok(json) => exchange.page(json),
        Err(fault) => exchange.refuse(&fault, None),
    })
}

async fn bill(
    provider: &Arc<Provider>,
    exchange: &Exchange<'_>,
    billed: Billed,
    headers: HeaderMap,
    body: Bytes,
    serial: u64,
) -> Result<Response<Body>, Cut> {
    let prepared = credential::check(exchange.vendor, &headers, provider.key.as_deref())
        .and_then(|()| billed.prepare(&headers, &body, serial));
    let arrival = provider.ledger.arrive(headers, body);
    match prepared {
        Ok(prepared) => {
            let failure = provider.failure_of(&prepared.directives);
            exchange.perform(prepared, failure, arrival).await
        }
        Err(fault) => {
            arrival.waive();
            Ok(exchange.refuse(&fault, None))
        }
    }
}

impl Billed {
    fn prepare(self, headers: &HeaderMap, body: &[u8], serial: u64) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => openai::chat::prepare(body, serial),
            Self::Embeddings => openai::embeddings::prepare(body),
            Self::Messages if !headers.contains_key("anthropic-version") => {
                Err(Fault::MissingVersion)
            }
            Self::Messages => anthropic::messages::prepare(body, serial),
        }
    }
}

impl Free<'_> {
    fn page(self, vendor: Vendor, body: &[u8]) -> Result<String, Fault> {
        match (self, vendor) {
            (Self::ModelList, Vendor::OpenAi) => Ok(openai::models::list()),
            (Self::ModelList, Vendor::Anthropic) => Ok(anthropic::models::list()),
            (Self::Model(id), Vendor::OpenAi) => openai::models::get(id),
            (Self::Model(id), Vendor::Anthropic) => anthropic::models::get(id),
            (Self::CountTokens, _) => anthropic::messages::count_tokens(body),
        }
    }
}

fn endpoint<'a>(method: &Method, path: &'a str) -> Result<Endpoint<'a>, Fault> {
    let (expected, endpoint) = match path {
        "/v1/chat/completions" => (Method::POST, Endpoint::Billed(Billed::Chat)),
        "/v1/embeddings" => (Method::POST, Endpoint::Billed(Billed::Embeddings)),
        "/v1/messages" => (Method::POST, Endpoint::Billed(Billed::Messages)),
        "/v1/messages/count_tokens" => (Method::POST, Endpoint::Free(Free::CountTokens)),
        "/v1/models" => (Method::GET, Endpoint::Free(Free::ModelList)),
        "/_calls" => (Method::GET, Endpoint::Books(Books::Show)),
        "/_items" => (Method::GET, Endpoint::Books(Books::ShowItems)),
        "/_reset" => (Method::POST, Endpoint::Books(Books::Reset)),
        _ => match path.strip_prefix("/v1/models/") {
            Some(id) => (Method::GET, Endpoint::Free(Free::Model(id))),
            None => return Err(Fault::UnknownPath(format!("{method} {path}"))),
        },
    };
    if *method == expected {
        Ok(endpoint)
    } else {
        Err(Fault::WrongMethod(format!("{method} on {path}")))
    }
}
