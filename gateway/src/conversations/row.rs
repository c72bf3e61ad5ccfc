//! The words of the database for authors and statuses.

use shared::view::chat::{Author, MessageStatus};

use crate::storage::tables::messages::STREAMING;

/// How an author is stored.
pub(super) const fn of_author(author: Author) -> &'static str {
    match author {
        Author::User => "user",
        Author::Assistant => "assistant",
    }
}

/// The author that is stored.
pub(super) fn author(text: &str) -> Option<Author> {
    [Author::User, Author::Assistant].into_iter().find(|author| of_author(*author) == text)
}

/// How a status is stored.
pub(super) const fn of_status(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Streaming => STREAMING,
        MessageStatus::Complete => "complete",
        MessageStatus::Stopped => "stopped",
        MessageStatus::Failed => "failed",
    }
}

/// The status that is stored.
pub(super) fn status(text: &str) -> Option<MessageStatus> {
    [
        MessageStatus::Streaming,
        MessageStatus::Complete,
        MessageStatus::Stopped,
        MessageStatus::Failed,
    ]
    .into_iter()
    .find(|status| of_status(*status) == text)
}
