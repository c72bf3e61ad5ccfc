//! Changes to a conversation that ask no model.

use shared::{
    Problem,
    id::{ConversationId, MessageId},
};

use super::{Conversations, refusal, text};
use crate::{audit, identity::Principal, storage::tables::conversations as conversations_table};

impl Conversations {
    /// Shows another of a message's siblings (counted from 1) and what follows it.
    ///
    /// # Errors
    /// `not_found` unless the message is the caller's; `invalid_request` naming `sibling` if
    /// there are not that many.
    pub async fn choose_sibling(
        &self,
        principal: &Principal,
        message: MessageId,
        sibling: u32,
    ) -> Result<(), Problem> {
        let (conversation, message) = self.owned_message(principal, message).await?;
        let tree = self.0.tree(conversation.id).await.map_err(audit::internal)?;
        let siblings = tree.siblings(message.id);
        let chosen = usize::try_from(sibling)
            .ok()
            .and_then(|number| siblings.get(number.checked_sub(1)?))
            .ok_or_else(|| {
                let detail = format!(
                    "`sibling` is {sibling}, but this message has siblings 1 to {}.",
                    siblings.len()
                );
                refusal::invalid("sibling", detail)
            })?;
        let head = tree.youngest_leaf(*chosen);
        let change = async {
            let mut tx = self.0.database.begin().await?;
            conversations_table::set_head(&mut tx, conversation.id, head).await?;
            tx.commit().await
        };
        change.await.map_err(audit::internal)
    }

    /// Gives the conversation another title of at most 80 characters.
    ///
    /// # Errors
    /// `not_found` unless it is the caller's; `invalid_request` naming `title`.
    pub async fn rename(
        &self,
        principal: &Principal,
        id: ConversationId,
        title: &str,
    ) -> Result<(), Problem> {
        let title = text::title(title)?;
        let conversation = self.owned(principal, id).await?;
        let change = async {
            let mut tx = self.0.database.begin().await?;
            conversations_table::rename(&mut tx, conversation.id, &title).await?;
            tx.commit().await
        };
        change.await.map_err(audit::internal)
    }

    /// Takes the conversation out of everybody's sight and stops what is being written in it.
    /// Its rows, and the records of its calls, stay until retention removes them.
    ///
    /// # Errors
    /// `not_found` unless it is the caller's.
    pub async fn delete(&self, principal: &Principal, id: ConversationId) -> Result<(), Problem> {
        let conversation = self.owned(principal, id).await?;
        let now = self.0.clock.now().micros();
        let change = async {
            let mut tx = self.0.database.begin().await?;
            conversations_table::mark_deleted(&mut tx, conversation.id, now).await?;
            tx.commit().await
        };
        change.await.map_err(audit::internal)?;
        self.0.runs.stop_all(id);
        Ok(())
    }
}
