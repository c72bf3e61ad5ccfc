//! Making and revoking API keys.

use app::visit::{FailedForm, Form as Which, MadeKey};
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::id::ApiKeyId;

use super::super::{Site, caller::Caller, render::Posted};

const PAGE: &str = "/keys";

/// What the form for a new key posts.
#[derive(Deserialize)]
pub(in crate::site) struct NewKey {
    name: String,
    /// Days, or nothing for a key that never expires.
    #[serde(default)]
    expires_in_days: String,
}

/// What the confirmation posts.
#[derive(Deserialize)]
pub(in crate::site) struct Revocation {
    id: ApiKeyId,
}

/// `POST /keys`: the page comes back with the secret, which is shown this once.
pub(in crate::site) async fn create(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<NewKey>,
) -> Response {
    let days = form.expires_in_days.parse().ok();
    let posted =
        match site.gateway.keys.create(&caller.principal, &caller.client, &form.name, days).await {
            Ok(key) => Posted::KeyMade(MadeKey(key)),
            Err(problem) => {
                let problem = caller.name(problem);
                Posted::Failed(FailedForm { form: Which::CreateKey, problem, kept: form.name })
            }
        };
    site.page_after(PAGE, caller.headers, posted).await
}

/// `POST /keys/revoke`
pub(in crate::site) async fn revoke(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<Revocation>,
) -> Response {
    match site.gateway.keys.revoke(&caller.principal, &caller.client, form.id).await {
        Ok(()) => Redirect::to(PAGE).into_response(),
        Err(problem) => {
            let problem = caller.name(problem);
            let kept = String::new();
            let posted = Posted::Failed(FailedForm { form: Which::RevokeKey, problem, kept });
            site.page_after(PAGE, caller.headers, posted).await
        }
    }
}
