//! Parts of pages that travel as finished HTML.
//!
//! What a browser only shows, and never changes by itself, is written on the server, whether it
//! comes with the page or later. So the browser needs neither the data behind it nor the code
//! that lays it out; what can be pressed in it is a plain form or gets its [`crate::behaviour`].

use leptos::prelude::{IntoView, Owner, RenderHtml};

/// The HTML of a view.
pub(crate) fn html<V: IntoView>(view: impl FnOnce() -> V) -> String {
    Owner::new().with(|| view().into_view().to_html())
}
