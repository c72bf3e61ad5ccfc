//! A menu: a `<details>` whose panel floats. Opens without code; closes on Escape and on leaving.

use leptos::{ev, html, prelude::*};

use crate::settle::Settle;

/// A button that opens a floating panel.
#[component]
pub(crate) fn Menu(
    /// What the button is called; empty where its content says it.
    label: &'static str,
    /// Classes of the whole.
    class: &'static str,
    /// What the button shows.
    summary: ChildrenFn,
    /// What the panel shows.
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let button = NodeRef::<html::Summary>::new();
    let close = move || {
        if let Some(details) = details.get_untracked() {
            details.set_open(false);
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let is_open = details.get_untracked().is_some_and(|details| details.open());
        if is_open && event.key() == "Escape" {
            event.stop_propagation();
            close();
            if let Some(button) = button.get_untracked() {
                // The button is on the page, or this key could not have come from within.
                let _focused = button.focus();
            }
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        use wasm_bindgen::JsCast;
        let to = event.related_target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let stays = details
            .get_untracked()
            .zip(to)
            .is_some_and(|(details, to)| details.contains(Some(&to)));
        if !stays {
            close();
        }
    };
    view! {
        <details class=format!("menu {class}") node_ref=details on:keydown=on_key on:focusout=on_leave>
            <summary aria-label=(!label.is_empty()).then_some(label) node_ref=button>
                {summary()}
            </summary>
            <div class="menu-panel" tabindex="-1">{children()}</div>
        </details>
    }
    .settle()
}
