//! The page as it is shown. Written on the server only; its forms are plain ones.

use leptos::prelude::*;
use shared::{
    Timestamp,
    view::providers::{ProviderDraft, ProviderSummary},
};

use super::{address::Asked, checked::Checked, form::ProviderForm, table::ProviderTable};
use crate::{
    components::Icon,
    visit::{CheckedProvider, KeptProvider},
    written,
};

/// Everything below the heading.
pub(crate) fn html(asked: Asked, providers: Vec<ProviderSummary>, as_of: Timestamp) -> String {
    let checked = use_context::<CheckedProvider>();
    written::html(|| {
        view! {
            {checked.map(|CheckedProvider(check)| view! { <Checked check/> })}
            {above(asked, &providers)}
            {if providers.is_empty() {
                view! { <NoProvider/> }.into_any()
            } else {
                view! { <ProviderTable providers as_of/> }.into_any()
            }}
        }
    })
}

/// The form that is open, or the button that opens one.
fn above(asked: Asked, providers: &[ProviderSummary]) -> AnyView {
    let kept = use_context::<KeptProvider>().map(|KeptProvider(draft)| draft);
    match asked {
        Asked::Add => {
            view! { <ProviderForm draft=kept.unwrap_or_default() managed=None/> }.into_any()
        }
        Asked::Change(id) => {
            let found = providers.iter().find_map(|provider| {
                let managed = provider.managed.clone().filter(|managed| managed.id == id)?;
                Some((provider, managed))
            });
            let Some((provider, managed)) = found else { return add_button() };
            let draft = kept.unwrap_or_else(|| ProviderDraft {
                name: provider.name.clone(),
                kind: provider.kind.clone(),
                base_url: managed.base_url.clone(),
                api_key: String::new(),
                settings: managed.settings.clone(),
            });
            view! { <ProviderForm draft managed=Some((managed, provider.credential.clone()))/> }
                .into_any()
        }
        Asked::List if providers.is_empty() => ().into_any(),
        Asked::List => add_button(),
    }
}

fn add_button() -> AnyView {
    view! {
        <p class="page-actions">
            <a href="/providers?add" class="button button-primary">
                {Icon::Plus.draw()}
                <span>"Add provider"</span>
            </a>
        </p>
    }
    .into_any()
}

/// What the first provider is for.
#[component]
fn NoProvider() -> impl IntoView {
    view! {
        <section class="empty">
            <h2>"No provider yet"</h2>
            <p>
                "Add the first one: a vendor and its key are enough. Models name it then, and everyone \
                 who may use them needs no key of the vendor's."
            </p>
            <p>
                <a href="/providers?add" class="button button-primary">
                    {Icon::Plus.draw()}
                    <span>"Add provider"</span>
                </a>
            </p>
        </section>
    }
}
