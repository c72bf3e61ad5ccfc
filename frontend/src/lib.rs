//! The WebAssembly entry: takes over the page that the server rendered.

use leptos::{mount::hydrate_from_async, prelude::document};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Called by the script in the page's head once the code is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    app::behaviour::attach();
    app::time_zone::tell();
    spawn_local(async {
        if let Some(body) = document().body() {
            // On the heap: the state of a whole page is too large to be moved about.
            let page = Box::pin(hydrate_from_async(body, app::App)).await;
            // The page lives until the browser leaves it.
            page.forget();
            app::hydration_is_over();
        }
    });
}
