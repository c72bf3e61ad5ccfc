//! Conversations: the list, one of them, and what can be done in it.
//!
//! A browser gets what it shows, not what it would have to work out: prices as text, groups by
//! age, whole answers as HTML.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    id::{ConversationId, MessageId},
    view::chat::RunStarted,
};

use crate::{Failure, api::json::Json};
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::chat::shown,
};

/// Conversations of about the same age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationGroup {
    /// How old they are: `Today`.
    pub title: String,
    /// Their ids and titles, the latest first.
    pub conversations: Vec<(ConversationId, String)>,
}

/// A model on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedModel {
    /// The name that goes into a request.
    pub name: String,
    /// What it costs, for people: `$5.00 in · $25.00 out`.
    pub price: String,
}

/// One message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShownMessage {
    /// A question, as it was typed.
    Question {
        /// The message.
        id: MessageId,
        /// Its text.
        text: String,
    },
    /// A whole answer with its receipt and what can be done with it.
    Answer {
        /// The message.
        id: MessageId,
        /// All of it.
        html: String,
    },
    /// An answer that is being written.
    Writing {
        /// The message, under which the run can be followed.
        id: MessageId,
        /// The model that writes.
        model: String,
        /// What has come so far.
        html: String,
    },
}

/// An open conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenConversation {
    /// The conversation.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// The model that the next message goes to.
    pub model: String,
    /// What all of its answers cost, as HTML.
    pub cost_html: String,
    /// The messages of the shown path, oldest first.
    pub messages: Vec<ShownMessage>,
}

/// What a chat page needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenChat {
    /// The models that the person may use.
    pub models: Vec<OfferedModel>,
    /// The conversation; none on the page that starts a new one.
    pub conversation: Option<OpenConversation>,
}

/// What happens while an answer is written, as server-sent events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnswerEvent {
    /// A block that will not change any more.
    Block {
        /// Sanitised HTML.
        html: String,
    },
    /// What follows the last block; replaces the former tail.
    Tail {
        /// Sanitised HTML.
        html: String,
    },
    /// The answer is over.
    End {
        /// All of it, with its receipt.
        html: String,
        /// What a screen reader is told: `Answer ready, 240 words`.
        announcement: String,
        /// What all answers of the conversation cost, this one included, as HTML.
        cost_html: String,
    },
}

/// The caller's conversations, the latest first.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/list", input = Json, output = Json)]
pub async fn list_conversations() -> Result<Vec<ConversationGroup>, Failure> {
    let caller = Caller::of_request()?;
    let conversations = answer(caller.gateway.conversations.list(&caller.principal).await)?;
    Ok(shown::groups(&conversations, caller.gateway.clock.now()))
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
    Ok(OpenChat {
        models: models.into_iter().map(shown::model).collect(),
        conversation: conversation.map(shown::conversation),
    })
}

/// Sends a message; the answer is written under the returned id.
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
