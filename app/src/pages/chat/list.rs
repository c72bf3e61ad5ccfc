//! The conversations, grouped by when something last happened in them.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::id::ConversationId;

use super::Listing;
use crate::{
    Failure,
    api::chat::ConversationGroup,
    components::{Icon, ProblemNotice, SkeletonRows},
    settle::Settle,
};

/// The list beside the chat; on small screens a sheet, which the chat's header opens.
#[component]
pub(crate) fn ConversationNav(
    /// The conversations.
    listing: Listing,
) -> impl IntoView {
    view! {
        <nav class="chat-side" id="conversations" popover="auto" aria-label="Conversations">
            <header class="chat-side-head">
                <span>"Chats"</span>
                <A href="/chat" exact=true attr:class="button button-quiet">
                    {Icon::Plus.draw()}
                    <span>"New chat"</span>
                </A>
            </header>
            <Transition fallback=|| view! { <SkeletonRows/> }>
                {move || Suspend::new(async move {
                    match listing.await {
                        Ok(groups) if groups.is_empty() => nothing_yet(),
                        Ok(groups) => groups.into_iter().map(group).collect_view().settle(),
                        Err(Failure(problem)) => view! { <ProblemNotice problem/> }.settle(),
                    }
                })}
            </Transition>
        </nav>
    }
}

fn nothing_yet() -> AnyView {
    view! {
        <p class="chat-side-empty">"What you ask stays here, so that you can come back to it."</p>
    }
    .settle()
}

fn group(group: ConversationGroup) -> impl IntoView {
    let links = group.conversations.into_iter().map(link).collect_view();
    view! {
        <section class="chat-group">
            <h2>{group.title}</h2>
            <ul>{links}</ul>
        </section>
    }
}

fn link((id, title): (ConversationId, String)) -> impl IntoView {
    let shown = title.clone();
    view! {
        <li>
            <A href=format!("/chat/{id}") attr:class="chat-link" attr:title=title>
                {shown}
            </A>
        </li>
    }
}
