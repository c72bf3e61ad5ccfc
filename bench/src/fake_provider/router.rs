//! From a request to what answers it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{
    Provider, anthropic, azure, credential,
    form::Form,
    gemini, openai,
    reply::{Body, Cut, Exchange, Prepared},
    socket::ResetSwitch,
    vendor::{Fault, Vendor},
    vendor_call::VendorCall,
    vertex,
};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    /// The provider's own books; no credential is needed.
    Books(Books),
    /// What vendors charge nothing for.
    Free(Free<'a>),
    /// Where tokens are handed out.
    Tokens,
    /// What is billed.
    Billed(Billed<'a>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Books {
    Show,
    ShowItems,
    Reset,
    ExpireTokens,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free<'a> {
    ModelList,
    Model(&'a str),
    CountTokens,
    Gemini(gemini::route::Free<'a>),
    Vertex(vertex::route::Free<'a>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Billed<'a> {
    Chat,
    Embeddings,
    Beside(openai::beside::Call),
    Messages,
    Gemini(gemini::route::Billed<'a>),
    Vertex(vertex::route::Billed<'a>),
    Azure(azure::route::Billed<'a>),
}

impl<'a> Endpoint<'a> {
    /// An endpoint that costs nothing.
    pub(super) fn free(free: impl Into<Free<'a>>) -> Self {
        Self::Free(free.into())
    }

    /// An endpoint that is billed.
    pub(super) fn billed(billed: impl Into<Billed<'a>>) -> Self {
        Self::Billed(billed.into())
    }
}

impl<'a> From<gemini::route::Free<'a>> for Free<'a> {
    fn from(free: gemini::route::Free<'a>) -> Self {
        Self::Gemini(free)
    }
}

impl<'a> From<vertex::route::Free<'a>> for Free<'a> {
    fn from(free: vertex::route::Free<'a>) -> Self {
        Self::Vertex(free)
    }
}

impl<'a> From<gemini::route::Billed<'a>> for Billed<'a> {
    fn from(billed: gemini::route::Billed<'a>) -> Self {
        Self::Gemini(billed)
    }
}

impl<'a> From<vertex::route::Billed<'a>> for Billed<'a> {
    fn from(billed: vertex::route::Billed<'a>) -> Self {
        Self::Vertex(billed)
    }
}

impl<'a> From<azure::route::Billed<'a>> for Billed<'a> {
    fn from(billed: azure::route::Billed<'a>) -> Self {
        Self::Azure(billed)
    }
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
    let uri = parts.uri.clone();
    let vendor = Vendor::of(uri.path(), &parts.headers);
    let serial = provider.next_serial();
    let exchange = Exchange { vendor, request_id: format!("req_fake{serial:024x}"), reset };
    let call = VendorCall { uri: &uri, headers: &parts.headers, body: &body, serial };
    let json = match endpoint(vendor, &parts.method, &uri) {
        Ok(Endpoint::Billed(billed)) => {
            return bill(provider, &exchange, billed, parts, body, serial).await;
        }
        Ok(Endpoint::Free(free)) => {
            credential::admit(provider, vendor, &call).and_then(|()| free.page(vendor, &call))
        }
        Ok(Endpoint::Tokens) => hand_out(provider, vendor, &call),
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
    billed: Billed<'_>,
    parts: Parts,
    body: Bytes,
    serial: u64,
) -> Result<Response<Body>, Cut> {
    let call = VendorCall { uri: &parts.uri, headers: &parts.headers, body: &body, serial };
    let prepared =
        credential::admit(provider, exchange.vendor, &call).and_then(|()| billed.prepare(&call));
    // A form is kept as what is in it: its files are too large for the books.
    let shown = Form::read(&call).map_or_else(|_| body.clone(), |form| form.told().into());
    let arrival = provider.ledger.arrive(parts.headers, shown);
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

/// A token of whoever hands them out there.
fn hand_out(provider: &Provider, vendor: Vendor, call: &VendorCall<'_>) -> Result<String, Fault> {
    let identity = &provider.identity;
    match vendor {
        Vendor::GoogleIdentity => vertex::token_endpoint::answer(call, identity),
        Vendor::GoogleMetadata => vertex::metadata_server::answer(call, identity),
        Vendor::Entra => azure::token_endpoint::answer(call, identity),
        _ => azure::managed_identity::answer(call, identity),
    }
}

impl Billed<'_> {
    fn prepare(self, call: &VendorCall<'_>) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => openai::chat::prepare(call.body, call.serial),
            Self::Embeddings => openai::embeddings::prepare(call.body),
            Self::Beside(beside) => beside.prepare(call),
            Self::Messages if call.header("anthropic-version").is_none() => {
                Err(Fault::MissingVersion)
            }
            Self::Messages => anthropic::messages::prepare(call.body, call.serial),
            Self::Gemini(billed) => billed.prepare(call),
            Self::Vertex(billed) => billed.prepare(call),
            Self::Azure(billed) => billed.prepare(call),
        }
    }
}

impl Free<'_> {
    fn page(self, vendor: Vendor, call: &VendorCall<'_>) -> Result<String, Fault> {
        match (self, vendor) {
            (Self::ModelList, Vendor::Anthropic) => Ok(anthropic::models::list()),
            (Self::ModelList, _) => Ok(openai::models::list()),
            (Self::Model(id), Vendor::Anthropic) => anthropic::models::get(id),
            (Self::Model(id), _) => openai::models::get(id),
            (Self::CountTokens, _) => anthropic::messages::count_tokens(call.body),
            (Self::Gemini(free), _) => free.page(call),
            (Self::Vertex(free), _) => free.page(call),
        }
    }
}

fn endpoint<'a>(vendor: Vendor, method: &Method, uri: &'a Uri) -> Result<Endpoint<'a>, Fault> {
    let path = uri.path();
    let (expected, endpoint) = match path {
        _ if vendor == Vendor::Gemini => return gemini::route::endpoint(method, path),
        _ if vendor == Vendor::Azure => return azure::route::endpoint(method, uri),
        _ if vendor.is_on_vertex() => return vertex::route::endpoint(method, path),
        _ if matches!(vendor, Vendor::GoogleIdentity | Vendor::Entra) => {
            (Method::POST, Endpoint::Tokens)
        }
        _ if matches!(vendor, Vendor::GoogleMetadata | Vendor::AzureMetadata) => {
            (Method::GET, Endpoint::Tokens)
        }
        _ if let Some(call) = openai::beside::Call::at(path) => {
            (Method::POST, Endpoint::Billed(Billed::Beside(call)))
        }
        "/v1/chat/completions" => (Method::POST, Endpoint::Billed(Billed::Chat)),
        "/v1/embeddings" => (Method::POST, Endpoint::Billed(Billed::Embeddings)),
        "/v1/messages" => (Method::POST, Endpoint::Billed(Billed::Messages)),
        "/v1/messages/count_tokens" => (Method::POST, Endpoint::Free(Free::CountTokens)),
        "/v1/models" => (Method::GET, Endpoint::Free(Free::ModelList)),
        "/_calls" => (Method::GET, Endpoint::Books(Books::Show)),
        "/_items" => (Method::GET, Endpoint::Books(Books::ShowItems)),
        "/_reset" => (Method::POST, Endpoint::Books(Books::Reset)),
        "/_expire_tokens" => (Method::POST, Endpoint::Books(Books::ExpireTokens)),
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
