//! What the first bytes of an input choose.

use gateway::wire::{Dialect, RelayedApi};

/// The dialects in which clients ask.
pub(crate) const CLIENTS: [Dialect; 5] = [
    Dialect::OpenAiChat,
    Dialect::OpenAiCompletions,
    Dialect::OpenAiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
];
/// The dialects in which providers answer.
pub(crate) const PROVIDERS: [Dialect; 9] = [
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::BedrockConverse,
    Dialect::CohereChat,
    Dialect::OllamaChat,
    Dialect::WorkersAi,
    Dialect::Replicate,
];
/// The dialects of embeddings other than OpenAI's.
pub(crate) const EMBEDDINGS: [Dialect; 6] = [
    Dialect::CohereEmbed,
    Dialect::OllamaEmbed,
    Dialect::GeminiEmbeddings,
    Dialect::WorkersAiEmbeddings,
    Dialect::BedrockEmbeddings,
    Dialect::VertexEmbeddings,
];
/// Those of providers, in which usage is told as well.
pub(crate) const OTHERS: [Dialect; 4] = [
    Dialect::OpenAiCompletions,
    Dialect::OpenAiEmbeddings,
    Dialect::Relayed(RelayedApi::ImageGenerations),
    Dialect::Relayed(RelayedApi::Transcriptions),
];

/// The longest piece into which an input is cut.
const PIECE_LIMIT_BYTES: u32 = 48;

/// Reads choices off the front of an input. An `a` is the first of a list, a `b` the second, so
/// that a kept input can be read.
#[derive(Clone, Copy)]
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) const fn of(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// The next number; zero where the input is over.
    pub(crate) fn number(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first.wrapping_sub(b'a')
    }

    pub(crate) fn one<T: Copy, const N: usize>(&mut self, list: [T; N]) -> T {
        list[usize::from(self.number()) % N]
    }

    /// What is behind the choices.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The bytes in pieces: by zero each alone, by any other number in lengths that it decides.
pub(crate) fn pieces(mut bytes: &[u8], how: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(how);
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let step = u32::from(how).wrapping_mul(1_013_904_223);
        state = state.wrapping_mul(1_664_525).wrapping_add(step);
        let length = ((state >> 16) % PIECE_LIMIT_BYTES) as usize + 1;
        let (piece, rest) = bytes.split_at(if how == 0 { 1 } else { length.min(bytes.len()) });
        bytes = rest;
        Some(piece)
    })
}
