//! Light, dark or system: one form of three buttons. Written on the server only; where code runs,
//! it paints at once.

use leptos::prelude::*;

use super::Icon;
use crate::theme::Theme;

const fn icon(theme: Theme) -> Icon {
    match theme {
        Theme::Light => Icon::Sun,
        Theme::Dark => Icon::Moon,
        Theme::System => Icon::Screen,
    }
}

/// The three themes with the present one pressed.
#[component]
pub(crate) fn ThemeSwitch(
    /// The present one.
    theme: Theme,
) -> impl IntoView {
    let option = |each: Theme| {
        view! {
            <button
                type="submit"
                name="theme"
                value=each.as_str()
                class="segment"
                aria-pressed=if each == theme { "true" } else { "false" }
            >
                {icon(each).draw()}
                <span>{each.title()}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/theme" class="segments" aria-label="Theme">
            {Theme::ALL.map(option)}
        </form>
    }
}
