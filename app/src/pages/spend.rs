//! Spend: any period by model, team, person and key; budgets and what is used of them.
//!
//! What is shown is in the address. Everything that changes it is a link or a form, so it works
//! without code, can be opened beside, and gone back from.

#[cfg(feature = "ssr")]
pub(crate) mod address;
#[cfg(feature = "ssr")]
pub(crate) mod dashboard;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::{
    Failure,
    api::spend::read_spend,
    components::{PageHeading, ProblemNotice, SkeletonLines},
    reading::{reading, shown},
    settle::Settle,
};

/// The page.
pub(crate) struct SpendPage;

page_of!(SpendPage, view);

fn view() -> AnyView {
    let search = use_location().search;
    let of = move || Some(search.get());
    let figures = reading(of, |search| Box::pin(read_spend(search.unwrap_or_default())));
    let show = |read| match read {
        Ok(html) => view! { <div class="stacked" inner_html=html></div> }.settle(),
        Err(failure) => view! { <Refused failure/> }.settle(),
    };
    view! {
        <Title text="Spend"/>
        <main id="main" class="page page-wide">
            <PageHeading text="Spend"/>
            {shown(figures, || view! { <SkeletonLines/> }.settle(), show)}
        </main>
    }
    .settle()
}

/// Why the address shows nothing, and the way out.
#[component]
fn Refused(failure: Failure) -> impl IntoView {
    view! {
        <ProblemNotice failure/>
        <p>
            <a href="/spend" class="button button-quiet">"Show this month"</a>
        </p>
    }
}
