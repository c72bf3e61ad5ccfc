//! API keys: make one, see its secret once, watch its use, revoke it.

mod create;
mod list;
mod made;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{LazyRoute, lazy_route};
use shared::{Problem, view::keys::NewKey};

use self::{
    create::CreateKey,
    list::KeyTable,
    made::{FirstSteps, MadeKey},
};
use crate::{
    Failure,
    api::keys::{KeyList, list_keys},
    components::{PageHeading, ProblemNotice, SkeletonRows},
    visit::{Form, posted_form},
};

/// The page.
pub(crate) struct KeysPage {
    keys: Resource<Result<KeyList, Failure>>,
    made: RwSignal<Option<NewKey>>,
    problem: RwSignal<Option<Problem>>,
    kept_name: String,
}

#[lazy_route]
impl LazyRoute for KeysPage {
    fn data() -> Self {
        let posted = posted_form();
        let failed_creation = posted.take_failure(Form::CreateKey);
        let kept_name = failed_creation.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
        let problem = failed_creation.or_else(|| posted.take_failure(Form::RevokeKey));
        Self {
            keys: Resource::new(|| (), |()| list_keys()),
            made: RwSignal::new(posted.take_new_key()),
            problem: RwSignal::new(problem.map(|(problem, _)| problem)),
            kept_name,
        }
    }

    fn view(this: Self) -> AnyView {
        let KeysPage { keys, made, problem, kept_name } = this;
        let show = move |list: KeyList| {
            let model = list.sample_model.clone().unwrap_or_else(|| "gpt-4o".to_owned());
            let is_empty = list.keys.is_empty();
            view! {
                {move || made.get().map(|key| view! { <MadeKey key model=model.clone() made/> })}
                {if is_empty {
                    view! { <FirstSteps/> }.into_any()
                } else {
                    view! { <KeyTable list keys problem/> }.into_any()
                }}
            }
            .into_any()
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
                            Err(Failure(problem)) => view! { <ProblemNotice problem/> }.into_any(),
                        }
                    })}
                </Transition>
            </main>
        }
        .into_any()
    }
}
