//! What can be done with an answer, taken over from the plain forms that it brings.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
};
use shared::id::MessageId;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlFormElement, HtmlInputElement};

use super::{Listing, Opening, thread::Thread};
use crate::{
    Failure,
    api::chat::{choose_sibling, regenerate},
};

/// Asks again, or shows another answer, where a form among the messages is submitted.
pub(super) fn taken_over(
    thread: Thread,
    listing: Listing,
    opening: Opening,
) -> impl Fn(SubmitEvent) {
    let ask_again = Action::new(move |former: &MessageId| {
        let former = *former;
        async move {
            match regenerate(former).await {
                Ok(run) => {
                    thread.problem.set(None);
                    thread.began_again(former, run);
                    listing.refetch();
                }
                Err(Failure(problem)) => thread.problem.set(Some(problem)),
            }
        }
    });
    let show_other = Action::new(move |(message, sibling): &(MessageId, u32)| {
        let (message, sibling) = (*message, *sibling);
        async move {
            match choose_sibling(message, sibling).await {
                Ok(()) => opening.refetch(),
                Err(Failure(problem)) => thread.problem.set(Some(problem)),
            }
        }
    });
    move |event| {
        let Some(form) = form_of(&event) else { return };
        let Some(message) = field(&form, "message").and_then(|id| id.parse().ok()) else { return };
        let is_free = thread.writing().is_none() && !ask_again.pending().get_untracked();
        event.prevent_default();
        if !is_free {
            return;
        }
        match pressed(&event).and_then(|button| button.value().parse().ok()) {
            Some(sibling) => {
                show_other.dispatch((message, sibling));
            }
            None => {
                ask_again.dispatch(message);
            }
        }
    }
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    event.target()?.dyn_into().ok()
}

fn field(form: &HtmlFormElement, name: &str) -> Option<String> {
    let field = form.query_selector(&format!("input[name={name}]")).ok().flatten()?;
    Some(field.dyn_into::<HtmlInputElement>().ok()?.value())
}

/// The button that submitted the form, where it says which answer to show.
fn pressed(event: &SubmitEvent) -> Option<HtmlButtonElement> {
    let button = event.submitter()?.dyn_into::<HtmlButtonElement>().ok()?;
    (button.name() == "sibling").then_some(button)
}
