//! One message: a question as it was typed, or an answer with its receipt and what can be done
//! with it.

use leptos::{ev::SubmitEvent, prelude::*};
use shared::{
    id::MessageId,
    view::chat::{Author, MessageStatus, MessageView},
};

use super::{
    Listing, Opening,
    live::LiveAnswer,
    prose::Prose,
    receipt::ReceiptChip,
    thread::{LATEST, Thread},
};
use crate::{
    Failure,
    api::chat::{choose_sibling, regenerate},
    components::{CopyButton, Icon, Instant, Notice, Tone},
    format,
    settle::Settle,
};

/// The message.
#[component]
pub(crate) fn Message(
    /// The message; changes when its stream ends.
    message: ArcRwSignal<MessageView>,
    /// The key by which the list knows it.
    key: String,
    /// The conversation that it is in.
    thread: Thread,
    /// The list beside it.
    listing: Listing,
    /// Reads the conversation again.
    opening: Opening,
) -> impl IntoView {
    if message.with_untracked(|message| message.author) == Author::User {
        let text = message.with_untracked(|message| message.text.clone());
        let id = move || thread.is_latest_question(&key).then_some(LATEST);
        return view! {
            <article class="message message-user" id=id>
                <h2 class="visually-hidden">"You"</h2>
                <p class="bubble" dir="auto">{text}</p>
            </article>
        }
        .settle();
    }
    let model = message.with_untracked(|message| message.model.clone()).unwrap_or_default();
    let status = {
        let message = message.clone();
        Memo::new(move |_| message.with(|message| message.status))
    };
    let body = move || {
        if status.get() == MessageStatus::Streaming {
            view! { <LiveAnswer message=message.clone() thread listing/> }.settle()
        } else {
            let message = message.get();
            view! { <WholeAnswer message thread listing opening/> }.settle()
        }
    };
    view! {
        <article
            class="message message-answer"
            aria-busy=move || (status.get() == MessageStatus::Streaming).then_some("true")
        >
            <h2 class="message-from">{model}</h2>
            {body}
        </article>
    }
    .settle()
}

#[component]
fn WholeAnswer(
    message: MessageView,
    thread: Thread,
    listing: Listing,
    opening: Opening,
) -> impl IntoView {
    let has_text = !message.html.is_empty();
    let ending = match message.status {
        MessageStatus::Failed => {
            let told = message.problem.clone().unwrap_or_else(|| {
                "The answer broke off. What had come is kept; ask again for another one.".to_owned()
            });
            Some(view! { <Notice tone=Tone::Problem><p>{told}</p></Notice> }.settle())
        }
        MessageStatus::Stopped => {
            Some(view! { <p class="stopped">"Stopped by you. What had come is kept."</p> }.settle())
        }
        MessageStatus::Complete | MessageStatus::Streaming => None,
    };
    view! {
        {has_text.then(|| view! { <Prose html=message.html.clone()/> })}
        {ending}
        <footer class="message-foot">
            {message.receipt.clone().map(|receipt| view! { <ReceiptChip receipt/> })}
            <div class="message-actions">
                {(message.siblings > 1).then(|| view! { <Siblings message=message.clone() opening thread/> })}
                {has_text.then(|| view! { <CopyButton text=message.text.clone() label="Copy answer"/> })}
                <Regenerate message=message.id thread listing/>
                <span class="message-time">
                    <Instant at=message.created_at text=format::time(message.created_at)/>
                </span>
            </div>
        </footer>
    }
    .settle()
}

#[component]
fn Regenerate(message: MessageId, thread: Thread, listing: Listing) -> impl IntoView {
    let again = Action::new(move |former: &MessageId| {
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
    let is_busy = move || again.pending().get() || thread.streaming().is_some();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        again.dispatch(message);
    };
    view! {
        <form method="post" action="/chat/regenerate" on:submit=submit>
            {in_conversation(thread)}
            <input type="hidden" name="message" value=message.to_string()/>
            <button type="submit" class="icon-button" title="Answer again" disabled=is_busy>
                {Icon::Again.draw()}
                <span class="visually-hidden">"Answer again"</span>
            </button>
        </form>
    }
    .settle()
}

/// `‹ 1/2 ›`: the answers to the same question.
#[component]
fn Siblings(message: MessageView, opening: Opening, thread: Thread) -> impl IntoView {
    let id = message.id;
    let (this, all) = (message.sibling, message.siblings);
    let choose = Action::new(move |sibling: &u32| {
        let sibling = *sibling;
        async move {
            match choose_sibling(id, sibling).await {
                Ok(()) => opening.refetch(),
                Err(Failure(problem)) => thread.problem.set(Some(problem)),
            }
        }
    });
    let step = move |to: u32, icon: Icon, label: &'static str| {
        let is_there = (1..=all).contains(&to);
        view! {
            <button
                type="submit"
                name="sibling"
                value=to.to_string()
                class="icon-button icon-button-slim"
                title=label
                disabled=!is_there
                on:click=move |event| {
                    event.prevent_default();
                    choose.dispatch(to);
                }
            >
                {icon.draw()}
                <span class="visually-hidden">{label}</span>
            </button>
        }
    };
    view! {
        <form method="post" action="/chat/sibling" class="siblings">
            {in_conversation(thread)}
            <input type="hidden" name="message" value=id.to_string()/>
            {step(this.saturating_sub(1), Icon::ChevronLeft, "Former answer")}
            <span><span class="visually-hidden">"Answer "</span>{format!("{this}/{all}")}</span>
            {step(this + 1, Icon::ChevronRight, "Next answer")}
        </form>
    }
    .settle()
}

/// The hidden field that leads a plain form back to the conversation.
pub(super) fn in_conversation(thread: Thread) -> impl IntoView {
    let id = thread.conversation.map(|id| id.to_string()).unwrap_or_default();
    view! { <input type="hidden" name="conversation" value=id/> }
}
