//! API keys: make one, see its secret once, watch its use, revoke it.

mod create;
mod list;
mod made;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{LazyRoute, lazy_route};

use self::{
    create::CreateKey,
    list::KeyTable,
    made::{FirstSteps, MadeKey},
};
use crate::{
    Failure,
    api::keys::{KeyList, list_keys},
    components::{PageHeading, ProblemNotice, SkeletonRows},
    settle::Settle,
    visit::{Form, new_key, posted_failure},
};

/// The page.
pub(crate) struct KeysPage;

#[lazy_route]
impl LazyRoute for KeysPage {
    fn data() -> Self {
        Self
    }

    fn view(this: Self) -> AnyView {
        let KeysPage = this;
        let keys = Resource::new(|| (), |()| list_keys());
        let made = RwSignal::new(new_key());
        let (problem, kept_name) =
            posted_failure(Form::CreateKey).or_else(|| posted_failure(Form::RevokeKey)).unzip();
        let problem = RwSignal::new(problem);
        let kept_name = kept_name.unwrap_or_default();
        let show = move |list: KeyList| {
            let model = list.sample_model.clone().unwrap_or_else(|| "gpt-4o".to_owned());
            let is_empty = list.keys.is_empty();
            view! {
                {move || made.get().map(|key| view! { <MadeKey key model=model.clone() made/> })}
                {if is_empty {
                    view! { <FirstSteps/> }.settle()
                } else {
                    view! { <KeyTable list keys problem/> }.settle()
                }}
            }
            .settle()
        };
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
                <CreateKey keys made problem kept_name/>
                <Transition fallback=|| view! { <SkeletonRows/> }>
                    {move || Suspend::new(async move {
                        match keys.await {
                            Ok(list) => show(list),
                            Err(Failure(problem)) => view! { <ProblemNotice problem/> }.settle(),
                        }
                    })}
                </Transition>
            </main>
        }
        .into_any()
    }
}
