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
use leptos_router::{LazyRoute, lazy_route};
use shared::{Problem, id::ApiKeyId};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlFormElement, HtmlInputElement};

use self::create::CreateKey;
use crate::{
    Failure,
    api::keys::{list_keys, revoke_key},
    components::{PageHeading, ProblemNotice, SkeletonRows},
    settle::Settle,
    visit::{Form, made_key, posted_failure},
};

/// The list of keys, to be read again when one is made or revoked.
type Listing = Resource<Result<String, Failure>>;

/// The page.
pub(crate) struct KeysPage;

#[lazy_route]
impl LazyRoute for KeysPage {
    fn data() -> Self {
        Self
    }

    fn view(this: Self) -> AnyView {
        let KeysPage = this;
        let listing = Resource::new(|| (), |()| list_keys());
        let made = RwSignal::new(made_key());
        let (problem, kept_name) =
            posted_failure(Form::CreateKey).or_else(|| posted_failure(Form::RevokeKey)).unzip();
        let problem = RwSignal::new(problem);
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
                {move || problem.get().map(|problem| view! { <ProblemNotice problem/> })}
                <CreateKey listing made problem kept_name=kept_name.unwrap_or_default()/>
                {move || made.get().map(|html| view! { <Made html made/> })}
                <Transition fallback=|| view! { <SkeletonRows/> }>
                    {move || Suspend::new(async move {
                        match listing.await {
                            Ok(html) => view! { <Listed html listing problem/> }.settle(),
                            Err(Failure(problem)) => view! { <ProblemNotice problem/> }.settle(),
                        }
                    })}
                </Transition>
            </main>
        }
        .into_any()
    }
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
fn Listed(html: String, listing: Listing, problem: RwSignal<Option<Problem>>) -> impl IntoView {
    let revoke = Action::new(move |id: &ApiKeyId| {
        let id = *id;
        async move {
            match revoke_key(id).await {
                Ok(()) => {
                    problem.set(None);
                    listing.refetch();
                }
                Err(Failure(refusal)) => problem.set(Some(refusal)),
            }
        }
    });
    let submit = move |event: SubmitEvent| {
        if let Some(id) = key_to_revoke(&event) {
            event.prevent_default();
            revoke.dispatch(id);
        }
    };
    view! { <div class="stacked" inner_html=html on:submit=submit></div> }
}

fn key_to_revoke(event: &SubmitEvent) -> Option<ApiKeyId> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    let field = form.query_selector("input[name=id]").ok().flatten()?;
    field.dyn_into::<HtmlInputElement>().ok()?.value().parse().ok()
}
