//! Spend: today and this month, by model, team and user; budgets and what is used of them.

#[cfg(feature = "ssr")]
pub(crate) mod dashboard;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::spend::read_spend,
    components::{PageHeading, SkeletonLines},
    reading::{or_notice, reading, shown},
    settle::Settle,
};

/// The page.
pub(crate) struct SpendPage;

page_of!(SpendPage, view);

fn view() -> AnyView {
    let figures = reading(|| None, |_| Box::pin(read_spend()));
    let show = or_notice(|html| view! { <div class="stacked" inner_html=html></div> }.settle());
    view! {
        <Title text="Spend"/>
        <main id="main" class="page page-wide">
            <PageHeading text="Spend"/>
            {shown(figures, || view! { <SkeletonLines/> }.settle(), show)}
        </main>
    }
    .settle()
}
