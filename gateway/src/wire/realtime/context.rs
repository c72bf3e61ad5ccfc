//! What a session's next answer is given to read: the most that it can be, and what it usually is.
//!
//! Every answer is billed the whole conversation before it, so this only grows.

use super::{SoundFormat, TOKENS_PER_SECOND_HEARD, client_event::ClientEvent};

/// The most tokens of a picture, and what it usually has.
const MOST_PICTURE_TOKENS: i64 = 6_240;
const USUAL_PICTURE_TOKENS: i64 = 1_000;
/// What a provider adds around the conversation.
const FRAMING_TOKENS: i64 = 64;
/// Bytes of text that a token stands for.
const USUAL_BYTES_PER_TOKEN: i64 = 4;

#[derive(Debug, Default)]
pub(super) struct Context {
    /// Instructions and tools, as the provider has told them last, with what is not told yet.
    configuration_bytes: u64,
    unconfirmed_updates: u32,
    item_bytes: u64,
    sound_bytes: u64,
    sound_format: SoundFormat,
    pictures: i64,
    answer_tokens: i64,
}

impl Context {
    pub(super) fn sound_format(&self) -> SoundFormat {
        self.sound_format
    }

    /// Once sound may have been written densely, all of it may have been.
    pub(super) fn update(&mut self, event: &ClientEvent, format: SoundFormat) {
        self.configuration_bytes += event.text_bytes;
        self.unconfirmed_updates += 1;
        if format == SoundFormat::Telephone {
            self.sound_format = format;
        }
    }

    /// The provider has told the whole session.
    pub(super) fn confirm(&mut self, bytes: usize) {
        self.unconfirmed_updates = self.unconfirmed_updates.saturating_sub(1);
        if self.unconfirmed_updates == 0 {
            self.configuration_bytes = bytes as u64;
        }
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.unconfirmed_updates == 0
    }

    pub(super) fn add(&mut self, event: &ClientEvent) {
        self.item_bytes += event.text_bytes;
        self.sound_bytes += event.sound_bytes;
        self.pictures += event.pictures;
    }

    /// Sound that no model is given to hear.
    pub(super) fn forget_sound(&mut self, bytes: u64) {
        self.sound_bytes = self.sound_bytes.saturating_sub(bytes);
    }

    /// What a tool of the provider's has brought.
    pub(super) fn add_bytes(&mut self, bytes: usize) {
        self.item_bytes += bytes as u64;
    }

    pub(super) fn add_answer(&mut self, tokens: i64) {
        self.answer_tokens = self.answer_tokens.saturating_add(tokens);
    }

    /// The most tokens of an answer's prompt, with what the request for it says: a token is at
    /// least one byte.
    pub(super) fn most_tokens(&self, asked_bytes: u64, asked_pictures: i64) -> i64 {
        let bytes = self.text_bytes().saturating_add(signed(asked_bytes));
        self.tokens(bytes, asked_pictures, MOST_PICTURE_TOKENS).saturating_add(FRAMING_TOKENS)
    }

    /// What it usually has.
    pub(super) fn usual_tokens(&self, asked_bytes: u64, asked_pictures: i64) -> i64 {
        let bytes = self.text_bytes().saturating_add(signed(asked_bytes));
        self.tokens(bytes / USUAL_BYTES_PER_TOKEN, asked_pictures, USUAL_PICTURE_TOKENS).max(1)
    }

    fn text_bytes(&self) -> i64 {
        signed(self.configuration_bytes.saturating_add(self.item_bytes))
    }

    fn tokens(&self, of_text: i64, asked_pictures: i64, of_a_picture: i64) -> i64 {
        let pictures = self.pictures.saturating_add(asked_pictures);
        of_text
            .saturating_add(self.sound_format.tokens(self.sound_bytes, TOKENS_PER_SECOND_HEARD))
            .saturating_add(pictures.saturating_mul(of_a_picture))
            .saturating_add(self.answer_tokens)
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
