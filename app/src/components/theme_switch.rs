//! Light, dark or system: one form of three buttons, which paints at once where code runs.

use leptos::{ev::SubmitEvent, prelude::*};

use super::Icon;
use crate::{browser, settle::Settle, theme::Theme};

const fn icon(theme: Theme) -> Icon {
    match theme {
        Theme::Light => Icon::Sun,
        Theme::Dark => Icon::Moon,
        Theme::System => Icon::Screen,
    }
}

/// The three themes with the present one pressed.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let chosen: RwSignal<Theme> = expect_context();
    let choose = move |theme: Theme| {
        chosen.set(theme);
        browser::set_cookie(&theme.cookie());
        browser::paint(theme);
    };
    let option = move |theme: Theme| {
        view! {
            <button
                type="submit"
                name="theme"
                value=theme.as_str()
                class="segment"
                aria-pressed=move || if chosen.get() == theme { "true" } else { "false" }
                on:click=move |_| choose(theme)
            >
                {icon(theme).draw()}
                <span>{theme.title()}</span>
            </button>
        }
    };
    view! {
        <form
            method="post"
            action="/theme"
            class="segments"
            aria-label="Theme"
            on:submit=|event: SubmitEvent| event.prevent_default()
        >
            {Theme::ALL.map(option)}
        </form>
    }
    .settle()
}
