//! Answers that have been asked for and are not told to have ended.

use shared::receipt::TokenCounts;

use super::{SoundFormat, TOKENS_PER_SECOND_SPOKEN};

const USUAL_BYTES_PER_TOKEN: u64 = 4;

#[derive(Debug)]
pub(super) struct UnderWay {
    /// The provider's name for it, once it has begun.
    pub(super) id: Option<String>,
    /// The client's name for the event that asked for it.
    pub(super) event_id: Option<String>,
    pub(super) most_input: i64,
    pub(super) usual_input: i64,
    pub(super) most_output: i64,
    pub(super) text_bytes: u64,
    pub(super) sound_bytes: u64,
}

impl UnderWay {
    /// What it has come to as far as it has been seen, where the provider does not tell.
    pub(super) fn estimate(&self, format: SoundFormat) -> TokenCounts {
        let text = self.text_bytes.div_ceil(USUAL_BYTES_PER_TOKEN);
        TokenCounts {
            input: self.usual_input,
            output: i64::try_from(text).unwrap_or(i64::MAX),
            audio_output: format.tokens(self.sound_bytes, TOKENS_PER_SECOND_SPOKEN),
            ..TokenCounts::default()
        }
    }
}
