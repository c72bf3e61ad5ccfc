//! Reading along with an answer that is being written, and stopping it.

use std::{sync::Arc, time::Duration};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use shared::{
    Problem,
    id::MessageId,
    view::chat::{MessageStatus, RunEvent},
};
use tokio::time::sleep;

use super::{Conversations, Inner, refusal, row};
use crate::{
    audit,
    identity::Principal,
    storage::{
        StorageError,
        tables::messages::{self as messages_table, MessageRow},
    },
};

/// How often the database is asked about an answer that another replica writes.
const ELSEWHERE_POLL: Duration = Duration::from_millis(500);

/// The events of a run, each with its sequence number.
pub type RunEvents = BoxStream<'static, (u64, RunEvent)>;

impl Conversations {
    /// Every event of an answer after number `after`, those to come included, up to
    /// [`RunEvent::End`]. Of an answer that is over only the end is told, which holds all of it.
    ///
    /// # Errors
    /// `not_found` unless the message is the caller's.
    pub async fn events(
        &self,
        principal: &Principal,
        message: MessageId,
        after: Option<u64>,
    ) -> Result<RunEvents, Problem> {
        // Before the row is read: a run that is gone by now has stored its answer.
        let run = self.0.runs.find(message);
        let (_, row) = self.owned_message(principal, message).await?;
        if let Some(run) = run {
            return Ok(run.follow(after).boxed());
        }
        let inner = Arc::clone(&self.0);
        let sequence = after.map_or(1, |after| after.saturating_add(1));
        Ok(stream::once(async move { inner.end_of_stored(row).await })
            .filter_map(move |event| async move { Some((sequence, event?)) })
            .boxed())
    }

    /// Ends an answer at once, keeping what had come of it; comes back when that is stored. An
    /// answer that is over stays as it is.
    ///
    /// # Errors
    /// `not_found` unless the message is the caller's; `conflict` if another replica writes it.
    pub async fn stop(&self, principal: &Principal, message: MessageId) -> Result<(), Problem> {
        let run = self.0.runs.find(message);
        let (_, row) = self.owned_message(principal, message).await?;
        match run {
            Some(run) => {
                run.stop();
                run.ended().await;
                Ok(())
            }
            None if is_over(&row) => Ok(()),
            None => Err(refusal::elsewhere()),
        }
    }
}

impl Inner {
    /// The end of an answer that this process does not write: told by the database, at once or
    /// when another replica has stored it. None if it cannot be told; the reader comes back.
    async fn end_of_stored(&self, mut message: MessageRow) -> Option<RunEvent> {
        let told = async {
            while !is_over(&message) {
                sleep(ELSEWHERE_POLL).await;
                match messages_table::find(&self.database, message.id).await? {
                    Some(row) => message = row,
                    None => return Ok(None),
                }
            }
            self.end_of(message).await.map(Some)
        };
        told.await.unwrap_or_else(|error: StorageError| {
            drop(audit::internal(error));
            None
        })
    }
}

fn is_over(message: &MessageRow) -> bool {
    row::status(&message.status) != Some(MessageStatus::Streaming)
}
