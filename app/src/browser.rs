//! The few things that only a browser can do; on the server they do nothing.

use leptos::prelude::*;

/// Whether the page runs in a browser that has hydrated it; what needs code shows only then.
///
/// It must not turn true before the last lazily loaded part is hydrated: that part would find
/// other elements than the server wrote.
#[derive(Clone, Copy)]
pub(crate) struct Hydrated(RwSignal<bool>);

#[cfg(feature = "hydrate")]
thread_local! {
    static HYDRATED: std::cell::Cell<Option<Hydrated>> = const { std::cell::Cell::new(None) };
}

/// Tells the page that all of it is hydrated.
#[cfg(feature = "hydrate")]
pub fn hydration_is_over() {
    if let Some(Hydrated(hydrated)) = HYDRATED.get() {
        hydrated.set(true);
    }
    if let Some(root) = document().document_element() {
        // A valid attribute name cannot be refused.
        let _marked = root.set_attribute("data-hydrated", "");
    }
}

impl Hydrated {
    pub(crate) fn provide() {
        let hydrated = Self(RwSignal::new(false));
        #[cfg(feature = "hydrate")]
        HYDRATED.set(Some(hydrated));
        provide_context(hydrated);
    }

    pub(crate) fn signal() -> Signal<bool> {
        use_context::<Self>().map_or_else(|| Signal::stored(false), |hydrated| hydrated.0.into())
    }
}

/// Puts text on the clipboard; silently nothing where the browser forbids it.
pub(crate) fn copy(text: &str) {
    let clipboard = window().navigator().clipboard();
    leptos::task::spawn_local({
        let written = clipboard.write_text(text);
        async move {
            // A refusal needs no message: the text is on the page and can be selected.
            let _refused_or_done = wasm_bindgen_futures::JsFuture::from(written).await;
        }
    });
}

/// Sets a cookie from the text of a `set-cookie`.
pub(crate) fn set_cookie(cookie: &str) {
    use wasm_bindgen::JsCast;
    if let Some(document) = document().dyn_ref::<web_sys::HtmlDocument>() {
        // Where cookies are blocked the choice lasts until the page is left.
        let _blocked_or_done = document.set_cookie(cookie);
    }
}

/// Paints the page in a theme at once.
pub(crate) fn paint(theme: crate::theme::Theme) {
    if let Some(root) = document().document_element() {
        // A valid attribute name cannot be refused.
        let _done = root.set_attribute("data-theme", theme.as_str());
    }
}

fn tab_storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

/// Keeps a text for as long as the tab lives; not at all where storage is full or forbidden.
pub(crate) fn remember(place: &str, text: &str) {
    if let Some(storage) = tab_storage() {
        let _kept_or_not = storage.set_item(place, text);
    }
}

/// A text that was kept.
pub(crate) fn remembered(place: &str) -> Option<String> {
    tab_storage()?.get_item(place).ok().flatten().filter(|text| !text.is_empty())
}

/// Forgets a text that was kept.
pub(crate) fn forget(place: &str) {
    if let Some(storage) = tab_storage() {
        let _gone_or_never_there = storage.remove_item(place);
    }
}

/// Scrolls the element with this id to the top of what scrolls it, after the next paint.
pub(crate) fn bring_to_top(id: &'static str) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(id) {
            element.scroll_into_view_with_bool(true);
        }
    });
}

/// Whether there is a mouse or the like, and so most likely a keyboard that takes no room.
pub(crate) fn has_fine_pointer() -> bool {
    let query = window().match_media("(pointer: fine)").ok().flatten();
    query.is_some_and(|query| query.matches())
}
