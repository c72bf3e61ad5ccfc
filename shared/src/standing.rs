//! How it stands with the rate limits of a call: what the headers of its answer tell.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The tightest limits that bind a call, once it is counted; none where no limit of that kind does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// When this was so.
    pub at: Timestamp,
    /// Of calls.
    pub requests: Option<Room>,
    /// Of tokens.
    pub tokens: Option<Room>,
}

/// How much room one limit has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The limit.
    pub limit: i64,
    /// What is left of it.
    pub left: i64,
    /// When all of it is left again, if nothing more is used.
    pub whole_at: Timestamp,
}
