//! What stands beside a conversation's title: who can read it, what it cost, and the menu to
//! rename or delete it. Written on the server only; its forms are plain ones, which a hydrated
//! page takes over.

use leptos::prelude::*;
use shared::{Money, id::ConversationId};

use crate::components::{Amount, Icon, Menu};

/// The end of the chat's head.
#[component]
pub(crate) fn Facts(
    /// The conversation.
    id: ConversationId,
    /// Its title.
    title: String,
    /// What all of its answers cost.
    cost: Money,
) -> impl IntoView {
    view! {
        <p class="chat-head-facts">
            <span class="chat-head-who" title="Nobody else can read this conversation">
                {Icon::Lock.draw()}
                <span>"Only you"</span>
            </span>
            <span class="chat-head-cost">
                <span class="visually-hidden">"Cost so far: "</span>
                <span data-cost="">
                    <Amount value=cost/>
                </span>
            </span>
        </p>
        <ConversationMenu id title/>
    }
}

#[component]
fn ConversationMenu(id: ConversationId, title: String) -> impl IntoView {
    let summary = view! { <span class="icon-button">{Icon::More.draw()}</span> };
    view! {
        <Menu label="Rename or delete" class="menu menu-end" summary=summary.into_any()>
            <form method="post" action="/chat/rename" class="rename">
                <input type="hidden" name="conversation" value=id.to_string()/>
                <label class="field">
                    <span>"Title"</span>
                    <input type="text" name="title" value=title maxlength="200" required/>
                </label>
                <button type="submit" class="button">{Icon::Pencil.draw()}<span>"Rename"</span></button>
            </form>
            <details class="confirm-delete">
                <summary class="menu-item menu-item-danger">{Icon::Bin.draw()}<span>"Delete"</span></summary>
                <form method="post" action="/chat/delete" class="confirm">
                    <input type="hidden" name="conversation" value=id.to_string()/>
                    <p>"The messages go for good. What they cost stays in the ledger."</p>
                    <button type="submit" class="button button-danger">"Delete conversation"</button>
                </form>
            </details>
        </Menu>
    }
}
