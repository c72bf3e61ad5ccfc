//! API keys: make one, see its secret once, watch its use, revoke it.

mod create;
#[cfg(feature = "ssr")]
pub(crate) mod shown;

use leptos::{
    ev::{MouseEvent, SubmitEvent},
    html,
    prelude::*,
};
use leptos_meta::Title;
use shared::id::ApiKeyId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlFormElement, HtmlInputElement};

use self::create::CreateKey;
use crate::{
    Failure,
    api::keys::{list_keys, revoke_key},
    browser,
    components::{PageHeading, ProblemNotice, SkeletonRows},
    reading::{Reading, or_notice, reading, shown as shown_when_read},
    settle::Settle,
    visit::{Form, made_key, posted_failure},
};

/// The page.
pub(crate) struct KeysPage;

page_of!(KeysPage, view);

fn view() -> AnyView {
    let listing = reading(|| None, |_| Box::pin(list_keys()));
    let made = RwSignal::new(made_key());
    let (failure, kept_name) =
        posted_failure(Form::CreateKey).or_else(|| posted_failure(Form::RevokeKey)).unzip();
    let failure = RwSignal::new(failure);
    let list = or_notice(move |html| view! { <Listed html listing failure/> }.settle());
    view! {
        <Title text="API keys"/>
        <main id="main" class="page">
            <header class="page-head">
                <PageHeading text="API keys"/>
                <p>
                    "One key works with every OpenAI and Anthropic SDK. What it spends counts \
                     against your budgets and shows on the spend page."
                </p>
            </header>
            {move || failure.get().map(|failure| view! { <ProblemNotice failure/> })}
            <CreateKey listing made failure kept_name=kept_name.unwrap_or_default()/>
            {move || made.get().map(|html| view! { <Made html made/> })}
            {shown_when_read(listing, || view! { <SkeletonRows/> }.settle(), list)}
        </main>
    }
    .settle()
}

/// The key that was just made; the focus goes to it, so that a screen reader reads the secret.
#[component]
fn Made(html: String, made: RwSignal<Option<String>>) -> impl IntoView {
    let section = NodeRef::<html::Section>::new();
    Effect::new(move || {
        if let Some(section) = section.get() {
            // It cannot fail on an element of the page.
            let _focused = section.focus();
        }
    });
    let close = move |event: MouseEvent| {
        let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if pressed
            .is_some_and(|pressed| pressed.closest("[data-close]").is_ok_and(|it| it.is_some()))
        {
            event.prevent_default();
            event.stop_propagation();
            made.set(None);
        }
    };
    view! {
        <section
            class="card made-key"
            aria-labelledby="made-key"
            tabindex="-1"
            inner_html=html
            node_ref=section
            on:click=close
        ></section>
    }
}

/// The table, whose forms are taken over so that revoking does not reload the page.
#[component]
fn Listed(html: String, listing: Reading, failure: RwSignal<Option<Failure>>) -> impl IntoView {
    let revoke = move |id: ApiKeyId| async move {
        let revoked = revoke_key(id).await;
        if revoked.is_ok() {
            listing.refetch();
        }
        failure.set(revoked.err());
    };
    let submit = move |event: SubmitEvent| {
        if let Some(id) = key_to_revoke(&event) {
            event.prevent_default();
            browser::start(revoke(id));
        }
    };
    view! { <div class="stacked" inner_html=html on:submit=submit></div> }
}

fn key_to_revoke(event: &SubmitEvent) -> Option<ApiKeyId> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    let field = form.query_selector("input[name=id]").ok().flatten()?;
    field.dyn_into::<HtmlInputElement>().ok()?.value().parse().ok()
}
