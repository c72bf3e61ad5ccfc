//! Adding, changing, removing and testing providers.

use app::visit::{CheckedProvider, FailedForm, Form as Which, KeptProvider};
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{Problem, id::ConfigurationObjectId, view::providers::ProviderDraft};

use super::super::{Site, caller::Caller, render::Posted};

const PAGE: &str = "/providers";

/// What the form of a provider posts.
#[derive(Deserialize)]
pub(in crate::site) struct Written {
    /// Nothing for a new one.
    #[serde(default)]
    id: String,
    #[serde(default)]
    version: String,
    name: String,
    kind: String,
    #[serde(default)]
    base_url: String,
    #[serde(default)]
    api_key: String,
    #[serde(default)]
    settings: String,
}

/// What the confirmation posts.
#[derive(Deserialize)]
pub(in crate::site) struct Removal {
    id: ConfigurationObjectId,
}

/// What the button of a test posts.
#[derive(Deserialize)]
pub(in crate::site) struct Test {
    name: String,
}

/// `POST /providers`
pub(in crate::site) async fn write(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Written>,
) -> Response {
    let Written { id, version, name, kind, base_url, api_key, settings } = form;
    let mut draft = ProviderDraft { name, kind, base_url, api_key, settings };
    let providers = &site.gateway.providers;
    let known = id.parse::<ConfigurationObjectId>().ok().zip(version.parse().ok());
    let (page, written) = if let Some((id, version)) = known {
        let at = (id, version);
        let changed = providers.change(&caller.principal, &caller.client, at, &draft).await;
        (format!("{PAGE}?change={id}"), changed)
    } else {
        let added = providers.add(&caller.principal, &caller.client, &draft).await;
        (format!("{PAGE}?add"), added)
    };
    // What was typed comes back, but for the key.
    draft.api_key.clear();
    go_on(&site, caller, &page, written, draft).await
}

/// `POST /providers/remove`
pub(in crate::site) async fn remove(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Removal>,
) -> Response {
    let providers = &site.gateway.providers;
    let removed = providers.remove(&caller.principal, &caller.client, form.id).await;
    go_on(&site, caller, PAGE, removed, ProviderDraft::default()).await
}

/// `POST /providers/test`: the page comes back with what was found.
pub(in crate::site) async fn test(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Test>,
) -> Response {
    match site.gateway.providers.test(&caller.principal, &form.name).await {
        Ok(check) => {
            let posted = Posted::ProviderChecked(CheckedProvider(check));
            site.page_after(PAGE, caller.headers, posted).await
        }
        Err(problem) => go_on(&site, caller, PAGE, Err(problem), ProviderDraft::default()).await,
    }
}

/// Goes on to the list, or shows `page` with the problem and what was typed.
async fn go_on(
    site: &Site,
    caller: Caller,
    page: &str,
    done: Result<(), Problem>,
    kept: ProviderDraft,
) -> Response {
    match done {
        Ok(()) => Redirect::to(PAGE).into_response(),
        Err(problem) => {
            let problem = caller.name(problem);
            let failed = FailedForm { form: Which::Provider, problem, kept: String::new() };
            let posted = Posted::ProviderFailed(failed, KeptProvider(kept));
            site.page_after(page, caller.headers, posted).await
        }
    }
}
