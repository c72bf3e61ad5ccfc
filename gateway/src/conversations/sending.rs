//! Asking for an answer: a new message, or the same question once more.

use std::sync::Arc;

use shared::{
    Problem,
    id::{ConversationId, MessageId},
    view::chat::{Author, MessageStatus},
};
use uuid::Uuid;

use super::{Conversations, Inner, RunStarted, generation, prompt, refusal, row, run::Run, text};
use crate::{
    audit,
    identity::Principal,
    storage::{
        StorageError,
        tables::{
            conversations::{self as conversations_table, Advance, ConversationRow},
            messages::{self as messages_table, MessageRow},
        },
    },
};

/// What a transaction is to write before an answer begins.
struct Opening {
    conversation: ConversationRow,
    is_new: bool,
    question: Option<MessageRow>,
    answer: MessageRow,
}

impl Conversations {
    /// Sends a message at the end of a conversation's shown path, or begins a conversation with
    /// it, and starts the answer.
    ///
    /// # Errors
    /// `invalid_request` naming `text` (empty, or more than 200,000 bytes) or `model`;
    /// `not_found` unless the conversation is the caller's; `conflict` while an answer is being
    /// written there, or if it has gone on in another window. Then nothing was sent. What the
    /// pipeline refuses is told by the answer, which fails.
    pub async fn send(
        &self,
        principal: &Principal,
        conversation: Option<ConversationId>,
        model: &str,
        text: &str,
    ) -> Result<RunStarted, Problem> {
        let text = text::message(text)?;
        let model = text::model(model)?;
        let (conversation, is_new) = match conversation {
            Some(id) => (self.owned(principal, id).await?, false),
            None => (self.0.new_conversation(principal, &model, &text), true),
        };
        let mut path = self.0.open_path(&conversation).await?;
        let question = self.0.new_message(&conversation, conversation.head_id, Author::User, text);
        let answer = self.0.new_answer(&conversation, question.id, &model);
        path.push(question.clone());
        let opening = Opening { conversation, is_new, question: Some(question), answer };
        self.begin(principal, opening, &path).await
    }

    /// Answers the same question once more; the former answer stays as a sibling.
    ///
    /// # Errors
    /// `not_found` unless the message is the caller's; `conflict` as for [`Conversations::send`].
    pub async fn regenerate(
        &self,
        principal: &Principal,
        message: MessageId,
    ) -> Result<RunStarted, Problem> {
        let (conversation, message) = self.owned_message(principal, message).await?;
        self.0.open_path(&conversation).await?;
        let question_id = match row::author(&message.author) {
            Some(Author::Assistant) => message.parent_id,
            _ => Some(message.id),
        };
        let question_id = question_id.ok_or_else(|| refusal::not_found("message"))?;
        let path = self.0.stored_path(&conversation, Some(question_id)).await?;
        let model = message.model.unwrap_or_else(|| conversation.model.clone());
        let answer = self.0.new_answer(&conversation, question_id, &model);
        let opening = Opening { conversation, is_new: false, question: None, answer };
        self.begin(principal, opening, &path).await
    }

    async fn begin(
        &self,
        principal: &Principal,
        mut opening: Opening,
        path: &[MessageRow],
    ) -> Result<RunStarted, Problem> {
        let body = prompt::body(opening.answer.model.as_deref().unwrap_or_default(), path);
        let asking = self.0.pipeline.ask(principal, body);
        opening.answer.request_id = Some(asking.request_id.uuid());
        let conversation_id = ConversationId::from_uuid(opening.conversation.id);
        let message_id = MessageId::from_uuid(opening.answer.id);
        let run = Arc::new(Run::new(conversation_id, message_id));
        // Known before it is stored, so that nobody who sees the row misses the run.
        self.0.runs.add(Arc::clone(&run));
        match self.0.store(&opening).await {
            Ok(true) => {}
            refused => {
                self.0.runs.remove(message_id);
                return Err(match refused {
                    Err(error) => audit::internal(error),
                    Ok(_) => refusal::moved_on(),
                });
            }
        }
        let inner = Arc::clone(&self.0);
        self.0.tasks.spawn(generation::generate(inner, run, opening.answer, asking));
        Ok(RunStarted { conversation_id, message_id })
    }
}

impl Inner {
    /// The shown path; refused while its last answer is being written.
    async fn open_path(&self, conversation: &ConversationRow) -> Result<Vec<MessageRow>, Problem> {
        let path = self.stored_path(conversation, conversation.head_id).await?;
        let is_streaming =
            |message: &MessageRow| row::status(&message.status) == Some(MessageStatus::Streaming);
        if path.last().is_some_and(is_streaming) { Err(refusal::busy()) } else { Ok(path) }
    }

    async fn stored_path(
        &self,
        conversation: &ConversationRow,
        leaf: Option<Uuid>,
    ) -> Result<Vec<MessageRow>, Problem> {
        if leaf.is_none() {
            return Ok(Vec::new());
        }
        let path = async { self.path(&self.tree(conversation.id).await?, leaf).await };
        path.await.map_err(audit::internal)
    }

    /// Writes the opening; false if the conversation has moved on in the meantime.
    async fn store(&self, opening: &Opening) -> Result<bool, StorageError> {
        let Opening { conversation, is_new, question, answer } = opening;
        let advance = Advance {
            expected_head: conversation.head_id,
            head: answer.id,
            model: answer.model.as_deref().unwrap_or_default(),
            at: answer.created_at,
        };
        let mut tx = self.database.begin().await?;
        if *is_new {
            conversations_table::add(&mut tx, conversation).await?;
        }
        // First, because it is refused first, and because it locks the conversation.
        if !conversations_table::advance(&mut tx, conversation.id, &advance).await? {
            return Ok(false);
        }
        if let Some(question) = question {
            messages_table::add(&mut tx, question).await?;
        }
        messages_table::add(&mut tx, answer).await?;
        tx.commit().await?;
        Ok(true)
    }

    fn new_conversation(&self, principal: &Principal, model: &str, text: &str) -> ConversationRow {
        let now = self.clock.now();
        ConversationRow {
            id: self.ids.next::<shared::id::Conversation>(now).uuid(),
            user_id: principal.user_id().uuid(),
            title: text::title_of(text),
            model: model.to_owned(),
            head_id: None,
            created_at: now.micros(),
            updated_at: now.micros(),
        }
    }

    fn new_message(
        &self,
        conversation: &ConversationRow,
        parent_id: Option<Uuid>,
        author: Author,
        text: String,
    ) -> MessageRow {
        let now = self.clock.now();
        MessageRow {
            id: self.ids.next::<shared::id::Message>(now).uuid(),
            conversation_id: conversation.id,
            parent_id,
            author: row::of_author(author).to_owned(),
            text,
            status: row::of_status(MessageStatus::Complete).to_owned(),
            model: None,
            request_id: None,
            problem: None,
            created_at: now.micros(),
        }
    }

    fn new_answer(
        &self,
        conversation: &ConversationRow,
        question_id: Uuid,
        model: &str,
    ) -> MessageRow {
        let empty = String::new();
        MessageRow {
            status: row::of_status(MessageStatus::Streaming).to_owned(),
            model: Some(model.to_owned()),
            ..self.new_message(conversation, Some(question_id), Author::Assistant, empty)
        }
    }
}
