//! From a request to what answers it.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, Uri, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{
    Provider, azure, bedrock, cohere, copilot, credential,
    endpoint::{Billed, Books, Endpoint, Free},
    fault::Fault,
    form::Form,
    gemini,
    kept::Kept,
    ollama, openai, replicate,
    reply::{Body, Cut, Exchange},
    sagemaker,
    socket::ResetSwitch,
    vendor::Vendor,
    vendor_call::VendorCall,
    vertex, workers_ai,
};

/// Answers one request.
pub(super) async fn answer(
    provider: &Arc<Provider>,
    request: Request<Incoming>,
    reset: &ResetSwitch,
) -> Result<Response<Body>, Cut> {
    if openai::realtime::is_asked(&request) {
        return openai::realtime::open(provider, request, reset).await;
    }
    let (parts, body) = request.into_parts();
    // A client that leaves in the middle of its request is not answered.
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let uri = parts.uri.clone();
    let vendor = Vendor::of(uri.path(), &parts.headers);
    let serial = provider.next_serial();
    let exchange = Exchange { vendor, request_id: format!("req_fake{serial:024x}"), reset };
    let call = VendorCall::of(&parts, &body, serial);
    let found = endpoint(vendor, &parts.method, &uri).map(|found| unless_waited_for(found, &call));
    let json = match found {
        Ok(Endpoint::Billed(billed)) => {
            return bill(provider, &exchange, billed, parts, body, serial).await;
        }
        Ok(Endpoint::Free(free)) => {
            credential::admit(provider, vendor, &call).and_then(|()| free.page(vendor, &call))
        }
        Ok(Endpoint::Tokens) => hand_out(provider, vendor, &call),
        Ok(Endpoint::Kept(kept)) => return Ok(find(provider, &exchange, kept, &call)),
        Ok(Endpoint::Books(books)) => Ok(provider.show_books(books)),
        Err(fault) => Err(fault),
    };
    Ok(match json {
        Ok(json) => exchange.page(json),
        Err(fault) => exchange.refuse(&fault, None),
    })
}

/// A prediction that nobody waits for is billed where what came of it is read.
fn unless_waited_for<'a>(endpoint: Endpoint<'a>, call: &VendorCall<'_>) -> Endpoint<'a> {
    let Endpoint::Billed(Billed::Replicate(billed)) = endpoint else { return endpoint };
    billed.unless_waited_for(call.header("prefer")).map_or(endpoint, Endpoint::free)
}

async fn bill(
    provider: &Arc<Provider>,
    exchange: &Exchange<'_>,
    billed: Billed<'_>,
    parts: Parts,
    body: Bytes,
    serial: u64,
) -> Result<Response<Body>, Cut> {
    let call = VendorCall::of(&parts, &body, serial);
    let prepared =
        credential::admit(provider, exchange.vendor, &call).and_then(|()| billed.prepare(&call));
    let arrival = provider.ledger.arrive(parts.headers.clone(), shown(&call));
    match prepared {
        Ok(prepared) => {
            let failure = provider.failure_of(&prepared.directives);
            let told = (!prepared.directives.is_without_usage).then_some(prepared.usage);
            let mut response = exchange.perform(prepared, failure, arrival).await?;
            if let Billed::Bedrock(billed) = billed {
                billed.add_headers(told, &mut response);
            }
            Ok(response)
        }
        Err(fault) => {
            arrival.waive();
            Ok(exchange.refuse(&fault, None))
        }
    }
}

/// What is kept. Its requests are billed later, if they are; the books only show what came.
fn find(
    provider: &Provider,
    exchange: &Exchange<'_>,
    kept: Kept<'_>,
    call: &VendorCall<'_>,
) -> Response<Body> {
    if kept.is_making() {
        provider.ledger.arrive(call.headers.clone(), shown(call)).waive();
    }
    let vendor = exchange.vendor;
    let found =
        credential::admit(provider, vendor, call).and_then(|()| kept.find(provider, vendor, call));
    match found {
        Ok(found) => exchange.show(found),
        Err(fault) => exchange.refuse(&fault, None),
    }
}

/// A form is shown as what is in it: its files are too large for the books.
fn shown(call: &VendorCall<'_>) -> Bytes {
    let form = Form::read(call).map(|form| form.told().into());
    form.unwrap_or_else(|_| Bytes::copy_from_slice(call.body))
}

/// A token of whoever hands them out there.
fn hand_out(provider: &Provider, vendor: Vendor, call: &VendorCall<'_>) -> Result<String, Fault> {
    let identity = &provider.identity;
    match vendor {
        Vendor::GoogleIdentity => vertex::token_endpoint::answer(call, identity),
        Vendor::GoogleMetadata => vertex::metadata_server::answer(call, identity),
        Vendor::Entra => azure::token_endpoint::answer(call, identity),
        Vendor::GitHub => copilot::token(call, identity),
        _ => azure::managed_identity::answer(call, identity),
    }
}

fn endpoint<'a>(vendor: Vendor, method: &Method, uri: &'a Uri) -> Result<Endpoint<'a>, Fault> {
    let path = uri.path();
    if let Some(kept) = Kept::at(vendor, method, path) {
        return Ok(Endpoint::Kept(kept));
    }
    let tokens_for = |expected| Some((expected, Endpoint::Tokens));
    match vendor {
        Vendor::OpenAi | Vendor::OpenAiResponses | Vendor::Anthropic => {
            Endpoint::taken_by(method, path, of_first_version(path))
        }
        Vendor::Gemini => gemini::route::endpoint(method, path),
        Vendor::Vertex | Vendor::VertexAnthropic | Vendor::VertexOpenAi => {
            vertex::route::endpoint(method, path)
        }
        Vendor::Azure => azure::route::endpoint(method, uri),
        Vendor::AzureAnthropic => {
            let rest = path.strip_prefix("/anthropic").unwrap_or(path);
            Endpoint::taken_by(method, path, of_first_version(rest))
        }
        Vendor::SageMaker => sagemaker::endpoint(method, path),
        Vendor::Replicate => replicate::route::endpoint(method, path),
        Vendor::Copilot => copilot::endpoint(method, path),
        Vendor::Bedrock => bedrock::route::endpoint(method, path),
        Vendor::Cohere => cohere::route::endpoint(method, path),
        Vendor::Ollama => ollama::route::endpoint(method, path),
        Vendor::WorkersAi => workers_ai::route::endpoint(method, path),
        Vendor::GoogleIdentity | Vendor::Entra => {
            Endpoint::taken_by(method, path, tokens_for(Method::POST))
        }
        Vendor::GoogleMetadata | Vendor::AzureMetadata | Vendor::GitHub => {
            Endpoint::taken_by(method, path, tokens_for(Method::GET))
        }
    }
}

/// What OpenAI and Anthropic have at a path, and the provider's own books.
fn of_first_version(path: &str) -> Option<(Method, Endpoint<'_>)> {
    if let Some(call) = openai::beside::Call::at(path) {
        return Some((Method::POST, Endpoint::Billed(Billed::Beside(call))));
    }
    Some(match path {
        "/v1/chat/completions" => (Method::POST, Endpoint::Billed(Billed::Chat)),
        "/v1/embeddings" => (Method::POST, Endpoint::Billed(Billed::Embeddings)),
        "/v1/messages" => (Method::POST, Endpoint::Billed(Billed::Messages)),
        "/v1/messages/count_tokens" => (Method::POST, Endpoint::Free(Free::CountTokens)),
        "/v1/models" => (Method::GET, Endpoint::Free(Free::ModelList)),
        "/_calls" => (Method::GET, Endpoint::Books(Books::Show)),
        "/_items" => (Method::GET, Endpoint::Books(Books::ShowItems)),
        "/_reset" => (Method::POST, Endpoint::Books(Books::Reset)),
        "/_expire_tokens" => (Method::POST, Endpoint::Books(Books::ExpireTokens)),
        path => (Method::GET, Endpoint::Free(Free::Model(path.strip_prefix("/v1/models/")?))),
    })
}
