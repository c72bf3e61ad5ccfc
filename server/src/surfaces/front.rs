//! The first look at a request: calls go straight into the pipeline, all others to their routes.
//!
//! A route costs more than the stages of the pipeline before a provider is asked: layers, boxes,
//! matched paths and extensions, which a call has no use for.

use std::{convert::Infallible, net::SocketAddr, panic::AssertUnwindSafe};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::Method,
    response::Response,
};
use futures_util::FutureExt;
use gateway::{call::Surface, wire::RelayedApi};
use hyper::body::Incoming;
use tower::ServiceExt;

use super::{
    App,
    ai::{self, Arrival},
    gemini, realtime, render,
};

/// Everything that answers requests.
pub(crate) struct Front {
    app: App,
    others: Router,
}

impl Front {
    pub(super) fn new(app: App, others: Router) -> Self {
        Self { app, others }
    }

    /// Answers one request, also where answering it panics.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response, Infallible> {
        // Nothing that a panic may leave half done is shared: locks recover, trails are dropped.
        let answer = AssertUnwindSafe(self.dispatch(request, peer)).catch_unwind().await;
        Ok(answer.unwrap_or_else(render::after_panic))
    }

    /// The connection moves this future with every request, so what few requests need of it is in
    /// a box.
    async fn dispatch(&self, request: Request<Incoming>, peer: SocketAddr) -> Response {
        if request.method() == Method::GET && request.uri().path() == realtime::PATH {
            return Box::pin(realtime::serve(&self.app, request)).await;
        }
        if request.method() == Method::POST {
            if let Some(surface) = surface_at(request.uri().path()) {
                let (parts, body) = request.into_parts();
                let credential = ai::credential(&parts.headers);
                let arrival = Arrival { surface, credential, path: None };
                return ai::serve(arrival, &self.app, &parts.headers, Body::new(body)).await;
            }
            if let Some(asked) = gemini::asked(request.uri()) {
                let (parts, body) = request.into_parts();
                return Box::pin(gemini::serve(asked, &self.app, &parts, Body::new(body))).await;
            }
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        match self.others.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Where calls are taken.
pub(super) const CALLS: [&str; 13] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/messages",
    "/v1/moderations",
    "/v1/rerank",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/images/variations",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
];

/// The surface that takes calls at a path.
fn surface_at(path: &str) -> Option<Surface> {
    Some(match path {
        "/v1/chat/completions" => Surface::OpenAiChat,
        "/v1/completions" => Surface::OpenAiCompletions,
        "/v1/responses" => Surface::OpenAiResponses,
        "/v1/embeddings" => Surface::OpenAiEmbeddings,
        "/v1/messages" => Surface::AnthropicMessages,
        "/v1/moderations" => Surface::Relayed(RelayedApi::Moderations),
        "/v1/rerank" | "/v2/rerank" => Surface::Relayed(RelayedApi::Rerank),
        "/v1/images/generations" => Surface::Relayed(RelayedApi::ImageGenerations),
        "/v1/images/edits" => Surface::Relayed(RelayedApi::ImageEdits),
        "/v1/images/variations" => Surface::Relayed(RelayedApi::ImageVariations),
        "/v1/audio/speech" => Surface::Relayed(RelayedApi::Speech),
        "/v1/audio/transcriptions" => Surface::Relayed(RelayedApi::Transcriptions),
        "/v1/audio/translations" => Surface::Relayed(RelayedApi::Translations),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_where_calls_are_taken_has_a_surface_of_its_own() {
        let mut surfaces: Vec<_> = CALLS.into_iter().filter_map(surface_at).collect();
        surfaces.dedup();
        assert_eq!(surfaces.len(), CALLS.len());
    }
}
