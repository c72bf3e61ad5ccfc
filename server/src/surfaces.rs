//! The doors: each builds a `Call` and enters the one pipeline, then renders what comes out.

mod ai;
mod body;
mod models;
mod operations;
mod render;
mod request_log;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use gateway::{Gateway, call::Surface};
use tower_http::catch_panic::CatchPanicLayer;

use crate::site;

pub(crate) use operations::Metrics;

/// What every surface shares.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) body_limit_bytes: usize,
}

/// All surfaces that are not pages.
pub(crate) fn router(app: App, metrics: Metrics) -> Router {
    let call = |surface| {
        post(move |state, headers, body| ai::serve(surface, state, headers, body))
            .fallback(render::method_not_allowed)
    };
    let calls = Router::new()
        .route("/v1/chat/completions", call(Surface::OpenAiChat))
        .route("/v1/embeddings", call(Surface::OpenAiEmbeddings))
        .route("/v1/messages", call(Surface::AnthropicMessages))
        .with_state(app.clone());
    let models = Router::new()
        .route("/v1/models", get(models::list).fallback(render::method_not_allowed))
        .route("/v1/models/{*model}", get(models::find).fallback(render::method_not_allowed))
        .route("/v1/{*path}", axum::routing::any(render::no_such_endpoint))
        .with_state(app.clone());
    let pages = site::router(Arc::clone(&app.gateway));
    let others = models
        .merge(operations::router(app.clone(), metrics))
        .merge(pages)
        .layer(from_fn_with_state(app, request_log::log));
    calls.merge(others).layer(CatchPanicLayer::custom(render::after_panic))
}
