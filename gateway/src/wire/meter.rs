//! Reads usage out of a stream as it passes, without touching it.
//!
//! Every event is parsed once into borrowed pieces, and nothing of them is unescaped. The beginning
//! of the answer is kept as it is written, for the estimate where no usage is reported.

mod anthropic;
mod openai;
mod responses;
mod written;

use std::borrow::Cow;

use shared::receipt::TokenCounts;

use self::{anthropic::AnthropicWatch, openai::OpenAiWatch, responses::ResponsesWatch};
use super::{Dialect, SseDecoder, SseEvent, UsageReport};
use crate::kernel::config::UsageShape;

/// How a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// More is to come.
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
    watch: Watch,
    is_lost: bool,
}

#[derive(Debug)]
enum Watch {
    OpenAi(OpenAiWatch),
    Responses(ResponsesWatch),
    Anthropic(AnthropicWatch),
}

/// What both dialects' streams have in common.
#[derive(Debug)]
struct Progress {
    output_bytes: u64,
    /// The beginning of the answer, escapes as they are written.
    beginning: String,
    /// Events that brought a part of the answer.
    pieces: u64,
    /// Whether the answer itself was finished; the mark of the end may still be missing.
    has_finished: bool,
    end: StreamEnd,
}

/// How much of an answer is kept: a page or ten.
const BEGINNING_BYTES: usize = 32 * 1024;

impl Progress {
    const fn new() -> Self {
        Self {
            output_bytes: 0,
            beginning: String::new(),
            pieces: 0,
            has_finished: false,
            end: StreamEnd::Open,
        }
    }

    /// The next part of the answer.
    fn write(&mut self, written: &str) {
        // A piece is kept whole or not at all, so that no escape is cut.
        let is_unbroken = self.output_bytes == self.beginning.len() as u64;
        if is_unbroken && self.beginning.len() + written.len() <= BEGINNING_BYTES {
            self.beginning.push_str(written);
        }
        self.output_bytes += written.len() as u64;
    }

    /// The mark of the end; behind an error it means nothing.
    fn complete(&mut self) {
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
        let watch = match dialect {
            Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => {
                Watch::OpenAi(OpenAiWatch::new(shape))
            }
            Dialect::OpenAiResponses => Watch::Responses(ResponsesWatch::new()),
            Dialect::AnthropicMessages => Watch::Anthropic(AnthropicWatch::new()),
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
        self.is_lost = decoder.push(bytes, &mut |event| watch.event(event)).is_err();
    }

    /// What the provider has reported of the answer as far as it has passed. A report that was
    /// followed by more of the answer is out of date and does not count.
    #[must_use]
    pub fn report(&self) -> Option<UsageReport> {
        match &self.watch {
            Watch::OpenAi(watch) => watch.report(),
            Watch::Responses(watch) => watch.report(),
            Watch::Anthropic(watch) => watch.report(),
        }
    }

    /// What the provider has told of the prompt, for a stream that breaks off before its report.
    #[must_use]
    pub fn prompt(&self) -> Option<TokenCounts> {
        match &self.watch {
            Watch::OpenAi(_) | Watch::Responses(_) => None,
            Watch::Anthropic(watch) => watch.prompt(),
        }
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
            *is_lost = decoder.finish(&mut |event| watch.event(event)).is_err();
        }
        match self.watch.progress() {
            Progress { end: StreamEnd::Open, has_finished: true, .. } => StreamEnd::Complete,
            progress => progress.end,
        }
    }
}

impl Watch {
    fn event(&mut self, event: SseEvent<'_>) {
        let before = self.progress().output_bytes;
        match self {
            Self::OpenAi(watch) => watch.event(event),
            Self::Responses(watch) => watch.event(event),
            Self::Anthropic(watch) => watch.event(event),
        }
        let progress = self.progress_mut();
        progress.pieces += u64::from(progress.output_bytes > before);
    }

    const fn progress_mut(&mut self) -> &mut Progress {
        match self {
            Self::OpenAi(watch) => &mut watch.progress,
            Self::Responses(watch) => &mut watch.progress,
            Self::Anthropic(watch) => &mut watch.progress,
        }
    }

    const fn progress(&self) -> &Progress {
        match self {
            Self::OpenAi(watch) => &watch.progress,
            Self::Responses(watch) => &watch.progress,
            Self::Anthropic(watch) => &watch.progress,
        }
    }
}

#[cfg(test)]
mod shapes;
#[cfg(test)]
mod tests;
