//! The navigation rail; a bar at the bottom edge of small screens. Written on the server only.

use leptos::prelude::*;
use shared::view::session::SignedIn;

use super::{Icon, Logo, Menu, ThemeSwitch};
use crate::{
    api::caller,
    places,
    theme::{THEME_COOKIE, Theme},
    visit::SESSION_COOKIE,
    written,
};

/// Where everyone can go.
const PLACES: [(&str, &str, Icon); 3] = [
    ("/chat", "Chat", Icon::Chat),
    ("/keys", "API keys", Icon::Key),
    ("/spend", "Spend", Icon::Spend),
];
/// Where those can go who manage models.
const MODEL_PLACES: [(&str, &str, Icon); 1] = [("/providers", "Providers", Icon::Providers)];

/// The rail for whoever sent the request that is being answered; none for strangers, and for
/// those who must choose a password first.
pub(crate) fn of_request() -> Option<String> {
    let gateway = use_context::<std::sync::Arc<gateway::Gateway>>()?;
    let parts = use_context::<http::request::Parts>()?;
    let token = caller::cookie(&parts.headers, SESSION_COOKIE)?;
    let signed_in = gateway.sign_in.principal(&token).ok()?.signed_in();
    let theme = caller::cookie(&parts.headers, THEME_COOKIE);
    let theme = theme.as_deref().map(Theme::named).unwrap_or_default();
    let is_free = !signed_in.needs_password;
    is_free.then(|| written::html(|| view! { <Rail signed_in theme/> }))
}

#[component]
fn Rail(signed_in: SignedIn, theme: Theme) -> impl IntoView {
    let here = places::path_of_request();
    let place = |(href, name, icon): (&'static str, &'static str, Icon)| {
        let is_here = places::is_here(&here, href, "section").then_some("page");
        view! {
            <li>
                <a href=href class="rail-link" data-place="section" aria-current=is_here>
                    {icon.draw()}
                    <span>{name}</span>
                </a>
            </li>
        }
    };
    let further = if signed_in.role.manages_models() { &MODEL_PLACES[..] } else { &[] };
    let places = PLACES.iter().chain(further).copied().map(place).collect_view();
    view! {
        <a href="/chat" class="rail-logo" aria-label="Helix Gateway">
            <Logo/>
        </a>
        <ul class="rail-places">{places}</ul>
        <UserMenu signed_in theme/>
    }
}

#[component]
fn UserMenu(signed_in: SignedIn, theme: Theme) -> impl IntoView {
    let initials = initials(&signed_in.name);
    let avatar = view! { <span class="avatar" aria-hidden="true">{initials}</span> };
    view! {
        <Menu label="Account and theme" class="menu user-menu" summary=avatar.into_any()>
            <div class="user-menu-who">
                <strong>{signed_in.name}</strong>
                <span>{signed_in.email}</span>
                <span>{format!("{} · {}", signed_in.role.title(), signed_in.team)}</span>
            </div>
            <ThemeSwitch theme/>
            <form method="post" action="/sign-out">
                <button type="submit" class="menu-item">
                    {Icon::SignOut.draw()}
                    <span>"Sign out"</span>
                </button>
            </form>
        </Menu>
    }
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
