//! What a test of a provider has found.

use leptos::prelude::*;
use shared::view::providers::ProviderCheck;

use crate::components::{Icon, Notice, Tone};

/// Every finding, and the next step where something failed.
#[component]
pub(super) fn Checked(
    /// What was found.
    check: ProviderCheck,
) -> impl IntoView {
    let finding = |(of, text): (String, String)| {
        view! {
            <div>
                <dt>{of}</dt>
                <dd>{text}</dd>
            </div>
        }
    };
    let is_good = check.failure.is_none();
    let title = if is_good {
        format!("{} answers", check.name)
    } else {
        format!("{} does not answer as it should", check.name)
    };
    view! {
        <section class="card provider-check" aria-labelledby="provider-check">
            <header class="made-key-head">
                <h2 id="provider-check">{title}</h2>
                <a href="/providers" class="icon-button" title="Close">
                    {Icon::Close.draw()}
                    <span class="visually-hidden">"Close"</span>
                </a>
            </header>
            {check.failure.map(|failure| view! { <Notice tone=Tone::Problem>{failure}</Notice> })}
            <dl>{check.findings.into_iter().map(finding).collect_view()}</dl>
        </section>
    }
}
