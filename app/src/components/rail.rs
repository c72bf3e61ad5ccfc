//! The navigation rail; a bar at the bottom edge of small screens.

use leptos::prelude::*;

use crate::settle::Settle;
use leptos_router::components::A;
use shared::view::session::SignedIn;

use super::{Icon, Logo, Menu, ThemeSwitch};

/// Where one can go.
const PLACES: [(&str, &str, Icon); 3] = [
    ("/chat", "Chat", Icon::Chat),
    ("/keys", "API keys", Icon::Key),
    ("/spend", "Spend", Icon::Spend),
];

/// The rail.
#[component]
pub(crate) fn Rail(
    /// Who is signed in.
    signed_in: SignedIn,
) -> impl IntoView {
    let place = |(href, name, icon): (&'static str, &'static str, Icon)| {
        view! {
            <li>
                <A href=href attr:class="rail-link">
                    {icon.draw()}
                    <span>{name}</span>
                </A>
            </li>
        }
    };
    view! {
        <nav class="rail" aria-label="Main">
            <A href="/chat" attr:class="rail-logo" attr:aria-label="Helix Gateway">
                <Logo/>
            </A>
            <ul class="rail-places">{PLACES.map(place)}</ul>
            <UserMenu signed_in/>
        </nav>
    }
    .settle()
}

#[component]
fn UserMenu(signed_in: SignedIn) -> impl IntoView {
    let initials = initials(&signed_in.name);
    let avatar = view! { <span class="avatar" aria-hidden="true">{initials}</span> };
    view! {
        <Menu label="Account and theme" class="menu user-menu" summary=avatar.settle()>
            <div class="user-menu-who">
                <strong>{signed_in.name}</strong>
                <span>{signed_in.email}</span>
                <span>{format!("{} · {}", signed_in.role.title(), signed_in.team)}</span>
            </div>
            <ThemeSwitch/>
            <form method="post" action="/sign-out">
                <button type="submit" class="menu-item">
                    {Icon::SignOut.draw()}
                    <span>"Sign out"</span>
                </button>
            </form>
        </Menu>
    }
    .settle()
}

/// The first letters of the first and the last word of a name.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Ada Lovelace"), "AL");
        assert_eq!(initials("admin"), "A");
        assert_eq!(initials("Johann Sebastian Bach"), "JB");
        assert_eq!(initials(""), "");
    }
}
