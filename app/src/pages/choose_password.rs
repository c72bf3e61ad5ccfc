//! Choosing a first password, before anything else works.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    components::{Logo, ProblemNotice},
    settle::Settle,
    visit::{Form, posted_failure},
};

/// The page that follows a one-time link.
pub(crate) struct ChoosePassword;

page_of!(ChoosePassword, view);

fn view() -> AnyView {
    let failure = posted_failure(Form::ChoosePassword);
    let has_failed = failure.is_some();
    view! {
        <Title text="Choose a password"/>
        <main id="main" class="lone">
            <div class="lone-card">
                <span class="lone-logo"><Logo/></span>
                <h1>"Choose a password"</h1>
                <p>"You are signed in. With a password you can come back without a new link."</p>
                <form method="post" action="/sign-in/password" class="stack">
                    {failure.map(|(failure, _)| view! { <ProblemNotice failure/> })}
                    <label class="field">
                        <span>"New password"</span>
                        <input
                            type="password"
                            name="password"
                            autocomplete="new-password"
                            minlength="10"
                            required
                            autofocus
                            aria-describedby="password-rule"
                            aria-invalid=has_failed.then_some("true")
                        />
                    </label>
                    <p class="field-help" id="password-rule">
                        "At least 10 characters. A few words that belong together only for you \
                         are better than symbols."
                    </p>
                    <button type="submit" class="button button-primary button-wide">
                        "Save and continue"
                    </button>
                </form>
            </div>
        </main>
    }
    .settle()
}
