//! An answer while it is written: frozen blocks are appended, the tail is replaced, at most once
//! per frame. Nothing here parses Markdown; the server sends sanitised HTML.

use leptos::{html, prelude::*};
use shared::id::MessageId;

use super::thread::{Body, Thread};
use crate::settle::Settle;

/// The growing answer.
#[component]
pub(crate) fn LiveAnswer(
    /// The message.
    id: MessageId,
    /// What had come when the page was written.
    html: String,
    /// The message in the transcript; set to the whole answer at the end.
    body: ArcRwSignal<Body>,
    /// The conversation that it is in.
    thread: Thread,
) -> impl IntoView {
    let frozen = NodeRef::<html::Div>::new();
    let tail = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let (Some(frozen), Some(tail)) = (frozen.get(), tail.get()) {
            follow::follow(id, &frozen, &tail, body.clone(), thread);
        }
    });
    view! {
        <div class="prose prose-live" dir="auto">
            <div class="frozen" node_ref=frozen inner_html=html></div>
            <div class="tail" node_ref=tail></div>
        </div>
        <p class="thinking"><span class="pulse"></span>"Writing"</p>
    }
    .settle()
}

mod follow {
    //! Follows the run of an answer over server-sent events.

    use std::{cell::RefCell, rc::Rc};

    use leptos::prelude::*;
    use shared::id::MessageId;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, HtmlDivElement, MessageEvent};

    use super::{Body, Thread};
    use crate::{Failure, api::chat::AnswerEvent, behaviour::offer_copying, browser, wire};

    /// What has come since the last frame.
    #[derive(Default)]
    struct Unpainted {
        blocks: String,
        tail: Option<String>,
        is_scheduled: bool,
        has_begun: bool,
    }

    /// Opens the event source; it closes at the end of the run or when the page is left.
    pub(super) fn follow(
        id: MessageId,
        frozen: &HtmlDivElement,
        tail: &HtmlDivElement,
        body: ArcRwSignal<Body>,
        thread: Thread,
    ) {
        let Ok(source) = EventSource::new(&format!("/chat/runs/{id}/events")) else {
            return;
        };
        let unpainted = Rc::new(RefCell::new(Unpainted::default()));
        let (frozen, tail) = (frozen.clone(), tail.clone());
        let on_message = {
            let source = source.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Some(data) = event.data().as_string() else { return };
                // An event of a newer gateway is passed over: the whole answer comes at the end.
                let Some(event) = wire::read(&data) else { return };
                let mut waiting = unpainted.borrow_mut();
                match event {
                    AnswerEvent::Block { html } => {
                        waiting.blocks.push_str(&html);
                        waiting.tail = Some(String::new());
                        schedule(&unpainted, &mut waiting, &frozen, &tail);
                    }
                    AnswerEvent::Tail { html } => {
                        waiting.tail = Some(html);
                        schedule(&unpainted, &mut waiting, &frozen, &tail);
                    }
                    AnswerEvent::End { html, announcement, cost_html } => {
                        drop(waiting);
                        source.close();
                        browser::fill("[data-cost]", &cost_html);
                        thread.announcement.set(announcement);
                        body.set(Body::Answer { html });
                        // Titles may have changed.
                        thread.listing.refetch();
                    }
                }
            })
        };
        let on_error = {
            let source = source.clone();
            Closure::<dyn FnMut()>::new(move || {
                // While it is not closed, the browser connects again by itself.
                if source.ready_state() == EventSource::CLOSED {
                    thread.failure.set(Some(Failure::new(
                        "The answer is still being written on the server, but this page cannot \
                         follow it any more. Reload the page to see it.",
                    )));
                }
            })
        };
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let held = StoredValue::new_local((source, on_message, on_error));
        on_cleanup(move || held.with_value(|(source, ..)| source.close()));
    }

    fn schedule(
        unpainted: &Rc<RefCell<Unpainted>>,
        waiting: &mut Unpainted,
        frozen: &HtmlDivElement,
        tail: &HtmlDivElement,
    ) {
        if std::mem::replace(&mut waiting.is_scheduled, true) {
            return;
        }
        let (unpainted, frozen, tail) = (Rc::clone(unpainted), frozen.clone(), tail.clone());
        request_animation_frame(move || {
            let mut waiting = unpainted.borrow_mut();
            waiting.is_scheduled = false;
            if !std::mem::replace(&mut waiting.has_begun, true) {
                // The server replays the run from its beginning; what it rendered goes.
                frozen.set_inner_html("");
            }
            if !waiting.blocks.is_empty() {
                // "beforeend" is a valid position, so this cannot fail.
                let _appended = frozen.insert_adjacent_html("beforeend", &waiting.blocks);
                waiting.blocks.clear();
                offer_copying(&frozen);
            }
            if let Some(html) = waiting.tail.take() {
                tail.set_inner_html(&html);
            }
        });
    }
}
