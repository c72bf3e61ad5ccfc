//! The few things that only a browser can do; on the server they do nothing.

use std::{future::Future, pin::Pin};

use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::{Failure, wire};

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
    let written = clipboard.write_text(text);
    start(async move {
        // A refusal needs no message: the text is on the page and can be selected.
        let _refused_or_done = JsFuture::from(written).await;
    });
}

/// Starts something that goes on by itself, even when what started it is gone from the page.
pub(crate) fn start(task: impl Future<Output = ()> + 'static) {
    start_erased(Box::pin(task));
}

fn start_erased(task: Pin<Box<dyn Future<Output = ()>>>) {
    leptos::task::spawn_local(task);
}

/// Posts a line to the gateway and gives the line that it answers.
pub(crate) fn post(
    path: &str,
    line: &str,
) -> Pin<Box<dyn Future<Output = Result<String, Failure>> + Send>> {
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(&JsValue::from_str(line));
    let sent = window().fetch_with_str_and_init(path, &request);
    // In a browser there is only the thread that this stays on.
    Box::pin(SendWrapper::new(async move {
        let response =
            JsFuture::from(sent).await.ok().and_then(|it| it.dyn_into::<Response>().ok());
        let response = response.ok_or_else(Failure::no_answer)?;
        let text = response.text().map_err(|_| Failure::no_answer())?;
        let text = JsFuture::from(text).await.ok().and_then(|text| text.as_string());
        let text = text.ok_or_else(Failure::no_answer)?;
        if response.ok() {
            return Ok(text);
        }
        Err(wire::read(&text).unwrap_or_else(Failure::unreadable))
    }))
}

/// Sets a cookie from the text of a `set-cookie`.
pub(crate) fn set_cookie(cookie: &str) {
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

/// The path of the address.
pub(crate) fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Replaces what is in the first element that the selector finds.
pub(crate) fn fill(selector: &str, html: &str) {
    if let Some(element) = document().query_selector(selector).ok().flatten() {
        element.set_inner_html(html);
    }
}

/// Whether there is a mouse or the like, and so most likely a keyboard that takes no room.
pub(crate) fn has_fine_pointer() -> bool {
    let query = window().match_media("(pointer: fine)").ok().flatten();
    query.is_some_and(|query| query.matches())
}
