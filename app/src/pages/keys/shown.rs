//! Keys as the page shows them. Written on the server only; its forms are plain ones.

mod made;
mod table;

use leptos::prelude::*;
use shared::{
    Timestamp,
    view::keys::{KeySummary, NewKey},
};

use self::{
    made::{FirstSteps, MadeKey},
    table::KeyTable,
};
use crate::{
    api::caller::{self, Caller},
    written,
};

/// The table of keys, or what a first key is for.
pub(crate) fn keys(keys: Vec<KeySummary>, as_of: Timestamp) -> String {
    let origin = origin();
    if keys.is_empty() {
        written::html(|| view! { <FirstSteps origin/> })
    } else {
        written::html(|| view! { <KeyTable keys as_of/> })
    }
}

/// The secret of a new key, with a request that works as it stands.
pub(crate) fn made(key: NewKey) -> String {
    let (origin, model) = (origin(), sample_model());
    written::html(|| view! { <MadeKey key origin model/> })
}

/// The address that this gateway was reached under.
fn origin() -> String {
    let parts = use_context::<http::request::Parts>();
    parts.map(|parts| caller::origin(&parts.headers)).unwrap_or_default()
}

/// A model that the caller may use, for the sample request.
fn sample_model() -> String {
    let models = Caller::of_request()
        .map(|caller| caller.gateway.models.choices(&caller.principal, caller.gateway.clock.now()))
        .unwrap_or_default();
    models.into_iter().next().map_or_else(|| "gpt-4o".to_owned(), |model| model.name)
}
