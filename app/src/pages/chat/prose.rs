//! What a model wrote, with a copy button on every code block where code runs.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::browser;
use crate::settle::Settle;

/// Sanitised HTML that will not change any more.
#[component]
pub(crate) fn Prose(
    /// The HTML, as the server rendered it.
    html: String,
) -> impl IntoView {
    let container = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(container) = container.get() {
            offer_copying(&container);
        }
    });
    view! { <div class="prose" dir="auto" inner_html=html node_ref=container></div> }.settle()
}

/// Puts a copy button into the head of every code block that has none yet.
pub(super) fn offer_copying(container: &Element) {
    let heads = container.query_selector_all(".code-header:not(:has(button))");
    // The selector is valid wherever `:has` is known; elsewhere there is no button.
    let Ok(heads) = heads else { return };
    for index in 0..heads.length() {
        if let Some(head) = heads.item(index).and_then(|head| head.dyn_into::<Element>().ok()) {
            // Appending to an element of the page cannot fail.
            let _added = head.insert_adjacent_html(
                "beforeend",
                "<button type=\"button\" class=\"copy-code\">Copy</button>",
            );
        }
    }
}

/// Copies the code block whose button was pressed, and says so on the button.
pub(super) fn copy_pressed(target: Option<web_sys::EventTarget>) {
    let pressed = target.and_then(|target| target.dyn_into::<Element>().ok());
    let button = pressed.and_then(|pressed| pressed.closest(".copy-code").ok().flatten());
    let Some(button) = button else { return };
    let block = button.closest(".code-block").ok().flatten();
    let code = block.and_then(|block| block.query_selector("code").ok().flatten());
    if let Some(code) = code.and_then(|code| code.text_content()) {
        browser::copy(&code);
        button.set_text_content(Some("Copied"));
        set_timeout(
            move || button.set_text_content(Some("Copy")),
            std::time::Duration::from_millis(1_600),
        );
    }
}
