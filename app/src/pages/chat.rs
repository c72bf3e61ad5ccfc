//! The chat: conversations beside it, the open one, and a receipt under every answer.

mod actions;
#[cfg(feature = "ssr")]
mod answer;
mod composer;
mod conversation;
#[cfg(feature = "ssr")]
mod conversation_menu;
mod draft;
mod list;
mod live;
mod message;
mod model_picker;
#[cfg(feature = "ssr")]
mod receipt;
#[cfg(feature = "ssr")]
pub(crate) mod shown;
mod thread;
#[cfg(feature = "ssr")]
mod welcome;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use self::{conversation::Conversation, list::ConversationNav};
use crate::{
    Failure,
    api::chat::{list_conversations, read_chat},
    components::{ProblemNotice, SkeletonLines},
    reading::{reading, shown},
    settle::Settle,
    visit::{Form, posted_failure},
    wire,
};

/// The page.
pub(crate) struct ChatPage;

page_of!(ChatPage, view);

fn view() -> AnyView {
    let parameters = use_params_map();
    let id = move || parameters.with(|parameters| parameters.get("conversation"));
    let failure = StoredValue::new(posted_failure(Form::Chat));
    Effect::watch(id, move |_, _, _| failure.set_value(None), false);
    let listing = reading(|| None, |_| Box::pin(list_conversations()));
    let opening = reading(id, |id| Box::pin(read_chat(id)));
    let show = move |read: Result<String, Failure>| {
        let open = read.and_then(|line| wire::read(&line).ok_or_else(Failure::unreadable));
        match open {
            Ok(open) => {
                let failure = failure.get_value();
                view! { <Conversation open failure listing opening/> }.settle()
            }
            Err(failure) => cannot_open(failure),
        }
    };
    view! {
        <div class="chat">
            <ConversationNav listing/>
            <main id="main" class="chat-main">
                {shown(opening, loading, show)}
            </main>
        </div>
    }
    .settle()
}

fn loading() -> AnyView {
    view! { <div class="chat-loading"><SkeletonLines/></div> }.settle()
}

fn cannot_open(failure: Failure) -> AnyView {
    view! {
        <Title text="Chat"/>
        <div class="chat-problem">
            <h1>"This conversation cannot be shown"</h1>
            <ProblemNotice failure/>
            <a class="button button-primary" href="/chat">"Start a new chat"</a>
        </div>
    }
    .settle()
}
