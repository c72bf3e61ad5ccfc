//! A whole answer: what the model wrote, its receipt, and what can be done with it.
//!
//! Written on the server only. Its buttons are plain forms; a hydrated page takes them over.

use leptos::prelude::*;
use shared::{
    id::ConversationId,
    view::chat::{MessageStatus, MessageView},
};

use super::receipt::ReceiptChip;
use crate::{
    components::{CopyButton, Icon, Instant, Notice, Tone},
    format,
};

/// The answer.
#[component]
pub(crate) fn WholeAnswer(
    /// The message.
    message: MessageView,
    /// The conversation that plain forms lead back to, where it is known.
    conversation: Option<ConversationId>,
) -> impl IntoView {
    let has_text = !message.html.is_empty();
    let ending = match message.status {
        MessageStatus::Failed => {
            let told = message.problem.clone().unwrap_or_else(|| {
                "The answer broke off. What had come is kept; ask again for another one.".to_owned()
            });
            view! { <Notice tone=Tone::Problem><p>{told}</p></Notice> }.into_any()
        }
        MessageStatus::Stopped => {
            view! { <p class="stopped">"Stopped by you. What had come is kept."</p> }.into_any()
        }
        MessageStatus::Complete | MessageStatus::Streaming => ().into_any(),
    };
    let prose = has_text.then(|| {
        view! { <div class="prose" dir="auto" inner_html=message.html.clone()></div> }
    });
    let copy =
        has_text.then(|| view! { <CopyButton text=message.text.clone() label="Copy answer"/> });
    view! {
        <h2 class="message-from">{message.model.clone().unwrap_or_default()}</h2>
        {prose}
        {ending}
        <footer class="message-foot">
            {message.receipt.clone().map(|receipt| view! { <ReceiptChip receipt/> })}
            <div class="message-actions">
                {(message.siblings > 1).then(|| siblings(&message, conversation))}
                {copy}
                <form method="post" action="/chat/regenerate">
                    {hidden_fields(&message, conversation)}
                    <button type="submit" class="icon-button" title="Answer again">
                        {Icon::Again.draw()}
                        <span class="visually-hidden">"Answer again"</span>
                    </button>
                </form>
                <span class="message-time">
                    <Instant at=message.created_at text=format::time(message.created_at)/>
                </span>
            </div>
        </footer>
    }
}

/// `‹ 1/2 ›`: the answers to the same question.
fn siblings(message: &MessageView, conversation: Option<ConversationId>) -> impl IntoView + use<> {
    let (this, all) = (message.sibling, message.siblings);
    let step = move |to: u32, icon: Icon, label: &'static str| {
        view! {
            <button
                type="submit"
                name="sibling"
                value=to.to_string()
                class="icon-button icon-button-slim"
                title=label
                disabled=!(1..=all).contains(&to)
            >
                {icon.draw()}
                <span class="visually-hidden">{label}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/chat/sibling" class="siblings">
            {hidden_fields(message, conversation)}
            {step(this.saturating_sub(1), Icon::ChevronLeft, "Former answer")}
            <span>
                <span class="visually-hidden">"Answer "</span>
                {format!("{this}/{all}")}
            </span>
            {step(this + 1, Icon::ChevronRight, "Next answer")}
        </form>
    }
}

fn hidden_fields(
    message: &MessageView,
    conversation: Option<ConversationId>,
) -> impl IntoView + use<> {
    let id = message.id.to_string();
    view! {
        <input type="hidden" name="message" value=id/>
        {conversation.map(|id| {
            view! { <input type="hidden" name="conversation" value=id.to_string()/> }
        })}
    }
}
