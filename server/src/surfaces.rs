//! The doors: each builds a `Call` and enters the one pipeline, then renders what comes out.

mod ai;
mod batches;
mod body;
mod count_tokens;
mod files;
mod front;
mod gemini;
mod kept;
mod message_batches;
mod models;
mod operations;
mod realtime;
mod render;
mod request_log;
mod responses;
mod upload;
mod workers;

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};
use gateway::Gateway;
use tokio::runtime::Handle;

use crate::site;

pub(crate) use front::Front;
pub(crate) use operations::Metrics;

/// What every surface shares.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) body_limit_bytes: usize,
    pub(crate) upload_limit_bytes: u64,
    /// The address that people use, where the configuration says it.
    pub(crate) public_url: Option<Arc<str>>,
    /// Where what of an upload is beyond memory is kept.
    pub(crate) upload_directory: Arc<Path>,
}

/// All surfaces. Calls are served on the thread on which they arrive; all others on the workers of
/// the runtime in which this is called.
pub(crate) fn front(app: App, metrics: Metrics) -> Front {
    let models = Router::new()
        .route("/v1/models", get(models::list).fallback(render::method_not_allowed))
        .route(
            "/v1/models/{*model}",
            get(models::find).post(gemini::ask).fallback(render::method_not_allowed),
        )
        .route("/v1beta/models", get(models::list).fallback(render::method_not_allowed))
        .route(
            "/v1beta/models/{*model}",
            get(models::find).post(gemini::ask).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/responses/{id}",
            get(responses::retrieve).delete(responses::delete).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/responses/{id}/cancel",
            post(responses::cancel).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/responses/{id}/input_items",
            get(responses::input_items).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/messages/count_tokens",
            post(count_tokens::count).fallback(render::method_not_allowed),
        );
    let models = kept_routes(models);
    let models = front::CALLS
        .into_iter()
        .fold(models, |models, path| models.route(path, any(render::method_not_allowed)))
        .route(realtime::PATH, any(render::method_not_allowed))
        .route("/v1/realtime/{*path}", any(realtime::go_past))
        .route("/v1/{*path}", any(render::no_such_endpoint))
        .route("/v1beta/{*path}", any(render::no_such_endpoint))
        .with_state(app.clone());
    let others = models
        .merge(operations::router(app.clone(), metrics))
        .merge(site::router(Arc::clone(&app.gateway)))
        .layer(from_fn_with_state(app.clone(), request_log::log))
        .layer(from_fn_with_state(Handle::current(), workers::serve));
    Front::new(app, others)
}

/// Files and batches that callers keep at providers.
fn kept_routes(router: Router<App>) -> Router<App> {
    router
        .route(
            "/v1/files",
            get(files::list).post(files::bring).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/files/{id}",
            get(files::retrieve).delete(files::delete).fallback(render::method_not_allowed),
        )
        .route("/v1/files/{id}/content", get(files::content).fallback(render::method_not_allowed))
        .route(
            "/v1/batches",
            get(batches::list).post(batches::begin).fallback(render::method_not_allowed),
        )
        .route("/v1/batches/{id}", get(batches::retrieve).fallback(render::method_not_allowed))
        .route(
            "/v1/batches/{id}/cancel",
            post(batches::cancel).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/messages/batches",
            get(message_batches::list)
                .post(message_batches::begin)
                .fallback(render::method_not_allowed),
        )
        .route(
            "/v1/messages/batches/{id}",
            get(message_batches::retrieve)
                .delete(message_batches::delete)
                .fallback(render::method_not_allowed),
        )
        .route(
            "/v1/messages/batches/{id}/cancel",
            post(message_batches::cancel).fallback(render::method_not_allowed),
        )
        .route(
            "/v1/messages/batches/{id}/results",
            get(message_batches::results).fallback(render::method_not_allowed),
        )
}
