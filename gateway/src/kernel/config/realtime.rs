//! `realtime`: how long sessions last, and how large their messages are.

use serde::Deserialize;

use super::{ConfigError, check::inconsistent};

/// `realtime`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Realtime {
    /// How long a session lasts; OpenAI ends its own after an hour.
    pub session_seconds: u64,
    /// How long neither side may say anything.
    pub idle_seconds: u64,
    /// The largest message of either side, in bytes. OpenAI takes 15 MiB of sound in one, which as
    /// text are 20.
    pub message_limit_bytes: usize,
}

impl Default for Realtime {
    fn default() -> Self {
        Self { session_seconds: 3_600, idle_seconds: 3_600, message_limit_bytes: 24 * 1024 * 1024 }
    }
}

impl Realtime {
    /// Refuses limits under which no session could do anything.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        const LEAST_MESSAGE_BYTES: usize = 1024;
        for (key, seconds) in
            [("session_seconds", self.session_seconds), ("idle_seconds", self.idle_seconds)]
        {
            if seconds == 0 {
                return Err(inconsistent(format!("realtime.{key}"), "expected at least 1"));
            }
        }
        if self.message_limit_bytes < LEAST_MESSAGE_BYTES {
            let detail = format!("expected at least {LEAST_MESSAGE_BYTES}");
            return Err(inconsistent("realtime.message_limit_bytes", detail));
        }
        Ok(())
    }
}
