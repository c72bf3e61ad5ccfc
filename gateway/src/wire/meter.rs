//! Reads usage out of a stream as it passes, without touching it.
//!
//! Every event is parsed once into borrowed pieces, and nothing of them is unescaped. The beginning
//! of the answer is kept as it is written, for the estimate where no usage is reported.

mod anthropic;
mod bedrock;
mod cohere;
mod gemini;
mod ollama;
mod openai;
mod replicate;
mod responses;
mod workers_ai;
mod written;

use std::{borrow::Cow, fmt::Debug};

use shared::receipt::TokenCounts;

pub(super) use self::written::Written;
use self::{
    anthropic::AnthropicWatch, bedrock::BedrockWatch, cohere::CohereWatch, gemini::GeminiWatch,
    ollama::OllamaWatch, openai::OpenAiWatch, replicate::ReplicateWatch, responses::ResponsesWatch,
    workers_ai::WorkersAiWatch,
};
use super::{Dialect, SseDecoder, SseEvent, UsageReport, relayed::RelayedWatch};
use crate::kernel::config::UsageShape;

/// How a stream stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StreamEnd {
    /// More is to come.
    #[default]
    Open,
    /// The dialect's own mark of the end was there.
    Complete,
    /// The provider told of an error in the stream.
    Error,
}

/// Watches one stream.
#[derive(Debug)]
pub struct StreamMeter {
    decoder: SseDecoder,
    watch: Box<dyn Watch>,
    is_lost: bool,
}

/// Sees what a stream of one dialect tells.
pub(super) trait Watch: Debug + Send {
    /// The next event.
    fn event(&mut self, event: SseEvent<'_>);

    /// What was reported of the whole answer so far; a report that more of the answer has followed
    /// does not count.
    fn report(&self) -> Option<UsageReport>;

    /// What was told of the prompt before the report.
    fn prompt(&self) -> Option<TokenCounts> {
        None
    }

    fn progress(&self) -> &Progress;

    fn progress_mut(&mut self) -> &mut Progress;
}

/// What all dialects' streams have in common.
#[derive(Debug, Default)]
pub(super) struct Progress {
    output_bytes: u64,
    /// The beginning of the answer, escapes as they are written.
    beginning: String,
    /// Events that brought a part of the answer.
    pieces: u64,
    /// Whether the answer itself was finished; the mark of the end may still be missing.
    pub(super) has_finished: bool,
    pub(super) end: StreamEnd,
}

/// How much of an answer is kept: a page or ten.
const BEGINNING_BYTES: usize = 32 * 1024;

impl Progress {
    /// The next part of the answer.
    pub(super) fn write(&mut self, written: &str) {
        // A piece is kept whole or not at all, so that no escape is cut.
        let is_unbroken = self.output_bytes == self.beginning.len() as u64;
        if is_unbroken && self.beginning.len() + written.len() <= BEGINNING_BYTES {
            self.beginning.push_str(written);
        }
        self.output_bytes += written.len() as u64;
    }

    /// The mark of the end; behind an error it means nothing.
    pub(super) fn complete(&mut self) {
        if self.end == StreamEnd::Open {
            self.end = StreamEnd::Complete;
        }
    }
}

impl StreamMeter {
    /// A meter for a vendor's own stream.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self::shaped(dialect, UsageShape::default())
    }

    /// A meter for the stream of a compatible provider that tells its usage in its own way.
    #[must_use]
    pub fn shaped(dialect: Dialect, shape: UsageShape) -> Self {
        let watch: Box<dyn Watch> = match dialect {
            // Embeddings have no streams.
            Dialect::OpenAiChat
            | Dialect::OpenAiCompletions
            | Dialect::OpenAiEmbeddings
            | Dialect::CohereEmbed
            | Dialect::OllamaEmbed
            | Dialect::GeminiEmbeddings
            | Dialect::WorkersAiEmbeddings
            | Dialect::BedrockEmbeddings
            | Dialect::VertexEmbeddings
            | Dialect::ReplicatePictures => Box::new(OpenAiWatch::new(shape)),
            Dialect::Relayed(api) => Box::new(RelayedWatch::new(api)),
            Dialect::OpenAiResponses => Box::new(ResponsesWatch::new()),
            Dialect::AnthropicMessages => Box::new(AnthropicWatch::new()),
            Dialect::Gemini => Box::new(GeminiWatch::default()),
            Dialect::BedrockConverse => Box::new(BedrockWatch::default()),
            Dialect::CohereChat => Box::new(CohereWatch::default()),
            Dialect::OllamaChat => Box::new(OllamaWatch::default()),
            Dialect::WorkersAi => Box::new(WorkersAiWatch::default()),
            Dialect::Replicate => Box::new(ReplicateWatch::default()),
        };
        Self { decoder: SseDecoder::new(), watch, is_lost: false }
    }

    /// The next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.is_lost {
            return;
        }
        let Self { decoder, watch, .. } = self;
        // A stream that is no event stream is relayed all the same; its usage is estimated.
        self.is_lost = decoder.push(bytes, &mut |event| see(&mut **watch, event)).is_err();
    }

    /// What the provider has reported of the answer as far as it has passed. A report that was
    /// followed by more of the answer is out of date and does not count.
    #[must_use]
    pub fn report(&self) -> Option<UsageReport> {
        self.watch.report()
    }

    /// What the provider has told of the prompt, for a stream that breaks off before its report.
    #[must_use]
    pub fn prompt(&self) -> Option<TokenCounts> {
        self.watch.prompt()
    }

    /// The beginning of the answer: text, refusals, reasoning, names and arguments of tools. For
    /// estimates.
    #[must_use]
    pub fn beginning(&self) -> Cow<'_, str> {
        let written = &self.watch.progress().beginning;
        // What is not quite JSON stays as it is written.
        let unescaped = serde_json::from_str(&format!("\"{written}\""));
        unescaped.map_or(Cow::Borrowed(written), Cow::<str>::Owned)
    }

    /// Of how many written bytes [`StreamMeter::beginning`] is.
    #[must_use]
    pub fn beginning_bytes(&self) -> u64 {
        self.watch.progress().beginning.len() as u64
    }

    /// Bytes of answer that have passed, escapes as they are written.
    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        self.watch.progress().output_bytes
    }

    /// How many tokens the answer has at least so far: a piece is at least one, and the longest
    /// tokens of the usual vocabularies are rarely longer than 32 bytes.
    #[must_use]
    pub fn least_output_tokens(&self) -> i64 {
        const LONGEST_TOKEN_BYTES: u64 = 32;
        let progress = self.watch.progress();
        let tokens = progress.pieces.max(progress.output_bytes / LONGEST_TOKEN_BYTES);
        i64::try_from(tokens).unwrap_or(i64::MAX)
    }

    /// How the stream stands.
    #[must_use]
    pub fn ended(&self) -> StreamEnd {
        self.watch.progress().end
    }

    /// How a stream stands that the provider has closed in good order. Some providers leave out
    /// the blank line behind the last event, or the mark of the end behind a finished answer.
    #[must_use]
    pub fn closed(&mut self) -> StreamEnd {
        let Self { decoder, watch, is_lost } = self;
        if !*is_lost {
            *is_lost = decoder.finish(&mut |event| see(&mut **watch, event)).is_err();
        }
        match self.watch.progress() {
            Progress { end: StreamEnd::Open, has_finished: true, .. } => StreamEnd::Complete,
            progress => progress.end,
        }
    }
}

/// Shows a watch the next event, and counts the pieces of the answer.
fn see(watch: &mut dyn Watch, event: SseEvent<'_>) {
    let before = watch.progress().output_bytes;
    watch.event(event);
    let progress = watch.progress_mut();
    progress.pieces += u64::from(progress.output_bytes > before);
}

#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;
