//! An instant: short to read, whole on hover, exact for machines.

use leptos::prelude::*;
use shared::Timestamp;

use crate::format;

/// The text that is given, as a `<time>`.
#[component]
pub(crate) fn Instant(
    /// The instant.
    at: Timestamp,
    /// How it is told: `3 min ago`, `22 Nov`.
    text: String,
) -> impl IntoView {
    view! {
        <time datetime=format::machine(at) title=format::date_and_time(at)>
            {text}
        </time>
    }
}
