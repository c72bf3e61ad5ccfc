//! The pages: rendered by `app`, guarded, with the files that they need.
//!
//! Whatever a page can do works without code through the plain forms in [`forms`]; pages that
//! are hydrated call the server functions under `/ui` instead.

mod assets;
mod caller;
mod events;
mod forms;
mod guard;
mod headers;
mod render;

use std::sync::Arc;

use any_spawner::Executor;
use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};
use gateway::Gateway;
use tower_http::{compression::CompressionLayer, csrf::CsrfLayer};

pub(crate) use self::render::Site;

/// Every address of the site, and the page for addresses that lead nowhere as its fallback.
///
/// The edge should set `x-request-id` on requests before they come here, and offer the peer's
/// address as `ConnectInfo<SocketAddr>`.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    // Another part of the process may have started it: then it is the same runtime.
    let _started_or_already = Executor::init_tokio();
    let site = Site::new(gateway);
    Router::new()
        .route("/", get(guard::home))
        .route("/sign-in", get(guard::page).post(forms::sign_in::with_password))
        .route("/sign-in/once", get(guard::page).post(forms::sign_in::with_link))
        .route("/sign-in/password", get(guard::page).post(forms::sign_in::choose_password))
        .route("/sign-out", post(forms::sign_in::sign_out))
        .route("/theme", post(forms::theme::choose))
        .route("/chat", get(guard::page))
        .route("/chat/{conversation}", get(guard::page))
        .route("/chat/send", post(forms::chat::send))
        .route("/chat/regenerate", post(forms::chat::regenerate))
        .route("/chat/sibling", post(forms::chat::choose_sibling))
        .route("/chat/stop", post(forms::chat::stop))
        .route("/chat/rename", post(forms::chat::rename))
        .route("/chat/delete", post(forms::chat::delete))
        .route("/chat/runs/{message}/events", get(events::follow))
        .route("/keys", get(guard::page).post(forms::keys::create))
        .route("/keys/revoke", post(forms::keys::revoke))
        .route("/providers", get(guard::page).post(forms::providers::write))
        .route("/providers/remove", post(forms::providers::remove))
        .route("/providers/test", post(forms::providers::test))
        .route("/spend", get(guard::page))
        .route("/ui/{*function}", post(render::server_function))
        .fallback(get(guard::page))
        .layer(from_fn(caller::note_client))
        .layer(CompressionLayer::new())
        .route("/site/{digest}/{*path}", get(assets::file))
        .route("/favicon.ico", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .layer(CsrfLayer::new())
        .layer(headers::layer())
        .with_state(site)
}
