//! What can be done with a conversation and its answers, taken over from the plain forms that the
//! server writes.

use std::str::FromStr;

use leptos::{ev::SubmitEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlFormElement, HtmlInputElement};

use super::thread::Thread;
use crate::{
    api::chat::{
        choose_sibling, delete_conversation, regenerate, rename_conversation, stop_answer,
    },
    behaviour, browser,
};

/// Does what the submitted form would, without leaving the page.
pub(super) fn taken_over(thread: Thread) -> impl Fn(SubmitEvent) + Copy {
    move |event| {
        let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form else { return };
        match form.get_attribute("action").as_deref() {
            Some("/chat/rename") => rename(thread, &form),
            Some("/chat/delete") => delete(thread),
            Some("/chat/stop") => stop(thread),
            Some("/chat/regenerate") => ask_again(thread, &form),
            Some("/chat/sibling") => show_other(thread, &form, &event),
            _ => return,
        }
        event.prevent_default();
    }
}

fn rename(thread: Thread, form: &HtmlFormElement) {
    let (Some(id), Some(title)) = (thread.conversation, field::<String>(form, "title")) else {
        return;
    };
    browser::start(async move {
        let renamed = rename_conversation(id, title.clone()).await;
        if thread.tell(renamed).is_some() {
            behaviour::close_menus();
            thread.title.set(title);
            thread.listing.refetch();
        }
    });
}

fn delete(thread: Thread) {
    let Some(id) = thread.conversation else { return };
    browser::start(async move {
        if thread.tell(delete_conversation(id).await).is_some() {
            thread.listing.refetch();
            thread.go.run("/chat".to_owned());
        }
    });
}

/// Ends the answer that is being written.
pub(super) fn stop(thread: Thread) {
    let Some(message) = thread.writing() else { return };
    browser::start(async move {
        thread.tell(stop_answer(message).await);
    });
}

fn ask_again(thread: Thread, form: &HtmlFormElement) {
    let Some(former) = field(form, "message").filter(|_| !thread.is_busy()) else { return };
    thread.is_asking_again.set(true);
    browser::start(async move {
        let run = regenerate(former).await;
        thread.is_asking_again.set(false);
        if let Some(run) = thread.tell(run) {
            thread.began_again(former, run);
            thread.listing.refetch();
        }
    });
}

fn show_other(thread: Thread, form: &HtmlFormElement, event: &SubmitEvent) {
    let sibling = pressed(event).and_then(|button| button.value().parse().ok());
    let (Some(message), Some(sibling)) = (field(form, "message"), sibling) else { return };
    if thread.is_busy() {
        return;
    }
    browser::start(async move {
        if thread.tell(choose_sibling(message, sibling).await).is_some() {
            thread.opening.refetch();
        }
    });
}

fn field<T: FromStr>(form: &HtmlFormElement, name: &str) -> Option<T> {
    let field = form.query_selector(&format!("input[name={name}]")).ok().flatten()?;
    field.dyn_into::<HtmlInputElement>().ok()?.value().parse().ok()
}

/// The button that submitted the form.
fn pressed(event: &SubmitEvent) -> Option<HtmlButtonElement> {
    event.submitter()?.dyn_into().ok()
}
