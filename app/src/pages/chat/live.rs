//! An answer while it is written: frozen blocks are appended, the tail is replaced, at most once
//! per frame. Nothing here parses Markdown; the server sends sanitised HTML.

use leptos::{html, prelude::*};
use shared::view::chat::MessageView;

use super::{Listing, thread::Thread};
use crate::settle::Settle;

/// The growing answer.
#[component]
pub(crate) fn LiveAnswer(
    /// The message; set to its final form when the stream ends.
    message: ArcRwSignal<MessageView>,
    /// The conversation that it is in.
    thread: Thread,
    /// The list beside it, read again at the end because titles may have changed.
    listing: Listing,
) -> impl IntoView {
    let frozen = NodeRef::<html::Div>::new();
    let tail = NodeRef::<html::Div>::new();
    let so_far = message.with_untracked(|message| message.html.clone());
    #[cfg(feature = "hydrate")]
    Effect::new(move || {
        if let (Some(frozen), Some(tail)) = (frozen.get(), tail.get()) {
            follow::follow(&frozen, &tail, message.clone(), thread, listing);
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (message, thread, listing);
    view! {
        <div class="prose prose-live" dir="auto">
            <div class="frozen" node_ref=frozen inner_html=so_far></div>
            <div class="tail" node_ref=tail></div>
        </div>
        <p class="thinking"><span class="pulse"></span>"Writing"</p>
    }
    .settle()
}

#[cfg(feature = "hydrate")]
mod follow {
    //! Follows the run of an answer over server-sent events.

    use std::{cell::RefCell, rc::Rc};

    use leptos::prelude::*;

    use shared::view::chat::{MessageStatus, MessageView, RunEvent};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{EventSource, HtmlDivElement, MessageEvent};

    use super::{super::prose::offer_copying, Listing, Thread};

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
        frozen: &HtmlDivElement,
        tail: &HtmlDivElement,
        message: ArcRwSignal<MessageView>,
        thread: Thread,
        listing: Listing,
    ) {
        let id = message.with_untracked(|message| message.id);
        let Ok(source) = EventSource::new(&format!("/chat/runs/{id}/events")) else {
            return;
        };
        let unpainted = Rc::new(RefCell::new(Unpainted::default()));
        let (frozen, tail) = (frozen.clone(), tail.clone());
        let on_message = {
            let source = source.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let Some(data) = event.data().as_string() else { return };
                match serde_json::from_str(&data) {
                    Ok(RunEvent::Block { html, .. }) => {
                        let mut waiting = unpainted.borrow_mut();
                        waiting.blocks.push_str(&html);
                        waiting.tail = Some(String::new());
                        schedule(&unpainted, &mut waiting, &frozen, &tail);
                    }
                    Ok(RunEvent::Tail { html }) => {
                        let mut waiting = unpainted.borrow_mut();
                        waiting.tail = Some(html);
                        schedule(&unpainted, &mut waiting, &frozen, &tail);
                    }
                    Ok(RunEvent::End { message: whole, conversation_cost }) => {
                        source.close();
                        thread.cost.set(conversation_cost);
                        thread.announcement.set(announcement(&whole));
                        message.set(*whole);
                        listing.refetch();
                    }
                    // An event of a newer gateway: the stored message will have it all.
                    Err(_) => {}
                }
            })
        };
        source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let held = StoredValue::new_local((source, on_message));
        on_cleanup(move || held.with_value(|(source, _)| source.close()));
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

    fn announcement(message: &MessageView) -> String {
        let words = message.text.split_whitespace().count();
        match message.status {
            MessageStatus::Complete | MessageStatus::Streaming => {
                format!("Answer ready, {words} words")
            }
            MessageStatus::Stopped => format!("Stopped after {words} words"),
            MessageStatus::Failed => format!("The answer broke off after {words} words"),
        }
    }
}
