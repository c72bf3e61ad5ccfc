//! A menu: a `<details>` whose panel floats. Opens without code; with code it also closes on
//! Escape, on leaving and on pressing elsewhere.

use leptos::prelude::*;

use crate::settle::Settle;

/// A button that opens a floating panel.
#[component]
pub(crate) fn Menu(
    /// What the button is called, ahead of what it shows; empty where that says it.
    label: &'static str,
    /// Classes of the whole.
    class: &'static str,
    /// What the button shows.
    summary: AnyView,
    /// What the panel shows.
    children: Children,
) -> impl IntoView {
    let is_named = !label.is_empty();
    view! {
        <details class=class>
            <summary>
                {is_named.then(|| view! { <span class="visually-hidden">{label}</span> })}
                {summary}
            </summary>
            <div class="menu-panel">{children()}</div>
        </details>
    }
    .settle()
}
