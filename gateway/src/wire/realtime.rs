//! OpenAI's realtime API: the events of a session, both ways, and what they come to.
//!
//! Sources: the official SDK (`openai.types.realtime`; the names of the beta are read too), and for
//! what sound comes to <https://platform.openai.com/docs/guides/realtime-costs>. Frames are relayed
//! as they are; what is here reads them, and changes the name of the model alone.

mod client_event;
mod context;
mod error_event;
mod hearing;
mod meter;
mod provider_event;
#[cfg(test)]
mod tests;
mod under_way;
mod usage;

pub use self::{
    client_event::{ClientEvent, ClientEventKind, OutputLimit, SessionWishes},
    error_event::{ErrorKind, error_event},
    meter::SessionMeter,
    usage::{MostUsed, SessionUsage},
};

/// What a client's key is answered with, so that it knows that its handshake was understood
/// (RFC 6455, 4.2.2).
#[must_use]
pub fn websocket_accept(key: &[u8]) -> String {
    tokio_tungstenite::tungstenite::handshake::derive_accept_key(key)
}

/// Ten tokens are a second of sound that is listened to, twenty one that is spoken.
const TOKENS_PER_SECOND_HEARD: u64 = 10;
const TOKENS_PER_SECOND_SPOKEN: u64 = 20;

/// How densely sound is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum SoundFormat {
    /// Sixteen bits, 24,000 times a second.
    #[default]
    Pcm,
    /// G.711: eight bits, 8,000 times a second.
    Telephone,
}

impl SoundFormat {
    /// The format that is written in the session's object, by the names of both versions.
    fn named(written: &str) -> Self {
        let is_telephone = ["pcmu", "pcma", "g711"].iter().any(|name| written.contains(name));
        if is_telephone { Self::Telephone } else { Self::Pcm }
    }

    const fn bytes_per_second(self) -> u64 {
        match self {
            Self::Pcm => 48_000,
            Self::Telephone => 8_000,
        }
    }

    /// Where in all sound a time stands that is written in milliseconds; nothing where it is none.
    fn place(self, milliseconds: &str) -> Option<u64> {
        let milliseconds: u64 = milliseconds.parse().ok()?;
        Some(milliseconds.saturating_mul(self.bytes_per_second()) / 1_000)
    }

    /// The tokens of so many bytes; what has begun counts whole.
    fn tokens(self, bytes: u64, per_second: u64) -> i64 {
        let tokens = bytes.saturating_mul(per_second).div_ceil(self.bytes_per_second());
        i64::try_from(tokens).unwrap_or(i64::MAX)
    }
}

/// How many bytes a JSON text of Base64 stands for at most, quotation marks included.
fn bytes_in_base64(written: &str) -> u64 {
    (written.len() as u64).saturating_sub(2).saturating_mul(3) / 4
}
