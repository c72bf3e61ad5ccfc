//! Links that say when they lead to where one is.
//!
//! Such a link has `data-place`: `page` if it leads to exactly one address, `section` if it stands
//! for all addresses below its own too. The server marks it in the page that it writes, the
//! browser whenever the address changes.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// Whether a link with this address and kind leads to where `path` is.
pub(crate) fn is_here(path: &str, href: &str, place: &str) -> bool {
    path.strip_prefix(href)
        .is_some_and(|below| below.is_empty() || place == "section" && below.starts_with('/'))
}

/// The path of the page that is being rendered; of none where a server function is called.
#[cfg(feature = "ssr")]
pub(crate) fn path_of_request() -> String {
    let parts = use_context::<http::request::Parts>();
    parts.map(|parts| parts.uri.path().to_owned()).unwrap_or_default()
}

/// Marks all links that are on the page.
pub(crate) fn mark(path: &str) {
    let Ok(links) = document().query_selector_all("a[data-place]") else { return };
    for index in 0..links.length() {
        let link = links.item(index).and_then(|link| link.dyn_into::<Element>().ok());
        let Some(link) = link else { continue };
        let told = |name| link.get_attribute(name).unwrap_or_default();
        // A valid attribute name cannot be refused.
        let _marked = if is_here(path, &told("href"), &told("data-place")) {
            link.set_attribute("aria-current", "page")
        } else {
            link.remove_attribute("aria-current")
        };
    }
}

/// Marks the links again whenever the address changes.
#[component]
pub(crate) fn MarkPlaces() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move || path.with(|path| mark(path)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_here_on_every_page_of_it_and_a_page_only_on_itself() {
        assert!(is_here("/chat", "/chat", "page"));
        assert!(is_here("/chat/conv_1", "/chat", "section"));
        assert!(!is_here("/chat/conv_1", "/chat", "page"));
        assert!(!is_here("/chats", "/chat", "section"));
        assert!(!is_here("/spend", "/chat", "section"));
    }
}
