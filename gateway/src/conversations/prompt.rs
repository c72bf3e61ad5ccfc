//! What the model is asked: the path of the conversation in OpenAI's dialect.

use bytes::Bytes;
use serde_json::json;
use shared::view::chat::{Author, MessageStatus};

use super::row;
use crate::storage::tables::messages::MessageRow;

/// The body of the call for the next answer after `path`. Answers that failed, and answers that
/// were stopped before their first word, are left out: the model never said them.
pub(super) fn body(model: &str, path: &[MessageRow]) -> Bytes {
    let messages = path
        .iter()
        .filter(|message| !message.text.trim().is_empty())
        .filter(|message| {
            matches!(
                row::status(&message.status),
                Some(MessageStatus::Complete | MessageStatus::Stopped)
            )
        })
        .filter_map(|message| {
            let role = match row::author(&message.author)? {
                Author::User => "user",
                Author::Assistant => "assistant",
            };
            Some(json!({ "role": role, "content": message.text }))
        })
        .collect::<Vec<_>>();
    let body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    Bytes::from(body.to_string())
}
