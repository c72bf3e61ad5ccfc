//! Signing in with e-mail address and password. A plain form: it needs no code at all.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    components::{Logo, ProblemNotice},
    settle::Settle,
    visit::{Form, posted_failure},
};

/// The sign-in page.
pub(crate) struct SignIn;

page_of!(SignIn, view);

fn view() -> AnyView {
    let failure = posted_failure(Form::SignIn);
    let email = failure.as_ref().map(|(_, email)| email.clone()).unwrap_or_default();
    let has_failed = failure.is_some();
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    view! {
        <Title text="Sign in"/>
        <main id="main" class="lone">
            <div class="lone-card">
                <span class="lone-logo"><Logo/></span>
                <h1>"Sign in to Helix"</h1>
                <form method="post" action="/sign-in" class="stack">
                    {failure.map(|(failure, _)| view! { <ProblemNotice failure/> })}
                    <input type="hidden" name="next" value=next/>
                    <label class="field">
                        <span>"E-mail"</span>
                        <input
                            type="email"
                            name="email"
                            value=email
                            autocomplete="username"
                            inputmode="email"
                            required
                            autofocus=!has_failed
                        />
                    </label>
                    <label class="field">
                        <span>"Password"</span>
                        <input
                            type="password"
                            name="password"
                            autocomplete="current-password"
                            required
                            autofocus=has_failed
                            aria-invalid=has_failed.then_some("true")
                        />
                    </label>
                    <button type="submit" class="button button-primary button-wide">"Sign in"</button>
                </form>
                <p class="lone-help">
                    "First time here, or password forgotten? Ask whoever runs this gateway for a \
                     sign-in link: it works once."
                </p>
            </div>
        </main>
    }
    .settle()
}
