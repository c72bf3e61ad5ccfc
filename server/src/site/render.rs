//! Renders pages and answers server functions, with the engine at hand.

use std::sync::Arc;

use app::{
    shell::{SiteFiles, shell},
    visit::{CheckedProvider, FailedForm, KeptProvider, MadeKey},
};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use gateway::Gateway;
use leptos::{WasmSplitManifest, prelude::*};
use leptos_axum::ResponseOptions;

use super::assets;

/// What came of a posted form whose answer is a page.
#[derive(Debug, Clone)]
pub(super) enum Posted {
    /// It failed, and the page says why.
    Failed(FailedForm),
    /// The form of a provider failed, and the page has what was typed, too.
    ProviderFailed(FailedForm, KeptProvider),
    /// A key was made, and the page shows its secret.
    KeyMade(MadeKey),
    /// A provider was tested, and the page shows what was found.
    ProviderChecked(CheckedProvider),
}

impl Posted {
    fn provide(self) {
        match self {
            Self::Failed(failed) => provide_failed(failed),
            Self::ProviderFailed(failed, kept) => {
                provide_failed(failed);
                provide_context(kept);
            }
            Self::KeyMade(key) => provide_context(key),
            Self::ProviderChecked(checked) => provide_context(checked),
        }
    }
}

fn provide_failed(failed: FailedForm) {
    if let Some(options) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(failed.problem.status)
    {
        options.set_status(status);
    }
    provide_context(failed);
}

/// What every handler of the site needs.
#[derive(Clone)]
pub(crate) struct Site {
    pub(super) gateway: Arc<Gateway>,
    files: SiteFiles,
    split: Option<WasmSplitManifest>,
}

impl Site {
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway, files: assets::site_files(), split: assets::split_manifest() }
    }

    /// The page that the request asks for.
    pub(super) async fn page(&self, request: Request) -> Response {
        self.render(request, None).await
    }

    /// The page at `address`, as the answer to a posted form.
    pub(super) async fn page_after(
        &self,
        address: &str,
        headers: HeaderMap,
        posted: Posted,
    ) -> Response {
        let mut request = Request::new(Body::empty());
        // Our own addresses parse; if one did not, the start page would say what happened.
        *request.uri_mut() = address.parse().unwrap_or_else(|_| Uri::from_static("/chat"));
        *request.headers_mut() = headers;
        self.render(request, Some(posted)).await
    }

    async fn render(&self, request: Request, posted: Option<Posted>) -> Response {
        let files = self.files.clone();
        let site = self.clone();
        let provide = move || site.provide(posted.clone());
        leptos_axum::render_app_async_with_context(provide, move || shell(&files))(request).await
    }

    fn provide(&self, posted: Option<Posted>) {
        provide_context(Arc::clone(&self.gateway));
        if let Some(split) = &self.split {
            provide_context(split.clone());
        }
        if let Some(posted) = posted {
            posted.provide();
        }
    }
}

/// Answers a call of a hydrated page.
pub(super) async fn server_function(State(site): State<Site>, request: Request) -> Response {
    let provide = move || site.provide(None);
    leptos_axum::handle_server_fns_with_context(provide, request).await.into_response()
}
