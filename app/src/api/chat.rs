//! Conversations: the list, one of them, and what can be done in it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    Timestamp,
    id::{ConversationId, MessageId},
    view::chat::{ConversationSummary, ConversationView, ModelChoice, RunStarted},
};

#[cfg(feature = "ssr")]
use crate::api::caller::{Caller, answer};
use crate::{Failure, api::json::Json};

/// The list of conversations beside the chat, as of one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationList {
    /// When it was read, so that "today" means the same on the server and in the browser.
    pub as_of: Timestamp,
    /// The conversations, the latest first.
    pub conversations: Vec<ConversationSummary>,
}

/// What a chat page needs: the models on offer and the conversation, if one is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenChat {
    /// The models that the person may use.
    pub models: Vec<ModelChoice>,
    /// The conversation; none on the page that starts a new one.
    pub conversation: Option<ConversationView>,
}

/// The caller's conversations.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/list", input = Json, output = Json)]
pub async fn list_conversations() -> Result<ConversationList, Failure> {
    let caller = Caller::of_request()?;
    let conversations = answer(caller.gateway.conversations.list(&caller.principal).await)?;
    Ok(ConversationList { as_of: caller.gateway.clock.now(), conversations })
}

/// The page of one conversation, or of a new one.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/open", input = Json, output = Json)]
pub async fn read_chat(conversation: Option<ConversationId>) -> Result<OpenChat, Failure> {
    let caller = Caller::of_request()?;
    let models = caller.gateway.models.choices(&caller.principal);
    let conversation = match conversation {
        Some(id) => Some(answer(caller.gateway.conversations.open(&caller.principal, id).await)?),
        None => None,
    };
    Ok(OpenChat { models, conversation })
}

/// Sends a message; the answer streams under the returned id.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/send", input = Json, output = Json)]
pub async fn send_message(
    conversation: Option<ConversationId>,
    model: String,
    text: String,
) -> Result<RunStarted, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.send(&caller.principal, conversation, &model, &text).await)
}

/// Asks for another answer to the same question.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/regenerate", input = Json, output = Json)]
pub async fn regenerate(message: MessageId) -> Result<RunStarted, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.regenerate(&caller.principal, message).await)
}

/// Shows another of the answers to the same question, counted from 1.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/sibling", input = Json, output = Json)]
pub async fn choose_sibling(message: MessageId, sibling: u32) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.choose_sibling(&caller.principal, message, sibling).await)
}

/// Stops an answer; what has come is kept and billed.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/stop", input = Json, output = Json)]
pub async fn stop_answer(message: MessageId) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.stop(&caller.principal, message).await)
}

/// Gives a conversation another title.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/rename", input = Json, output = Json)]
pub async fn rename_conversation(
    conversation: ConversationId,
    title: String,
) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.rename(&caller.principal, conversation, &title).await)
}

/// Deletes a conversation.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/delete", input = Json, output = Json)]
pub async fn delete_conversation(conversation: ConversationId) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.delete(&caller.principal, conversation).await)
}
