//! The mark: two strands that wind around each other, one of them lit.

use leptos::prelude::*;

use crate::settle::Settle;

/// The mark at the size of the text around it; the name stands beside it or on the link.
#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path class="logo-rungs" d="M9.4 3h5.2M9 10.5h6M9 13.5h6M9.4 21h5.2"></path>
            <path class="logo-far" d="M17.5 1.5c0 6-11 5-11 10.5s11 4.5 11 10.5"></path>
            <path class="logo-gap" d="M6.5 1.5c0 6 11 5 11 10.5s-11 4.5-11 10.5"></path>
            <path class="logo-near" d="M6.5 1.5c0 6 11 5 11 10.5s-11 4.5-11 10.5"></path>
        </svg>
    }
    .settle()
}
