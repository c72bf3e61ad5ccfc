//! The open conversation: its head, its messages, and where one writes.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use shared::{Problem, id::ConversationId};

use super::{
    Listing, Opening, actions,
    composer::Composer,
    conversation_menu::ConversationMenu,
    message::{Message, Question},
    thread::{LATEST, Thread},
    welcome::Welcome,
};
use crate::{
    api::chat::OpenChat,
    browser,
    components::{Icon, ProblemNotice},
    settle::Settle,
};

/// The conversation, or the place where a new one starts.
#[component]
pub(crate) fn Conversation(
    /// The models and the conversation.
    open: OpenChat,
    /// What went wrong with the form whose answer this page is, and the text that was kept.
    failure: Option<(Problem, String)>,
    /// The list beside it.
    listing: Listing,
    /// Reads the conversation again.
    opening: Opening,
) -> impl IntoView {
    let OpenChat { models, conversation } = open;
    let first_model = models.first().map(|model| model.name.clone()).unwrap_or_default();
    let thread = Thread::new(conversation, first_model);
    let (problem, kept) = failure.unzip();
    thread.problem.set(problem);
    let is_new = thread.conversation.is_none();
    Effect::new(move || browser::bring_to_top(LATEST));
    let shows_welcome = move || {
        is_new && thread.entries.with(Vec::is_empty) && thread.pending.with(Option::is_none)
    };
    view! {
        <Title text=move || title(thread)/>
        <Head thread listing/>
        <div class="transcript" id="transcript" class:transcript-new=shows_welcome>
            {move || shows_welcome().then(|| view! { <Welcome/> })}
            <div
                class="messages"
                role="log"
                aria-live="off"
                aria-label="Messages"
                on:submit=actions::taken_over(thread, listing, opening)
            >
                <For each=move || thread.entries.get() key=|entry| entry.key.clone() let:entry>
                    <Message entry thread listing/>
                </For>
                {move || thread.pending.get().map(|text| view! { <Pending text/> })}
            </div>
        </div>
        <p class="visually-hidden" role="status">{move || thread.announcement.get()}</p>
        <div class="composer-dock">
            {move || thread.problem.get().map(|problem| view! { <ProblemNotice problem/> })}
            <Composer thread models kept=kept.unwrap_or_default() listing/>
        </div>
        {move || thread.writing().and(thread.conversation).map(read_again_without_code)}
    }
    .settle()
}

fn title(thread: Thread) -> String {
    thread.title.with(|title| if title.is_empty() { "New chat".to_owned() } else { title.clone() })
}

#[component]
fn Head(thread: Thread, listing: Listing) -> impl IntoView {
    view! {
        <header class="chat-head">
            <button type="button" class="icon-button chat-head-list" popovertarget="conversations">
                {Icon::List.draw()}
                <span class="visually-hidden">"Conversations"</span>
            </button>
            <h1>{move || title(thread)}</h1>
            {thread.conversation.map(|id| {
                view! {
                    <p class="chat-head-facts">
                        <span class="chat-head-who" title="Nobody else can read this conversation">
                            {Icon::Lock.draw()}
                            <span>"Only you"</span>
                        </span>
                        <span class="chat-head-cost">
                            <span class="visually-hidden">"Cost so far: "</span>
                            <span inner_html=move || thread.cost_html.get()></span>
                        </span>
                    </p>
                    <ConversationMenu id listing thread/>
                }
            })}
        </header>
    }
    .settle()
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

/// Where no code runs, the page reads itself again while an answer is being written.
///
/// The address changes each time, because a browser only scrolls to a fragment of the address
/// that it is already at.
fn read_again_without_code(conversation: ConversationId) -> impl IntoView {
    let was_odd =
        use_query_map().with_untracked(|query| query.get("turn").is_some_and(|turn| turn == "1"));
    let turn = if was_odd { "0" } else { "1" };
    let refresh = format!(
        "<meta http-equiv=\"refresh\" content=\"2;url=/chat/{conversation}?turn={turn}#{LATEST}\">"
    );
    view! { <noscript inner_html=refresh></noscript> }
}
