//! Where one writes. Enter sends, Shift+Enter breaks the line, Escape stops the answer.

use leptos::{
    ev::{KeyboardEvent, SubmitEvent},
    html,
    prelude::*,
};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use shared::{id::MessageId, view::chat::ModelChoice};

use super::{
    Listing,
    answer::in_conversation,
    draft::Draft,
    model_picker::ModelPicker,
    thread::{LATEST, Thread},
};
use crate::{
    Failure,
    api::chat::{send_message, stop_answer},
    browser,
    components::Icon,
    settle::Settle,
};

/// The form.
#[component]
pub(crate) fn Composer(
    /// The conversation.
    thread: Thread,
    /// The models on offer.
    models: Vec<ModelChoice>,
    /// The text from a try that failed.
    kept: String,
    /// The list beside it.
    listing: Listing,
) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let form = NodeRef::<html::Form>::new();
    let navigate = use_navigate();
    let asked = use_query_map().with_untracked(|query| query.get("draft")).unwrap_or_default();
    let text = if kept.is_empty() { asked } else { kept };
    let draft = Draft::of(thread.conversation);
    draft.fill(field);

    let send = Action::new(move |text: &String| {
        let text = text.clone();
        let navigate = navigate.clone();
        async move {
            thread.problem.set(None);
            thread.pending.set(Some(text.clone()));
            let model = thread.model.get_untracked();
            let sent = send_message(thread.conversation, model, text.clone()).await;
            match sent {
                Ok(run) if thread.conversation.is_some() => {
                    draft.forget();
                    thread.pending.set(None);
                    thread.began(run, text);
                    browser::bring_to_top(LATEST);
                    listing.refetch();
                }
                Ok(run) => {
                    draft.forget();
                    listing.refetch();
                    navigate(&format!("/chat/{}", run.conversation_id), NavigateOptions::default());
                }
                Err(Failure(problem)) => {
                    thread.pending.set(None);
                    thread.problem.set(Some(problem));
                    if let Some(field) = field.get_untracked() {
                        field.set_value(&text);
                    }
                }
            }
        }
    });
    let stop = Action::new(move |message: &MessageId| {
        let message = *message;
        async move {
            if let Err(Failure(problem)) = stop_answer(message).await {
                thread.problem.set(Some(problem));
            }
        }
    });
    let is_busy = move || thread.pending.with(Option::is_some) || thread.streaming().is_some();

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        let text = field.value();
        if !text.trim().is_empty() && !is_busy() {
            field.set_value("");
            send.dispatch(text);
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
        "Escape" => {
            if let Some(message) = thread.streaming() {
                event.prevent_default();
                stop.dispatch(message);
            }
        }
        _ => {}
    };
    let button = move || match thread.streaming() {
        Some(message) => view! { <StopButton message stop/> }.settle(),
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
            {in_conversation(thread)}
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
                on:input:target=move |event| draft.keep(&event.target().value())
                node_ref=field
            >
                {text}
            </textarea>
            <div class="composer-bar">
                <ModelPicker models chosen=thread.model/>
                {button}
            </div>
        </form>
        {thread.conversation.map(|_| stop_form(thread))}
    }
    .settle()
}

/// Ends the answer; a button of its own form, so that it works without code.
#[component]
fn StopButton(message: MessageId, stop: Action<MessageId, ()>) -> impl IntoView {
    view! {
        <button
            type="submit"
            form="stop"
            name="message"
            value=message.to_string()
            class="send-button send-button-stop"
            title="Stop (Esc)"
            on:click=move |event| {
                event.prevent_default();
                stop.dispatch(message);
            }
        >
            {Icon::Stop.draw()}
            <span class="visually-hidden">"Stop the answer"</span>
        </button>
    }
    .settle()
}

fn stop_form(thread: Thread) -> impl IntoView {
    view! {
        <form method="post" action="/chat/stop" id="stop" hidden>
            {in_conversation(thread)}
        </form>
    }
}
