//! A page's heading, which takes the focus when one arrives at the page without a reload.

use leptos::{html, prelude::*};

use crate::browser::Hydrated;

/// The `<h1>`: a screen reader hears where it is, and Tab goes on from here.
#[component]
pub(crate) fn PageHeading(
    /// What the page is.
    text: &'static str,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let has_arrived_without_reload = Hydrated::signal().get_untracked();
    Effect::new(move || {
        if let Some(heading) = heading.get().filter(|_| has_arrived_without_reload) {
            // An element of the page takes the focus, or keeps the reader where they are.
            let _focused = heading.focus();
        }
    });
    view! {
        <h1 tabindex="-1" node_ref=heading>
            {text}
        </h1>
    }
}
