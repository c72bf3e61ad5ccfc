//! Renaming and deleting a conversation.

use leptos::{ev::SubmitEvent, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::id::ConversationId;

use super::{Listing, thread::Thread};
use crate::{
    Failure,
    api::chat::{delete_conversation, rename_conversation},
    components::{Icon, Menu},
    settle::Settle,
};

/// The menu at the end of the chat's head.
#[component]
pub(crate) fn ConversationMenu(
    /// The conversation.
    id: ConversationId,
    /// The list beside it.
    listing: Listing,
    /// The conversation as the page holds it.
    thread: Thread,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let navigate = use_navigate();
    let rename = Action::new(move |title: &String| {
        let title = title.clone();
        async move {
            match rename_conversation(id, title.clone()).await {
                Ok(()) => {
                    thread.title.set(title);
                    listing.refetch();
                }
                Err(Failure(problem)) => thread.problem.set(Some(problem)),
            }
        }
    });
    let delete = Action::new(move |(): &()| {
        let navigate = navigate.clone();
        async move {
            match delete_conversation(id).await {
                Ok(()) => {
                    listing.refetch();
                    navigate("/chat", NavigateOptions::default());
                }
                Err(Failure(problem)) => thread.problem.set(Some(problem)),
            }
        }
    });
    let on_rename = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            rename.dispatch(field.value());
        }
    };
    let on_delete = move |event: SubmitEvent| {
        event.prevent_default();
        delete.dispatch(());
    };
    let summary = view! { <span class="icon-button">{Icon::More.draw()}</span> };
    view! {
        <Menu label="Rename or delete" class="menu menu-end" summary=summary.settle()>
            <form method="post" action="/chat/rename" class="rename" on:submit=on_rename>
                <input type="hidden" name="conversation" value=id.to_string()/>
                <label class="field">
                    <span>"Title"</span>
                    <input
                        type="text"
                        name="title"
                        value=thread.title.get_untracked()
                        maxlength="200"
                        required
                        node_ref=field
                    />
                </label>
                <button type="submit" class="button">{Icon::Pencil.draw()}<span>"Rename"</span></button>
            </form>
            <details class="confirm-delete">
                <summary class="menu-item menu-item-danger">{Icon::Bin.draw()}<span>"Delete"</span></summary>
                <form method="post" action="/chat/delete" class="confirm" on:submit=on_delete>
                    <input type="hidden" name="conversation" value=id.to_string()/>
                    <p>"The messages go for good. What they cost stays in the ledger."</p>
                    <button type="submit" class="button button-danger">"Delete conversation"</button>
                </form>
            </details>
        </Menu>
    }
    .settle()
}
