//! What a page reads from the gateway when it opens, and what it shows of it.
//!
//! Everything that is read is text, so that all pages share one copy of the code that waits for it.

use std::{future::Future, pin::Pin, sync::Arc};

use leptos::prelude::*;

use crate::{Failure, components::ProblemNotice, settle::Settle, wire::Lines};

/// A text on its way from the gateway, or what went wrong.
pub(crate) type Reading = Resource<Result<String, Failure>, Lines>;
type Arrival = Pin<Box<dyn Future<Output = Result<String, Failure>> + Send>>;

/// Reads a text, and again whenever what it is `of` changes.
pub(crate) fn reading(
    of: impl Fn() -> Option<String> + Send + Sync + 'static,
    read: fn(Option<String>) -> Arrival,
) -> Reading {
    erased(Box::new(of), read)
}

fn erased(
    of: Box<dyn Fn() -> Option<String> + Send + Sync>,
    read: fn(Option<String>) -> Arrival,
) -> Reading {
    Reading::new_with_options(of, read, false)
}

/// Shows what was read; until the first text is there, `meanwhile`.
pub(crate) fn shown(
    reading: Reading,
    meanwhile: fn() -> AnyView,
    show: impl Fn(Result<String, Failure>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    arriving(reading, meanwhile, Arc::new(show))
}

fn arriving(
    reading: Reading,
    meanwhile: fn() -> AnyView,
    show: Arc<dyn Fn(Result<String, Failure>) -> AnyView + Send + Sync>,
) -> AnyView {
    view! {
        <Transition fallback=meanwhile>
            {move || {
                let show = Arc::clone(&show);
                Suspend::new(async move { show(reading.await) })
            }}
        </Transition>
    }
    .settle()
}

/// Shows a text, or the notice of what went wrong.
pub(crate) fn or_notice(
    show: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> impl Fn(Result<String, Failure>) -> AnyView + Send + Sync + 'static {
    move |read| match read {
        Ok(text) => show(text),
        Err(failure) => view! { <ProblemNotice failure/> }.settle(),
    }
}
