//! The chat: conversations, their messages, and answers that are being written.
//!
//! What is promised:
//!
//! - An answer belongs to the server. The browser that asked for it may go away, come back, or
//!   look from a second tab; every reader gets everything, in order, each event once.
//! - Whatever has come of an answer is kept: stopped, failed, or cut off by a crash (then but for
//!   its last second). Asking again keeps the former answer as a sibling.
//! - There is no second way to a model: an answer is a call through the pipeline like any other,
//!   and its receipt is the call's.
//! - A conversation is its owner's. For everybody else it does not exist.
//!
//! Messages form a tree; a conversation shows the path that ends at its head. Nothing is ever
//! written over but the text of an answer under way.

mod changing;
mod delta;
mod following;
mod generation;
mod pipeline;
mod prompt;
mod reading;
mod receipts;
mod refusal;
mod row;
mod run;
mod sending;
mod text;
mod tree;

use std::sync::Arc;

use shared::{
    Problem, ProblemCode,
    id::{ConversationId, MessageId},
    view::chat::MessageStatus,
};
use tokio_util::task::TaskTracker;

pub use self::following::RunEvents;
use self::{pipeline::Pipeline, receipts::Receipts, run::Runs};
use crate::{
    audit,
    identity::Principal,
    kernel::{Clock, Ids},
    proxy::Proxy,
    storage::{
        Database, StorageError,
        tables::{
            conversations::{self as conversations_table, ConversationRow},
            messages::{self as messages_table, MessageRow},
        },
    },
};
pub use shared::view::chat::RunStarted;

const CUT_OFF: &str = "The gateway stopped while this answer was being written. What had come \
                       until then is kept; ask again for a whole one.";

/// The conversations of everybody; cheap to clone.
#[derive(Clone)]
pub struct Conversations(Arc<Inner>);

struct Inner {
    database: Database,
    pipeline: Box<dyn Pipeline>,
    clock: Clock,
    ids: Ids,
    tasks: TaskTracker,
    runs: Runs,
    receipts: Receipts,
}

impl Conversations {
    /// Conversations in `database`, answered through `proxy`; `tasks` holds every answer under
    /// way, so that a shutdown can wait for them.
    #[must_use]
    pub fn new(
        database: Database,
        proxy: Arc<Proxy>,
        clock: Clock,
        ids: Ids,
        tasks: TaskTracker,
    ) -> Self {
        Self::on(database, Box::new(proxy), clock, ids, tasks)
    }

    fn on(
        database: Database,
        pipeline: Box<dyn Pipeline>,
        clock: Clock,
        ids: Ids,
        tasks: TaskTracker,
    ) -> Self {
        let receipts = Receipts::new(database.clone());
        let runs = Runs::default();
        Self(Arc::new(Inner { database, pipeline, clock, ids, tasks, runs, receipts }))
    }

    /// Ends, at boot, the answers that a former process left unfinished; gives how many. What had
    /// come of them stays. An answer that another replica is writing is marked too, until that
    /// replica stores it whole.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn recover(&self) -> Result<u64, StorageError> {
        let mut tx = self.0.database.begin().await?;
        let failed = row::of_status(MessageStatus::Failed);
        let count = messages_table::abandon(&mut tx, None, failed, CUT_OFF).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Ends every answer under way because the gateway stops, keeping what had come; comes back
    /// when all are stored. The server calls it when its patience for running calls is over.
    pub async fn interrupt(&self) {
        let runs = self.0.runs.all();
        for run in &runs {
            run.interrupt();
        }
        for run in runs {
            run.ended().await;
        }
    }

    /// The conversation, if it is the caller's.
    async fn owned(
        &self,
        principal: &Principal,
        id: ConversationId,
    ) -> Result<ConversationRow, Problem> {
        let user_id = principal.user_id().uuid();
        conversations_table::find(&self.0.database, id.uuid(), user_id)
            .await
            .map_err(audit::internal)?
            .ok_or_else(|| refusal::not_found("conversation"))
    }

    /// The message and its conversation, if they are the caller's.
    async fn owned_message(
        &self,
        principal: &Principal,
        id: MessageId,
    ) -> Result<(ConversationRow, MessageRow), Problem> {
        let message = messages_table::find(&self.0.database, id.uuid())
            .await
            .map_err(audit::internal)?
            .ok_or_else(|| refusal::not_found("message"))?;
        let conversation_id = ConversationId::from_uuid(message.conversation_id);
        match self.owned(principal, conversation_id).await {
            Ok(conversation) => Ok((conversation, message)),
            Err(problem) if problem.code == ProblemCode::NotFound => {
                Err(refusal::not_found("message"))
            }
            Err(problem) => Err(problem),
        }
    }
}

#[cfg(test)]
mod tests;
