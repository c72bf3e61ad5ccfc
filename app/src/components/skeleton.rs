//! Grey shapes of the final size while something loads; they fade in only after a moment.

use leptos::prelude::*;

/// Lines of text to come.
#[component]
pub(crate) fn SkeletonLines() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading"</span>
            <span class="skeleton-line skeleton-short"></span>
            <span class="skeleton-line"></span>
            <span class="skeleton-line"></span>
            <span class="skeleton-line skeleton-half"></span>
        </div>
    }
}

/// Rows of a list to come.
#[component]
pub(crate) fn SkeletonRows() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">"Loading"</span>
            <span class="skeleton-row"></span>
            <span class="skeleton-row"></span>
            <span class="skeleton-row"></span>
        </div>
    }
}
