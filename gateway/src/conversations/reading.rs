//! Conversations as the pages show them.

use std::collections::HashMap;

use shared::{
    Problem, Timestamp,
    id::{ConversationId, MessageId, RequestId},
    receipt::Receipt,
    view::chat::{Author, ConversationSummary, ConversationView, MessageView, RunEvent},
};
use uuid::Uuid;

use super::{Conversations, Inner, receipts, row, tree::Tree};
use crate::{
    audit,
    identity::Principal,
    markdown,
    storage::{
        StorageError,
        tables::{
            conversations::{self as conversations_table, ConversationRow},
            messages::{self as messages_table, MessageRow},
        },
    },
};

const LONGEST_LIST: u64 = 200;

impl Conversations {
    /// The caller's conversations, the one used last first; at most 200.
    ///
    /// # Errors
    /// A [`Problem`] if the database does not answer.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<ConversationSummary>, Problem> {
        let user_id = principal.user_id().uuid();
        let rows = conversations_table::list(&self.0.database, user_id, LONGEST_LIST)
            .await
            .map_err(audit::internal)?;
        Ok(rows
            .into_iter()
            .map(|row| ConversationSummary {
                id: ConversationId::from_uuid(row.id),
                title: row.title,
                updated_at: Timestamp::from_micros(row.updated_at),
            })
            .collect())
    }

    /// One conversation with the messages of its shown path.
    ///
    /// # Errors
    /// `not_found` unless it is the caller's.
    pub async fn open(
        &self,
        principal: &Principal,
        id: ConversationId,
    ) -> Result<ConversationView, Problem> {
        let conversation = self.owned(principal, id).await?;
        self.0.view(conversation).await.map_err(audit::internal)
    }
}

impl Inner {
    /// The messages from the first to `leaf`, the eldest first.
    pub(super) async fn path(
        &self,
        tree: &Tree,
        leaf: Option<Uuid>,
    ) -> Result<Vec<MessageRow>, StorageError> {
        let path = tree.path(leaf);
        let rows = messages_table::find_all(&self.database, &path).await?;
        let mut rows = rows.into_iter().map(|row| (row.id, row)).collect::<HashMap<_, _>>();
        Ok(path.iter().filter_map(|id| rows.remove(id)).collect())
    }

    pub(super) async fn tree(&self, conversation_id: Uuid) -> Result<Tree, StorageError> {
        Ok(Tree::new(messages_table::nodes(&self.database, conversation_id).await?))
    }

    /// The last event of a run whose answer is stored.
    pub(super) async fn end_of(&self, message: MessageRow) -> Result<RunEvent, StorageError> {
        let tree = self.tree(message.conversation_id).await?;
        let receipts = self.receipts_of(&tree).await?;
        let message = Box::new(message_view(message, &tree, &receipts)?);
        Ok(RunEvent::End { message, conversation_cost: receipts::total(&receipts) })
    }

    async fn view(&self, conversation: ConversationRow) -> Result<ConversationView, StorageError> {
        let tree = self.tree(conversation.id).await?;
        let path = self.path(&tree, conversation.head_id).await?;
        let receipts = self.receipts_of(&tree).await?;
        Ok(ConversationView {
            id: ConversationId::from_uuid(conversation.id),
            title: conversation.title,
            model: conversation.model,
            cost: receipts::total(&receipts),
            messages: path
                .into_iter()
                .map(|message| message_view(message, &tree, &receipts))
                .collect::<Result<_, _>>()?,
        })
    }

    async fn receipts_of(&self, tree: &Tree) -> Result<HashMap<RequestId, Receipt>, StorageError> {
        let requests = tree.requests().map(RequestId::from_uuid).collect::<Vec<_>>();
        self.receipts.find_all(&requests).await
    }
}

fn message_view(
    message: MessageRow,
    tree: &Tree,
    receipts: &HashMap<RequestId, Receipt>,
) -> Result<MessageView, StorageError> {
    let author =
        row::author(&message.author).ok_or(StorageError::Corrupt { column: "messages.author" })?;
    let status =
        row::status(&message.status).ok_or(StorageError::Corrupt { column: "messages.status" })?;
    let siblings = tree.siblings(message.id);
    let place = siblings.iter().position(|sibling| *sibling == message.id).unwrap_or(0);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let request_id = message.request_id.map(RequestId::from_uuid);
    Ok(MessageView {
        id: MessageId::from_uuid(message.id),
        author,
        html: match author {
            Author::User => markdown::plain(&message.text),
            Author::Assistant => markdown::render(&message.text),
        },
        text: message.text,
        status,
        model: message.model,
        problem: message.problem,
        created_at: Timestamp::from_micros(message.created_at),
        receipt: request_id.and_then(|id| receipts.get(&id).cloned()),
        sibling: count(place + 1),
        siblings: count(siblings.len().max(1)),
    })
}
