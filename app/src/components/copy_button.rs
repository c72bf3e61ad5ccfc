//! A button that copies; visible only where code runs, which gives it its behaviour.

use leptos::prelude::*;

use super::Icon;

/// A quiet button that copies `text` and says so for a moment.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    text: String,
    /// What it copies, for people: `Copy answer`.
    label: &'static str,
    /// Whether the label stands beside the icon.
    #[prop(optional)]
    with_label: bool,
) -> impl IntoView {
    let (class, label_class) = if with_label {
        ("button button-quiet copy-button", "copy-label")
    } else {
        ("icon-button copy-button", "copy-label visually-hidden")
    };
    view! {
        <button type="button" class=class title=label data-copy=text>
            {Icon::Copy.draw()}
            {Icon::Check.draw()}
            <span class=label_class aria-live="polite">{label}</span>
        </button>
    }
}
