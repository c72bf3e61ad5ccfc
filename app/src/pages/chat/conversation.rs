//! The open conversation: its head, its messages, and where one writes.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    actions,
    composer::Composer,
    message::{Message, Question},
    thread::{LATEST, Thread},
};
use crate::{
    Failure,
    api::chat::OpenChat,
    browser,
    components::{Icon, ProblemNotice},
    reading::Reading,
    settle::Settle,
};

/// The conversation, or the place where a new one starts.
#[component]
pub(crate) fn Conversation(
    /// The models and the conversation.
    open: OpenChat,
    /// What went wrong with the form whose answer this page is, and the text that was kept.
    failure: Option<(Failure, String)>,
    /// The list beside it.
    listing: Reading,
    /// Reads the conversation again.
    opening: Reading,
) -> impl IntoView {
    let OpenChat { model, models_html, welcome_html, mut conversation } = open;
    let facts_html = conversation.as_mut().map(|open| std::mem::take(&mut open.facts_html));
    let (failure, kept) = failure.unzip();
    let thread = Thread::new(conversation, model, failure, (listing, opening));
    let is_new = thread.conversation.is_none();
    Effect::new(move || browser::bring_to_top(LATEST));
    let shows_welcome = move || {
        is_new && thread.entries.with(Vec::is_empty) && thread.pending.with(Option::is_none)
    };
    let welcome = move || {
        let html = shows_welcome().then(|| welcome_html.clone());
        html.map(|html| view! { <section class="welcome" inner_html=html></section> })
    };
    let act = actions::taken_over(thread);
    // The head is put into the page last, after everything that the page owned on the server may
    // be gone; this signal is not owned by the page.
    let title = ArcRwSignal::from(thread.title);
    view! {
        <Title text=move || heading(title.get())/>
        <header class="chat-head" on:submit=act>
            <button type="button" class="icon-button chat-head-list" popovertarget="conversations">
                {Icon::List.draw()}
                <span class="visually-hidden">"Conversations"</span>
            </button>
            <h1>{move || heading(thread.title.get())}</h1>
            {facts_html.map(|html| view! { <div class="chat-head-end" inner_html=html></div> })}
        </header>
        <div class="transcript" id="transcript" class:transcript-new=shows_welcome>
            {welcome}
            <div class="messages" role="log" aria-live="off" aria-label="Messages" on:submit=act>
                <For each=move || thread.entries.get() key=|entry| entry.key.clone() let:entry>
                    <Message entry thread/>
                </For>
                {move || thread.pending.get().map(|text| view! { <Pending text/> })}
            </div>
        </div>
        <p class="visually-hidden" role="status">{move || thread.announcement.get()}</p>
        <div class="composer-dock">
            {move || thread.failure.get().map(|failure| view! { <ProblemNotice failure/> })}
            <Composer thread models_html kept=kept.unwrap_or_default()/>
        </div>
    }
    .settle()
}

fn heading(title: String) -> String {
    if title.is_empty() { "New chat".to_owned() } else { title }
}

/// A question on its way to the server.
#[component]
fn Pending(text: String) -> impl IntoView {
    view! {
        <article class="message message-user" id="pending">
            <Question text/>
        </article>
        <p class="thinking"><span class="pulse"></span>"Sending"</p>
    }
    .settle()
}
