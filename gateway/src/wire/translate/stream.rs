//! A stream in one dialect, told in another as it passes.

use std::fmt::Debug;

use super::{
    TranslationContext, anthropic_stream, bedrock, cohere, completions, gemini,
    ir::{OnStep, Step},
    not_a_conversation, ollama, openai_stream, replicate, responses, workers_ai,
};
use crate::wire::{Dialect, SseDecoder, SseEvent, WireError};

/// Translates one streamed answer.
#[derive(Debug)]
pub struct StreamTranslator {
    decoder: SseDecoder,
    reader: Box<dyn ReadStream>,
    writer: Box<dyn WriteStream>,
    context: TranslationContext,
    failure: Option<WireError>,
}

/// Reads a provider's stream into steps.
pub(super) trait ReadStream: Debug + Send {
    /// The next event.
    ///
    /// # Errors
    ///
    /// `Nonsense` where it is none of this dialect, or cannot be told in order.
    fn read(
        &mut self,
        event: SseEvent<'_>,
        context: &TranslationContext,
        tell: &mut OnStep<'_>,
    ) -> Result<(), WireError>;

    /// The stream is over. An answer that was whole without its mark of the end has ended well.
    ///
    /// # Errors
    ///
    /// `Nonsense` where the answer had not ended.
    fn finish(&mut self, tell: &mut OnStep<'_>) -> Result<(), WireError>;
}

/// Writes the steps of an answer as a client's stream.
pub(super) trait WriteStream: Debug + Send {
    /// The next step.
    ///
    /// # Errors
    ///
    /// `Invalid` where it cannot be told.
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError>;
}

/// The stream of a dialect that has none.
#[derive(Debug)]
struct NoConversation;

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
        let (reader, writer) = (reader(from), writer(to, client_asked_for_usage));
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

fn reader(from: Dialect) -> Box<dyn ReadStream> {
    match from {
        Dialect::OpenAiChat => Box::<openai_stream::Reader>::default(),
        Dialect::OpenAiResponses => Box::<responses::Reader>::default(),
        Dialect::AnthropicMessages => Box::<anthropic_stream::Reader>::default(),
        Dialect::Gemini => Box::<gemini::Reader>::default(),
        Dialect::BedrockConverse => Box::<bedrock::Reader>::default(),
        Dialect::CohereChat => Box::<cohere::Reader>::default(),
        Dialect::OllamaChat => Box::<ollama::Reader>::default(),
        Dialect::WorkersAi => Box::<workers_ai::Reader>::default(),
        Dialect::Replicate => Box::<replicate::Reader>::default(),
        Dialect::OpenAiCompletions
        | Dialect::OpenAiEmbeddings
        | Dialect::CohereEmbed
        | Dialect::OllamaEmbed
        | Dialect::GeminiEmbeddings
        | Dialect::WorkersAiEmbeddings
        | Dialect::BedrockEmbeddings
        | Dialect::VertexEmbeddings
        | Dialect::ReplicatePictures
        | Dialect::Relayed(_) => Box::new(NoConversation),
    }
}

fn writer(to: Dialect, client_asked_for_usage: bool) -> Box<dyn WriteStream> {
    match to {
        Dialect::OpenAiChat => Box::new(openai_stream::Writer::new(client_asked_for_usage)),
        Dialect::OpenAiCompletions => Box::new(completions::Writer::new(client_asked_for_usage)),
        Dialect::OpenAiResponses => Box::<responses::Writer>::default(),
        Dialect::AnthropicMessages => Box::<anthropic_stream::Writer>::default(),
        Dialect::Gemini => Box::<gemini::Writer>::default(),
        Dialect::OpenAiEmbeddings
        | Dialect::BedrockConverse
        | Dialect::CohereChat
        | Dialect::OllamaChat
        | Dialect::WorkersAi
        | Dialect::Replicate
        | Dialect::CohereEmbed
        | Dialect::OllamaEmbed
        | Dialect::GeminiEmbeddings
        | Dialect::WorkersAiEmbeddings
        | Dialect::BedrockEmbeddings
        | Dialect::VertexEmbeddings
        | Dialect::ReplicatePictures
        | Dialect::Relayed(_) => Box::new(NoConversation),
    }
}

impl ReadStream for NoConversation {
    fn read(
        &mut self,
        _event: SseEvent<'_>,
        _context: &TranslationContext,
        _tell: &mut OnStep<'_>,
    ) -> Result<(), WireError> {
        Err(not_a_conversation())
    }

    fn finish(&mut self, _tell: &mut OnStep<'_>) -> Result<(), WireError> {
        Err(not_a_conversation())
    }
}

impl WriteStream for NoConversation {
    fn write(
        &mut self,
        _step: &Step<'_>,
        _context: &TranslationContext,
        _out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        Err(not_a_conversation())
    }
}
