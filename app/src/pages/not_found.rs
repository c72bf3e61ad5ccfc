//! Nothing is at this address.

use leptos::prelude::*;

use crate::settle::Settle;
use leptos_meta::Title;

/// The page for addresses that lead nowhere; its status is 404.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>() {
        options.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found"/>
        <main id="main" class="lone">
            <div class="lone-card">
                <p class="lone-code">"404"</p>
                <h1>"Nothing is here"</h1>
                <p>"The address may be mistyped, or what was here is gone."</p>
                <a class="button button-primary" href="/chat">"Go to the chat"</a>
            </div>
        </main>
    }
    .settle()
}
