//! The conversations, grouped by when something last happened in them.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::{Timestamp, view::chat::ConversationSummary};

use super::Listing;
use crate::{
    Failure,
    api::chat::ConversationList,
    components::{Icon, ProblemNotice, SkeletonRows},
    format,
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
                        Ok(list) => groups(list).settle(),
                        Err(Failure(problem)) => view! { <ProblemNotice problem/> }.settle(),
                    }
                })}
            </Transition>
        </nav>
    }
    .into_any()
}

/// How long ago, in words that head a group.
fn age(conversation: &ConversationSummary, as_of: Timestamp) -> &'static str {
    match format::days_between(conversation.updated_at, as_of) {
        ..=0 => "Today",
        1 => "Yesterday",
        2..=7 => "Last 7 days",
        8..=30 => "Last 30 days",
        _ => "Older",
    }
}

fn groups(list: ConversationList) -> impl IntoView {
    if list.conversations.is_empty() {
        return view! {
            <p class="chat-side-empty">"What you ask stays here, so that you can come back to it."</p>
        }
        .settle();
    }
    let as_of = list.as_of;
    list.conversations
        .chunk_by(|one, next| age(one, as_of) == age(next, as_of))
        .map(|group| {
            let title = group.first().map_or("", |first| age(first, as_of));
            let links = group.iter().map(link).collect_view();
            view! {
                <section class="chat-group">
                    <h2>{title}</h2>
                    <ul>{links}</ul>
                </section>
            }
        })
        .collect_view()
        .settle()
}

fn link(conversation: &ConversationSummary) -> impl IntoView + use<> {
    let title = conversation.title.clone();
    let shown = title.clone();
    view! {
        <li>
            <A href=format!("/chat/{}", conversation.id) attr:class="chat-link" attr:title=title>
                {shown}
            </A>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversations_are_grouped_by_calendar_day_not_by_hours() {
        let noon = Timestamp::from_micros(1_795_348_800 * 1_000_000);
        let at = |seconds: i64| ConversationSummary {
            id: "conv_01980000000070008000000000000001".parse().unwrap(),
            title: String::new(),
            updated_at: noon.plus_seconds(seconds),
        };
        assert_eq!(age(&at(-60), noon), "Today");
        assert_eq!(age(&at(-13 * 3_600), noon), "Yesterday");
        assert_eq!(age(&at(-5 * 86_400), noon), "Last 7 days");
        assert_eq!(age(&at(-90 * 86_400), noon), "Older");
    }
}
