//! Where one writes. Enter sends, Shift+Enter breaks the line, Escape stops the answer.

use leptos::{
    ev::{self, KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use leptos_router::hooks::use_query_map;
use shared::id::{ConversationId, MessageId};
use web_sys::HtmlTextAreaElement;

use super::{
    actions,
    draft::Draft,
    model_picker::ModelPicker,
    thread::{LATEST, Thread},
};
use crate::{
    api::chat::send_message,
    behaviour,
    browser::{self, Hydrated},
    components::Icon,
    settle::Settle,
};

/// A field that grows beyond this scrolls.
const MOST_ROWS: usize = 12;

/// The form.
#[component]
pub(crate) fn Composer(
    /// The conversation.
    thread: Thread,
    /// The models on offer, as HTML.
    models_html: String,
    /// The text from a try that failed.
    kept: String,
) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let form = NodeRef::<html::Form>::new();
    let asked = use_query_map().with_untracked(|query| query.get("draft")).unwrap_or_default();
    let text = if kept.is_empty() { asked } else { kept };
    let draft = Draft::of(thread.conversation);
    draft.fill(field);
    take_focus_on_arrival(field);

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        let text = field.value();
        if !text.trim().is_empty() && !thread.is_busy() {
            field.set_value("");
            fit(&field);
            send(thread, text, draft, &field);
        }
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        // 229 is what browsers say while an input method composes, some without isComposing.
        "Enter" if !event.shift_key() && !event.is_composing() && event.key_code() != 229 => {
            event.prevent_default();
            if let Some(form) = form.get_untracked() {
                // The form is valid or the browser tells the person why it is not.
                let _asked = form.request_submit();
            }
        }
        _ => {}
    };
    stop_on_escape(thread);
    let button = move || match thread.writing() {
        Some(message) => view! { <StopButton message/> }.settle(),
        None => view! {
            <button
                type="submit"
                class="send-button"
                title="Send (Enter)"
                disabled=move || thread.pending.with(Option::is_some)
            >
                {Icon::Send.draw()}
                <span class="visually-hidden">"Send"</span>
            </button>
        }
        .settle(),
    };
    view! {
        <form
            method="post"
            action="/chat/send"
            class="composer"
            id="composer"
            node_ref=form
            on:submit=submit
            on:keydown=on_key
        >
            {in_conversation(thread.conversation)}
            <label class="visually-hidden" for="composer-text">"Message"</label>
            <textarea
                id="composer-text"
                name="text"
                rows="1"
                required
                dir="auto"
                placeholder="Ask anything"
                autocomplete="off"
                enterkeyhint="send"
                autofocus
                on:input:target=move |event| {
                    let field = event.target();
                    draft.keep(&field.value());
                    fit(&field);
                }
                node_ref=field
            >
                {text}
            </textarea>
            <div class="composer-bar">
                <ModelPicker models_html chosen=thread.model/>
                {button}
            </div>
        </form>
        {thread.conversation.map(|id| stop_form(id, thread))}
    }
    .settle()
}

/// Sends a message; where it cannot be sent, the text goes back into the field.
fn send(thread: Thread, text: String, draft: Draft, field: &HtmlTextAreaElement) {
    let field = field.clone();
    thread.failure.set(None);
    thread.pending.set(Some(text.clone()));
    browser::bring_to_top("pending");
    browser::start(async move {
        let model = thread.model.get_untracked();
        let sent = send_message(thread.conversation, model, text.clone()).await;
        let Some(run) = thread.tell(sent) else {
            thread.pending.set(None);
            field.set_value(&text);
            return;
        };
        draft.forget();
        thread.listing.refetch();
        if thread.conversation.is_some() {
            thread.pending.set(None);
            thread.began(run, text);
            browser::bring_to_top(LATEST);
        } else {
            thread.go.run(format!("/chat/{}", run.conversation_id));
        }
    });
}

/// As many rows as there are lines, where the browser does not size the field by itself.
fn fit(field: &HtmlTextAreaElement) {
    let lines = field.value().split('\n').count().min(MOST_ROWS);
    field.set_rows(u32::try_from(lines).unwrap_or(1));
}

/// Whoever comes to a conversation without a reload wants to write, unless that would bring up a
/// keyboard on the screen.
fn take_focus_on_arrival(field: NodeRef<html::Textarea>) {
    let has_arrived_without_reload = Hydrated::signal().get_untracked();
    Effect::new(move || {
        if let Some(field) = field.get()
            && has_arrived_without_reload
            && browser::has_fine_pointer()
        {
            // A field of the page takes the focus.
            let _focused = field.focus();
        }
    });
}

/// Escape stops the answer, wherever the focus is; a menu that is open takes it first.
fn stop_on_escape(thread: Thread) {
    Effect::new(move || {
        let listener = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape"
                && !event.default_prevented()
                && !behaviour::is_menu_open()
                && thread.writing().is_some()
            {
                event.prevent_default();
                actions::stop(thread);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// The hidden field that leads a plain form back to the conversation.
fn in_conversation(conversation: Option<ConversationId>) -> impl IntoView {
    let id = conversation.map(|id| id.to_string()).unwrap_or_default();
    view! { <input type="hidden" name="conversation" value=id/> }
}

/// Ends the answer; a button of its own form, so that it works without code.
#[component]
fn StopButton(message: MessageId) -> impl IntoView {
    view! {
        <button
            type="submit"
            form="stop"
            name="message"
            value=message.to_string()
            class="send-button send-button-stop"
            title="Stop (Esc)"
        >
            {Icon::Stop.draw()}
            <span class="visually-hidden">"Stop the answer"</span>
        </button>
    }
    .settle()
}

fn stop_form(conversation: ConversationId, thread: Thread) -> impl IntoView {
    let act = actions::taken_over(thread);
    view! {
        <form method="post" action="/chat/stop" id="stop" hidden on:submit=act>
            {in_conversation(Some(conversation))}
        </form>
    }
}
