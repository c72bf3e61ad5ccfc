//! Conversations: the list, one of them, and what can be done in it.
//!
//! A browser gets what it shows, not what it would have to work out: lists, answers and amounts
//! come as HTML.

use leptos::prelude::*;
use shared::{
    id::{ConversationId, MessageId},
    view::chat::RunStarted,
};

use crate::{
    Failure,
    api::Call,
    wire::{Fields, Line, Wire, fields_cross},
};
#[cfg(feature = "ssr")]
use crate::{
    api::caller::{Caller, answer},
    pages::chat::shown,
    wire,
};

/// One message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Wire for ShownMessage {
    fn write(&self, line: &mut Line) {
        match self {
            Self::Question { id, text } => {
                line.field("question");
                id.write(line);
                text.write(line);
            }
            Self::Answer { id, html } => {
                line.field("answer");
                id.write(line);
                html.write(line);
            }
            Self::Writing { id, model, html } => {
                line.field("writing");
                id.write(line);
                model.write(line);
                html.write(line);
            }
        }
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let kind = fields.field()?;
        let id = MessageId::read(fields)?;
        match kind.as_str() {
            "question" => Some(Self::Question { id, text: fields.field()? }),
            "answer" => Some(Self::Answer { id, html: fields.field()? }),
            "writing" => Some(Self::Writing { id, model: fields.field()?, html: fields.field()? }),
            _ => None,
        }
    }
}

/// An open conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConversation {
    /// The conversation.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// What stands beside the title and can be done with the conversation, as HTML.
    pub facts_html: String,
    /// The messages of the shown path, oldest first.
    pub messages: Vec<ShownMessage>,
}

fields_cross!(OpenConversation { id, title, facts_html, messages });

/// What a chat page needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenChat {
    /// The model that the next message goes to.
    pub model: String,
    /// The models that the person may use, to pick from, as HTML.
    pub models_html: String,
    /// What a new chat shows before the first question, as HTML.
    pub welcome_html: String,
    /// The conversation; none on the page that starts a new one.
    pub conversation: Option<OpenConversation>,
}

fields_cross!(OpenChat { model, models_html, welcome_html, conversation });

/// What happens while an answer is written, as server-sent events.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Wire for AnswerEvent {
    fn write(&self, line: &mut Line) {
        match self {
            Self::Block { html } => {
                line.field("block");
                line.field(html);
            }
            Self::Tail { html } => {
                line.field("tail");
                line.field(html);
            }
            Self::End { html, announcement, cost_html } => {
                line.field("end");
                line.field(html);
                line.field(announcement);
                line.field(cost_html);
            }
        }
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let kind = fields.field()?;
        let html = fields.field()?;
        match kind.as_str() {
            "block" => Some(Self::Block { html }),
            "tail" => Some(Self::Tail { html }),
            "end" => {
                let (announcement, cost_html) = (fields.field()?, fields.field()?);
                Some(Self::End { html, announcement, cost_html })
            }
            _ => None,
        }
    }
}

/// The caller's conversations, the latest first, as HTML.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/list", input_derive = (), protocol = Call)]
pub async fn list_conversations() -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    let conversations = answer(caller.gateway.conversations.list(&caller.principal).await)?;
    Ok(shown::list(&conversations, caller.gateway.clock.now()))
}
fields_cross!(ListConversations);

/// The page of one conversation, or of a new one: an [`OpenChat`], written.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/open", input_derive = (), protocol = Call)]
pub async fn read_chat(conversation: Option<String>) -> Result<String, Failure> {
    let caller = Caller::of_request()?;
    let models = caller.gateway.models.choices(&caller.principal, caller.gateway.clock.now());
    let conversation = match conversation {
        Some(id) => {
            let id = answer(shown::address(&id))?;
            Some(answer(caller.gateway.conversations.open(&caller.principal, id).await)?)
        }
        None => None,
    };
    Ok(wire::written(&shown::chat(models, conversation)))
}
fields_cross!(ReadChat { conversation });

/// Sends a message; the answer is written under the returned id.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/send", input_derive = (), protocol = Call)]
pub async fn send_message(
    conversation: Option<ConversationId>,
    model: String,
    text: String,
) -> Result<RunStarted, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.send(&caller.principal, conversation, &model, &text).await)
}
fields_cross!(SendMessage { conversation, model, text });

/// Asks for another answer to the same question.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/regenerate", input_derive = (), protocol = Call)]
pub async fn regenerate(message: MessageId) -> Result<RunStarted, Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.regenerate(&caller.principal, message).await)
}
fields_cross!(Regenerate { message });

/// Shows another of the answers to the same question, counted from 1.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/sibling", input_derive = (), protocol = Call)]
pub async fn choose_sibling(message: MessageId, sibling: u32) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.choose_sibling(&caller.principal, message, sibling).await)
}
fields_cross!(ChooseSibling { message, sibling });

/// Stops an answer; what has come is kept and billed.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/stop", input_derive = (), protocol = Call)]
pub async fn stop_answer(message: MessageId) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.stop(&caller.principal, message).await)
}
fields_cross!(StopAnswer { message });

/// Gives a conversation another title.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/rename", input_derive = (), protocol = Call)]
pub async fn rename_conversation(
    conversation: ConversationId,
    title: String,
) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.rename(&caller.principal, conversation, &title).await)
}
fields_cross!(RenameConversation { conversation, title });

/// Deletes a conversation.
///
/// # Errors
/// What the conversation service refuses.
#[server(prefix = "/ui", endpoint = "chat/delete", input_derive = (), protocol = Call)]
pub async fn delete_conversation(conversation: ConversationId) -> Result<(), Failure> {
    let caller = Caller::of_request()?;
    answer(caller.gateway.conversations.delete(&caller.principal, conversation).await)
}
fields_cross!(DeleteConversation { conversation });
