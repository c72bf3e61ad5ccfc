//! A stream in one dialect, told in another as it passes.

use super::{
    TranslationContext, anthropic_stream,
    ir::{OnStep, Step},
    not_a_conversation, openai_stream, responses,
};
use crate::wire::{Dialect, SseDecoder, SseEvent, WireError};

/// Translates one streamed answer.
#[derive(Debug)]
pub struct StreamTranslator {
    decoder: SseDecoder,
    reader: Reader,
    writer: Writer,
    context: TranslationContext,
    failure: Option<WireError>,
}

#[derive(Debug)]
enum Reader {
    OpenAi(openai_stream::Reader),
    Anthropic(anthropic_stream::Reader),
    Nothing,
}

#[derive(Debug)]
enum Writer {
    OpenAi(openai_stream::Writer),
    Anthropic(anthropic_stream::Writer),
    Responses(Box<responses::Writer>),
    Nothing,
}

impl StreamTranslator {
    /// A translator at the beginning of the stream of `from`, the provider, to `to`, the client.
    ///
    /// `client_asked_for_usage` matters to a client of OpenAI chat, which gets a chunk of usage
    /// only then.
    #[must_use]
    pub fn new(
        from: Dialect,
        to: Dialect,
        context: TranslationContext,
        client_asked_for_usage: bool,
    ) -> Self {
        let reader = match from {
            Dialect::OpenAiChat => Reader::OpenAi(openai_stream::Reader::default()),
            Dialect::AnthropicMessages => Reader::Anthropic(anthropic_stream::Reader::default()),
            Dialect::OpenAiResponses | Dialect::OpenAiEmbeddings => Reader::Nothing,
        };
        let writer = match to {
            Dialect::OpenAiChat => {
                Writer::OpenAi(openai_stream::Writer::new(client_asked_for_usage))
            }
            Dialect::AnthropicMessages => Writer::Anthropic(anthropic_stream::Writer::default()),
            Dialect::OpenAiResponses => Writer::Responses(Box::default()),
            Dialect::OpenAiEmbeddings => Writer::Nothing,
        };
        Self { decoder: SseDecoder::new(), reader, writer, context, failure: None }
    }

    /// Takes the provider's next bytes and appends to `out` what they mean to the client.
    ///
    /// # Errors
    ///
    /// [`WireError::Nonsense`] where the provider breaks its own format: what came before is in
    /// `out`, and the translator says no more.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), WireError> {
        self.unless_failed()?;
        let Self { decoder, reader, writer, context, .. } = self;
        let mut told = Ok(());
        let decoded = decoder.push(bytes, &mut |event| {
            if told.is_ok() {
                told = reader.read(event, context, &mut |step| writer.write(&step, context, out));
            }
        });
        self.remember(told.and(decoded))
    }

    /// The provider's stream is over; appends to `out` what was left to say.
    ///
    /// # Errors
    ///
    /// [`WireError::Nonsense`] where the stream ended before the answer did.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.unless_failed()?;
        let Self { decoder, reader, writer, context, .. } = self;
        let mut told = Ok(());
        let decoded = decoder.finish(&mut |event| {
            if told.is_ok() {
                told = reader.read(event, context, &mut |step| writer.write(&step, context, out));
            }
        });
        let told = told
            .and(decoded)
            .and_then(|()| reader.finish(&mut |step| writer.write(&step, context, out)));
        self.remember(told)
    }

    fn unless_failed(&self) -> Result<(), WireError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    fn remember(&mut self, told: Result<(), WireError>) -> Result<(), WireError> {
        self.failure = told.clone().err();
        told
    }
}

impl Reader {
    fn read(
        &mut self,
        event: SseEvent<'_>,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        match self {
            Self::OpenAi(reader) => reader.read(event.data, context, tell),
            Self::Anthropic(reader) => reader.read(event.data, tell),
            Self::Nothing => Err(not_a_conversation()),
        }
    }

    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError> {
        match self {
            Self::OpenAi(reader) => reader.finish(tell),
            Self::Anthropic(reader) => reader.finish(tell),
            Self::Nothing => Err(not_a_conversation()),
        }
    }
}

impl Writer {
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match self {
            Self::OpenAi(writer) => writer.write(step, context, out),
            Self::Anthropic(writer) => writer.write(step, context, out),
            Self::Responses(writer) => writer.write(step, context, out),
            Self::Nothing => Err(not_a_conversation()),
        }
    }
}
