//! One message in the transcript: a question, an answer being written, or a whole answer.

use leptos::{html, prelude::*};

use super::{
    live::LiveAnswer,
    thread::{Body, Entry, LATEST, Thread},
};
use crate::{behaviour, settle::Settle};

/// The message.
#[component]
pub(crate) fn Message(
    /// The message.
    entry: Entry,
    /// The conversation that it is in.
    thread: Thread,
) -> impl IntoView {
    let Entry { key, body } = entry;
    move || match body.get() {
        Body::Question { text } => {
            let key = key.clone();
            let id = move || thread.is_latest_question(&key).then_some(LATEST);
            view! {
                <article class="message message-user" id=id>
                    <Question text/>
                </article>
            }
            .settle()
        }
        Body::Writing { id, model, html } => {
            let body = body.clone();
            view! {
                <article class="message message-answer" aria-busy="true">
                    <h2 class="message-from">{model}</h2>
                    <LiveAnswer id html body thread/>
                </article>
            }
            .settle()
        }
        Body::Answer { html } => view! { <Answer html/> }.settle(),
    }
}

/// What a person asked.
#[component]
pub(crate) fn Question(
    /// As it was typed.
    text: String,
) -> impl IntoView {
    view! {
        <h2 class="visually-hidden">"You"</h2>
        <p class="bubble" dir="auto">{text}</p>
    }
}

#[component]
fn Answer(html: String) -> impl IntoView {
    let article = NodeRef::<html::Article>::new();
    Effect::new(move || {
        if let Some(article) = article.get() {
            behaviour::offer_copying(&article);
        }
    });
    view! { <article class="message message-answer" inner_html=html node_ref=article></article> }
}
