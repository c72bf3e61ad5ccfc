//! From a request to what answers it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, request::Parts};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{
    Provider, anthropic, bedrock, cohere, credential,
    ledger::Usage,
    ollama, openai,
    reply::{Body, Cut, Exchange, Prepared},
    socket::ResetSwitch,
    vendor::{Fault, Vendor},
    workers_ai,
};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    /// The provider's own books; no credential is needed.
    Books(Books),
    /// What vendors charge nothing for.
    Free(Free<'a>),
    /// What is billed.
    Billed(Billed<'a>),
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
    Bedrock,
    Cohere(cohere::Page<'a>),
    Ollama(ollama::Page),
    WorkersAi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Billed<'a> {
    Chat,
    Embeddings,
    Messages,
    Bedrock(bedrock::Operation<'a>),
    Cohere(cohere::Call),
    Ollama(ollama::Call),
    WorkersAi(workers_ai::Run<'a>),
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
    let json = match endpoint(vendor, &parts.method, path) {
        Ok(Endpoint::Billed(billed)) => {
            let admitted = admit(provider, vendor, &parts, &body);
            let headers = parts.headers;
            return bill(provider, &exchange, billed, admitted, headers, body, serial).await;
        }
        Ok(Endpoint::Free(free)) => {
            let query = parts.uri.query().unwrap_or_default();
            admit(provider, vendor, &parts, &body).and_then(|()| free.page(vendor, query, &body))
        }
        Ok(Endpoint::Books(books)) => Ok(provider.show_books(books)),
        Err(fault) => Err(fault),
    };
    Ok(match json {
        Ok(json) => exchange.page(json),
        Err(fault) => exchange.refuse(&fault, None),
    })
}

/// Lets a request in, or says why not.
fn admit(provider: &Provider, vendor: Vendor, request: &Parts, body: &[u8]) -> Result<(), Fault> {
    let key = provider.key.as_deref();
    match vendor {
        Vendor::Bedrock => {
            bedrock::credential::check(request, body, key, provider.aws_key.as_ref())
        }
        Vendor::Ollama => Ok(()),
        _ => credential::check(vendor, &request.headers, key),
    }
}

async fn bill(
    provider: &Arc<Provider>,
    exchange: &Exchange<'_>,
    billed: Billed<'_>,
    admitted: Result<(), Fault>,
    headers: HeaderMap,
    body: Bytes,
    serial: u64,
) -> Result<Response<Body>, Cut> {
    let prepared = admitted.and_then(|()| billed.prepare(&headers, &body, serial));
    let arrival = provider.ledger.arrive(headers, body);
    match prepared {
        Ok(prepared) => {
            let failure = provider.failure_of(&prepared.directives);
            let usage = prepared.usage;
            let mut response = exchange.perform(prepared, failure, arrival).await?;
            billed.add_headers(usage, &mut response);
            Ok(response)
        }
        Err(fault) => {
            arrival.waive();
            Ok(exchange.refuse(&fault, None))
        }
    }
}

impl Billed<'_> {
    fn prepare(self, headers: &HeaderMap, body: &[u8], serial: u64) -> Result<Prepared, Fault> {
        match self {
            Self::Chat => openai::chat::prepare(body, serial),
            Self::Embeddings => openai::embeddings::prepare(body),
            Self::Messages if !headers.contains_key("anthropic-version") => {
                Err(Fault::MissingVersion)
            }
            Self::Messages => anthropic::messages::prepare(body, serial),
            Self::Bedrock(operation) => operation.prepare(body, serial),
            Self::Cohere(call) => call.prepare(body, serial),
            Self::Ollama(call) => call.prepare(body),
            Self::WorkersAi(run) => run.prepare(body),
        }
    }

    fn add_headers(self, usage: Usage, response: &mut Response<Body>) {
        match self {
            Self::Bedrock(operation)
                if operation.is_invocation() && response.status().is_success() =>
            {
                bedrock::Counts(usage).add_to(response.headers_mut());
            }
            _ => {}
        }
    }
}

impl Free<'_> {
    fn page(self, vendor: Vendor, query: &str, body: &[u8]) -> Result<String, Fault> {
        match (self, vendor) {
            (Self::ModelList, Vendor::OpenAi) => Ok(openai::models::list()),
            (Self::ModelList, Vendor::Anthropic) => Ok(anthropic::models::list()),
            (Self::Model(id), Vendor::OpenAi) => openai::models::get(id),
            (Self::Model(id), Vendor::Anthropic) => anthropic::models::get(id),
            (Self::CountTokens, _) => anthropic::messages::count_tokens(body),
            (Self::ModelList | Self::Model(_), _) => {
                Err(Fault::UnknownPath("GET /v1/models".to_owned()))
            }
            (Self::Bedrock, _) => Ok(bedrock::models::list()),
            (Self::Cohere(page), _) => page.show(),
            (Self::Ollama(page), _) => page.show(body),
            (Self::WorkersAi, _) => Ok(workers_ai::models::list(query)),
        }
    }
}

fn endpoint<'a>(vendor: Vendor, method: &Method, path: &'a str) -> Result<Endpoint<'a>, Fault> {
    let (expected, endpoint) = match path {
        _ if let Some(own) = vendors_own(vendor, path) => own,
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

/// The endpoints that no other vendor has.
fn vendors_own(vendor: Vendor, path: &str) -> Option<(Method, Endpoint<'_>)> {
    let post = |billed| (Method::POST, Endpoint::Billed(billed));
    let get = |free| (Method::GET, Endpoint::Free(free));
    match vendor {
        Vendor::OpenAi | Vendor::Anthropic => None,
        Vendor::Bedrock if path == "/foundation-models" => Some(get(Free::Bedrock)),
        Vendor::Bedrock => bedrock::Operation::at(path).map(Billed::Bedrock).map(post),
        Vendor::Cohere => {
            let call = cohere::Call::at(path).map(Billed::Cohere).map(post);
            call.or_else(|| cohere::Page::at(path).map(Free::Cohere).map(get))
        }
        Vendor::Ollama => {
            let page = |page: ollama::Page| (page.method(), Endpoint::Free(Free::Ollama(page)));
            let call = ollama::Call::at(path).map(Billed::Ollama).map(post);
            call.or_else(|| ollama::Page::at(path).map(page))
        }
        Vendor::WorkersAi if workers_ai::models::are_at(path) => Some(get(Free::WorkersAi)),
        Vendor::WorkersAi => workers_ai::Run::at(path).map(Billed::WorkersAi).map(post),
    }
}
