//! Copies a text; shown only where code runs.

use std::time::Duration;

use leptos::prelude::*;

use super::Icon;
use crate::browser::{self, Hydrated};
use crate::settle::Settle;

/// A quiet button that copies `text` and says so for a moment.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What it copies, for people: `Copy answer`.
    label: &'static str,
    /// Whether the label stands beside the icon.
    #[prop(optional)]
    with_label: bool,
) -> impl IntoView {
    let hydrated = Hydrated::signal();
    let is_copied = RwSignal::new(false);
    let copy = move |_| {
        browser::copy(&text.get_untracked());
        is_copied.set(true);
        set_timeout(move || is_copied.set(false), Duration::from_millis(1_600));
    };
    let told = move || if is_copied.get() { "Copied" } else { label };
    view! {
        <Show when=move || hydrated.get()>
            <button
                type="button"
                class=if with_label { "button button-quiet" } else { "icon-button" }
                title=told
                on:click=copy
            >
                {move || if is_copied.get() { Icon::Check } else { Icon::Copy }.draw()}
                <span class=if with_label { "" } else { "visually-hidden" } aria-live="polite">
                    {told}
                </span>
            </button>
        </Show>
    }
    .settle()
}
