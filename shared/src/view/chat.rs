//! Conversations and messages as the chat shows them.

use serde::{Deserialize, Serialize};

use crate::{
    Money, Timestamp,
    id::{ConversationId, MessageId},
    receipt::Receipt,
};

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Being generated; its run can be followed.
    Streaming,
    /// Whole.
    Complete,
    /// Ended by the person; what had come is kept.
    Stopped,
    /// Ended by an error, which `problem` tells; what had come is kept.
    Failed,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// The message's id.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// The text as written, for copying and editing.
    pub text: String,
    /// The text rendered and sanitised on the server.
    pub html: String,
    /// How far it has come.
    pub status: MessageStatus,
    /// The model that wrote it.
    pub model: Option<String>,
    /// What went wrong, for people; with `status` failed.
    pub problem: Option<String>,
    /// When it was sent or begun.
    pub created_at: Timestamp,
    /// What the answer went through and cost, once known.
    pub receipt: Option<Receipt>,
    /// Which of its siblings (answers to the same question) this is, from 1.
    pub sibling: u32,
    /// How many siblings there are, this one included.
    pub siblings: u32,
}

/// One conversation in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSummary {
    /// The conversation's id.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// When something last happened in it.
    pub updated_at: Timestamp,
}

/// One open conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    /// The conversation's id.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// The model that the next message goes to.
    pub model: String,
    /// What all of its answers cost.
    pub cost: Money,
    /// The messages of the shown path, oldest first.
    pub messages: Vec<MessageView>,
}

/// An answer has begun: where it belongs and what to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStarted {
    /// The conversation; a new one where the question opened it.
    pub conversation_id: ConversationId,
    /// The answer, which streams from now on.
    pub message_id: MessageId,
}

/// A model in the picker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelChoice {
    /// The name that goes into a request.
    pub name: String,
    /// Dollars per million input tokens; none where no price is configured.
    pub input_price: Option<Money>,
    /// Dollars per million output tokens; none where no price is configured.
    pub output_price: Option<Money>,
}

/// What happens in a run, as server-sent events; each carries its sequence number as the event
/// id, so that a reader that reconnects with `Last-Event-ID` misses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunEvent {
    /// A block of the answer that will not change any more.
    Block {
        /// Its place among the blocks, from 0.
        index: u32,
        /// Sanitised HTML.
        html: String,
    },
    /// The part after the last frozen block; replaces the former tail.
    Tail {
        /// Sanitised HTML.
        html: String,
    },
    /// The run is over; the message as it is stored.
    End {
        /// The final message.
        message: Box<MessageView>,
        /// What all answers of the conversation cost, this one included.
        conversation_cost: Money,
    },
}
