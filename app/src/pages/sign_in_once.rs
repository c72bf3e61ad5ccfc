//! Signing in with a link that works once.
//!
//! Opening the link changes nothing: mail scanners open links too. Only the button spends it.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    components::{Logo, ProblemNotice},
    settle::Settle,
    visit::{Form, posted_failure},
};

/// The page that a one-time link leads to.
pub(crate) struct SignInOnce;

page_of!(SignInOnce, view);

fn view() -> AnyView {
    let failure = posted_failure(Form::SignInOnce);
    let token = use_query_map().with_untracked(|query| query.get("token")).unwrap_or_default();
    let has_failed = failure.is_some();
    view! {
        <Title text="Sign in"/>
        <main id="main" class="lone">
            <div class="lone-card">
                <span class="lone-logo"><Logo/></span>
                <h1>"Welcome to Helix"</h1>
                {failure.map(|(failure, _)| view! { <ProblemNotice failure/> })}
                {if has_failed {
                    view! { <a class="button button-wide" href="/sign-in">"Sign in with a password"</a> }
                        .settle()
                } else {
                    view! {
                        <p>"Your link works once. Use it now, then choose a password for next time."</p>
                        <form method="post" action="/sign-in/once" class="stack">
                            <input type="hidden" name="token" value=token/>
                            <button type="submit" class="button button-primary button-wide" autofocus>
                                "Sign in"
                            </button>
                        </form>
                    }
                        .settle()
                }}
            </div>
        </main>
    }
    .settle()
}
