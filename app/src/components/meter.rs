//! How much of a limit is used: settled, set aside, left.

use leptos::prelude::*;

/// Whether the use of a limit is worth a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    Calm,
    Near,
    Full,
}

impl Fill {
    /// Near from 80 %, full from 100 %.
    pub(crate) const fn of_permille(permille: i64) -> Self {
        match permille {
            ..800 => Self::Calm,
            800..1_000 => Self::Near,
            _ => Self::Full,
        }
    }

    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Calm => "meter meter-calm",
            Self::Near => "meter meter-near",
            Self::Full => "meter meter-full",
        }
    }
}

/// A bar drawn as SVG, because the page's security policy allows no inline style. The numbers
/// stand beside it as text, so it is hidden from assistive technology.
#[component]
pub(crate) fn Meter(
    /// Settled, in thousandths of the limit.
    spent_permille: i64,
    /// Set aside for calls under way, in thousandths of the limit.
    reserved_permille: i64,
) -> impl IntoView {
    let spent = spent_permille.clamp(0, 1_000);
    let reserved = reserved_permille.clamp(0, 1_000 - spent);
    view! {
        <svg
            class=Fill::of_permille(spent_permille).class()
            viewBox="0 0 1000 8"
            preserveAspectRatio="none"
            aria-hidden="true"
        >
            <rect class="meter-track" width="1000" height="8"></rect>
            <rect class="meter-reserved" x=spent.to_string() width=reserved.to_string() height="8">
            </rect>
            <rect class="meter-spent" width=spent.to_string() height="8"></rect>
        </svg>
    }
}
