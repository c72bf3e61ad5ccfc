//! Providers: where models are and what opens them; added, changed, tested and removed while the
//! gateway runs.
//!
//! What is shown is in the address, and everything that changes something is a form, so it works
//! without code.

#[cfg(feature = "ssr")]
pub(crate) mod address;
#[cfg(feature = "ssr")]
mod checked;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
pub(crate) mod shown;
#[cfg(feature = "ssr")]
mod table;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::{
    api::providers::read_providers,
    components::{PageHeading, ProblemNotice, SkeletonRows},
    reading::{or_notice, reading, shown as shown_when_read},
    settle::Settle,
    visit::{Form, posted_failure},
};

/// The page.
pub(crate) struct ProvidersPage;

page_of!(ProvidersPage, view);

fn view() -> AnyView {
    let search = use_location().search;
    let of = move || Some(search.get());
    let listing = reading(of, |search| Box::pin(read_providers(search.unwrap_or_default())));
    let failure = posted_failure(Form::Provider).map(|(failure, _)| failure);
    let list =
        or_notice(move |html| view! { <div class="stacked" inner_html=html></div> }.settle());
    view! {
        <Title text="Providers"/>
        <main id="main" class="page">
            <header class="page-head">
                <PageHeading text="Providers"/>
                <p>
                    "Where models are served. What you change here is taken on within a second, and \
                     calls under way go on. Credentials are kept sealed and never shown again."
                </p>
            </header>
            {failure.map(|failure| view! { <ProblemNotice failure/> })}
            {shown_when_read(listing, || view! { <SkeletonRows/> }.settle(), list)}
        </main>
    }
    .settle()
}
