//! The conversations, grouped by when something last happened in them.

use leptos::{html, prelude::*};
#[cfg(feature = "ssr")]
use shared::view::chat::ConversationSummary;

use crate::{
    browser,
    components::{Icon, SkeletonRows},
    places,
    reading::{Reading, or_notice, shown},
    settle::Settle,
};

/// The list beside the chat; on small screens a sheet, which the chat's header opens.
#[component]
pub(crate) fn ConversationNav(
    /// The conversations, as HTML.
    listing: Reading,
) -> impl IntoView {
    let show = or_notice(|html| view! { <Listed html/> }.settle());
    view! {
        <nav class="chat-side" id="conversations" popover="auto" aria-label="Conversations">
            <header class="chat-side-head">
                <span>"Chats"</span>
                <a href="/chat" class="button button-quiet" data-place="page">
                    {Icon::Plus.draw()}
                    <span>"New chat"</span>
                </a>
            </header>
            {shown(listing, || view! { <SkeletonRows/> }.settle(), show)}
        </nav>
    }
    .settle()
}

#[component]
fn Listed(html: String) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if list.get().is_some() {
            places::mark(&browser::path());
        }
    });
    view! { <div inner_html=html node_ref=list></div> }
}

/// All of them, under what heads them, with the open one marked.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn ConversationLists<'a>(
    groups: Vec<(&'static str, &'a [ConversationSummary])>,
) -> impl IntoView {
    if groups.is_empty() {
        return view! {
            <p class="chat-side-empty">"What you ask stays here, so that you can come back to it."</p>
        }
        .into_any();
    }
    let here = places::path_of_request();
    let link = |conversation: &ConversationSummary| {
        let href = format!("/chat/{}", conversation.id);
        let (title, text) = (conversation.title.clone(), conversation.title.clone());
        let is_here = places::is_here(&here, &href, "page").then_some("page");
        view! {
            <li>
                <a href=href class="chat-link" title=title data-place="page" aria-current=is_here>
                    {text}
                </a>
            </li>
        }
    };
    let group = |(title, conversations): (&'static str, &[ConversationSummary])| {
        view! {
            <section class="chat-group">
                <h2>{title}</h2>
                <ul>{conversations.iter().map(link).collect_view()}</ul>
            </section>
        }
    };
    groups.into_iter().map(group).collect_view().into_any()
}
