//! Spend: today and this month, by model, team and user; budgets and what is used of them.

#[cfg(feature = "ssr")]
pub(crate) mod dashboard;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{LazyRoute, lazy_route};

use crate::{
    Failure,
    api::spend::read_spend,
    components::{PageHeading, ProblemNotice, SkeletonLines},
    settle::Settle,
};

/// The page.
pub(crate) struct SpendPage;

#[lazy_route]
impl LazyRoute for SpendPage {
    fn data() -> Self {
        Self
    }

    fn view(this: Self) -> AnyView {
        let SpendPage = this;
        let figures = Resource::new(|| (), |()| read_spend());
        view! {
            <Title text="Spend"/>
            <main id="main" class="page page-wide">
                <PageHeading text="Spend"/>
                <Transition fallback=|| view! { <SkeletonLines/> }>
                    {move || Suspend::new(async move {
                        match figures.await {
                            Ok(html) => {
                                view! { <div class="stacked" inner_html=html></div> }.settle()
                            }
                            Err(Failure(problem)) => view! { <ProblemNotice problem/> }.settle(),
                        }
                    })}
                </Transition>
            </main>
        }
        .into_any()
    }
}
