//! Between dialects: a client speaks one, the model's provider another.
//!
//! Every request, answer and stream is read into one internal representation and written out of
//! it, so a dialect is two halves and never a pair. The sources are the official SDKs' types
//! (openai 3.54, anthropic 2.12). Promises: how a stream is cut into chunks never changes what
//! comes out, the concatenated argument deltas of a tool call are the arguments of the same
//! answer unstreamed, and no input panics.
//!
//! What both sides can say is carried over. What would change the answer and cannot be said is
//! refused by the field's name, unless the provider's configuration allows to drop it. What changes
//! nothing but cost, speed or bookkeeping is dropped. The client is told the name of every field
//! that was.
//!
//! | OpenAI chat | Anthropic messages | |
//! |---|---|---|
//! | `system`, `developer` messages | `system` | before the conversation, joined by a blank line where none is marked for the cache |
//! | `tool` messages | `tool_result` blocks | results in a row share one user turn |
//! | | `tool_result.is_error` | becomes `Error: ` before the text |
//! | | images and documents in a `tool_result` | move into the user message behind the results |
//! | `image_url.url` | `image.source` | `data:` URL and base64 alike; `detail` is dropped |
//! | `file.file_data` | `document.source` | PDF as it is; text as text; a `file_id` and a URL towards OpenAI are refused; `citations` go to Cohere and Converse alone |
//! | `input_audio` | | refused |
//! | `tool_calls[].function.arguments` | `tool_use.input` | the same JSON text; empty is `{}` |
//! | `tool_choice` `required`, a function | `any`, `tool` | |
//! | `parallel_tool_calls: false` | `tool_choice.disable_parallel_tool_use` | |
//! | `max_completion_tokens`, `max_tokens` | `max_tokens` | the gateway's limit, else 4,096, where Anthropic needs one; an answer of no tokens is refused |
//! | `stop` | `stop_sequences` | |
//! | `response_format` `json_schema` | `output_config.format` | its name and description are dropped; strict unless said otherwise |
//! | | `eager_input_streaming`, `input_examples` and the like of a tool, `thinking.display` | dropped |
//! | `response_format` `json_object` | | refused |
//! | `user`, `safety_identifier` | `metadata.user_id` | |
//! | `stream_options.include_usage` | | always asked of a provider; told only to a client that asked |
//! | `temperature` above 1 | | refused |
//! | `top_k`, which servers like OpenAI take | `top_k` | refused towards OpenAI |
//! | `seed` | | dropped |
//! | `frequency_penalty`, `presence_penalty` | | refused |
//! | `logprobs`, `top_logprobs` | | refused |
//! | `modalities`, `audio` | | refused; a picture or speech that comes all the same is an error |
//! | `reasoning_effort` | `thinking`, `output_config.effort` | as the model's `reasoning` setting says, else dropped; a model that thinks takes no `temperature`, `top_p`, `top_k` |
//! | `reasoning_details` | `thinking`, `redacted_thinking` | with the signature, byte for byte, to the vendor that signed; to no other |
//! | `reasoning_content`, `reasoning` in answers | `thinking` | unsigned |
//! | a signature of another vendor's without a thought | `redacted_thinking` | so that no client shows an empty thought |
//! | | `cache_control` | dropped |
//! | `metadata`, `store`, `service_tier`, `prediction`, `prompt_cache_*`, `name` | `service_tier`, `speed`, `context_management`, `diagnostics` | dropped |
//! | `verbosity` | | dropped |
//! | every other field of a request | the same | refused unless it asks for nothing |
//!
//! The Responses API ([`responses`]) is read and written likewise: an item is a part of a turn,
//! `instructions` and messages of the developer are the system's, a reasoning item is a thought
//! with its signature in `encrypted_content`, and a tool in a namespace has both names in one.
//!
//! | `finish_reason` | `stop_reason` |
//! |---|---|
//! | `stop` | `end_turn`, `stop_sequence` |
//! | `length` | `max_tokens`, `model_context_window_exceeded`, `pause_turn` |
//! | `tool_calls`, or any calls with `stop` | `tool_use` |
//! | `content_filter`, or a `refusal` | `refusal` |
//!
//! Tools that the provider runs are in [`server_tools`]; what they did is kept beside its meaning in
//! its vendor's words. What a text rests on is counted in characters of all that is said.
//!
//! `prompt_tokens` includes cached tokens and `input_tokens` does not; both outputs include
//! reasoning.

mod anthropic_citations;
mod anthropic_request;
mod anthropic_response;
mod anthropic_server_tools;
mod anthropic_stream;
mod bedrock;
mod cohere;
mod completions;
mod content;
mod data_url;
mod embeddings;
mod field_names;
mod gemini;
mod ir;
mod likelihoods;
mod losses;
mod offered_tools;
mod ollama;
mod openai_annotations;
mod openai_media;
mod openai_pictures;
mod openai_request;
mod openai_response;
mod openai_settings;
mod openai_stream;
mod openai_tool_choice;
mod other_fields;
mod plain_text;
mod reasoning_details;
mod replicate;
mod responses;
mod search_results;
mod server_tools;
mod stream;
#[cfg(test)]
mod tests;
mod token_counts;
mod workers_ai;

use std::borrow::Cow;

use serde::Serialize;

pub(super) use self::responses::is_sealed_by_gateway;
pub use self::{
    bedrock::is_anthropic as is_anthropic_on_bedrock,
    embeddings::{is_there_on_bedrock as has_embeddings_on_bedrock, translate_embeddings},
    replicate::translate_pictures,
    responses::Echo,
    stream::StreamTranslator,
};
use self::{
    field_names::at_its_own_field,
    ir::{AssistantPart, Request, Response, Turn},
    losses::Losses,
};
use super::{Dialect, LimitField, WireError};
use crate::kernel::config::{ReasoningControl, UnsupportedFields};

/// What a translated answer needs beside the provider's bytes.
#[derive(Debug, Clone)]
pub struct TranslationContext {
    /// The model as the client named it.
    pub model: String,
    /// An id for the answer.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created_at_seconds: i64,
    /// What the answer repeats of its request, where the client's dialect does.
    pub echo: Option<Echo>,
}

impl TranslationContext {
    /// The provider's id of a tool call, or one made up where it gave none: the client needs one
    /// to answer the call, unlike that of any other call in the conversation.
    fn tool_call_id(&self, given: Option<&str>, ordinal: usize) -> String {
        match given {
            Some(given) if !given.is_empty() => given.to_owned(),
            _ => format!("call_{}_{ordinal}", self.id),
        }
    }
}

/// Whom a request is translated for.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// What the provider speaks.
    pub dialect: Dialect,
    /// What the provider calls the model.
    pub model: &'a str,
    /// Sent where the client names no limit or a larger one, in tokens.
    pub output_limit: Option<i64>,
    /// Under which name an OpenAI-compatible provider heeds the limit.
    pub limit_field: LimitField,
    /// How the model is told to think; nothing where it cannot be told.
    pub reasoning: Option<ReasoningControl>,
    /// What happens to what the provider cannot be asked for.
    pub unsupported_fields: UnsupportedFields,
    /// Whether the answer is streamed; not every dialect says so in its body.
    pub is_streaming: bool,
}

impl Target<'_> {
    /// Whether the model is told in words how hard to think.
    fn takes_effort(&self) -> bool {
        self.reasoning == Some(ReasoningControl::Effort)
    }
}

/// A request in the provider's words.
#[derive(Debug)]
pub struct TranslatedRequest {
    /// The body.
    pub body: Vec<u8>,
    /// What of the client's request is not in it: names of fields.
    pub dropped_fields: Vec<Cow<'static, str>>,
}

/// The request that the provider is sent for what the client sent.
///
/// # Errors
///
/// [`WireError::Invalid`] where the body is not a request of `from`, [`WireError::Unsupported`]
/// naming the field that the target cannot express.
pub fn translate_request(
    from: Dialect,
    body: &[u8],
    target: &Target<'_>,
) -> Result<TranslatedRequest, WireError> {
    let mut losses = Losses::new(from, target.unsupported_fields);
    if from == Dialect::OpenAiEmbeddings && embeddings::are_asked_in(target.dialect) {
        let body = embeddings::write_request(body, target, &mut losses)?;
        return Ok(TranslatedRequest { body, dropped_fields: losses.into_dropped() });
    }
    if target.dialect == Dialect::ReplicatePictures {
        let body = replicate::write_picture_request(body, &mut losses)?;
        return Ok(TranslatedRequest { body, dropped_fields: losses.into_dropped() });
    }
    let body = write_conversation(from, body, target, &mut losses)
        .map_err(|error| at_its_own_field(from, error))?;
    Ok(TranslatedRequest { body, dropped_fields: losses.into_dropped() })
}

/// An answer without a token only fills a prompt cache, which Anthropic alone does.
fn asks_for_nothing() -> WireError {
    WireError::unsupported(
        "max_tokens",
        "`max_tokens` is 0, which this model's provider does not take; send 1 or more",
    )
}

fn write_conversation(
    from: Dialect,
    body: &[u8],
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let mut request = read_request(from, body)?;
    request.stream |= target.is_streaming;
    request.output_limit = request.output_limit.into_iter().chain(target.output_limit).min();
    if request.output_limit == Some(0) && target.dialect != Dialect::AnthropicMessages {
        return Err(asks_for_nothing());
    }
    if !takes_media(target.dialect) {
        demand_text_alone(&request, losses)?;
    }
    for field in request.settings.demands.drain(..) {
        losses.demand_field(field)?;
    }
    for field in request.settings.hints.drain(..) {
        losses.hint_field(field);
    }
    if target.dialect == Dialect::OpenAiResponses {
        // It alone knows no stop sequences, and how long an answer is to be.
        if !request.stop.is_empty() {
            losses.demand_field("stop".into())?;
        }
    } else {
        losses.hint(request.verbosity.as_ref());
    }
    if !describes_answers(target.dialect) {
        losses.hint(request.settings.schema_description());
    }
    server_tools::fit(&mut request, target, losses)?;
    match target.dialect {
        Dialect::OpenAiChat => openai_request::write(&request, target, losses),
        Dialect::OpenAiResponses => responses::write_request(&request, target, losses),
        Dialect::AnthropicMessages => anthropic_request::write(&request, target, losses),
        Dialect::Gemini => gemini::write_request(&request, target, losses),
        Dialect::BedrockConverse => bedrock::write_request(&request, target, losses),
        Dialect::CohereChat => cohere::write_request(&request, target, losses),
        Dialect::OllamaChat => ollama::write_request(&request, target, losses),
        Dialect::WorkersAi => workers_ai::write_request(&request, target, losses),
        Dialect::Replicate => replicate::write_request(&request, target, losses),
        Dialect::OpenAiCompletions
        | Dialect::OpenAiEmbeddings
        | Dialect::CohereEmbed
        | Dialect::OllamaEmbed
        | Dialect::GeminiEmbeddings
        | Dialect::WorkersAiEmbeddings
        | Dialect::BedrockEmbeddings
        | Dialect::VertexEmbeddings
        | Dialect::ReplicatePictures
        | Dialect::Relayed(_) => Err(not_a_conversation()),
    }
}

/// Who can be asked for pictures and speech, and be shown those of earlier answers.
const fn takes_media(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::OpenAiChat | Dialect::Gemini)
}

/// Who can be told what an answer is for, beside its schema.
const fn describes_answers(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::BedrockConverse)
}

fn demand_text_alone(request: &Request, losses: &mut Losses) -> Result<(), WireError> {
    losses.demand(request.settings.media.as_ref())?;
    losses.demand(request.settings.voice.as_ref())?;
    let is_drawn = |part: &AssistantPart| matches!(part, AssistantPart::Image(_));
    let has_drawn =
        |turn: &Turn| matches!(turn, Turn::Assistant(parts) if parts.iter().any(is_drawn));
    if request.turns.iter().any(has_drawn) {
        let detail = "a picture that a model has drawn cannot be translated for this provider; send \
                      it in a message of the user";
        return Err(WireError::unsupported("messages", detail));
    }
    Ok(())
}

fn read_request(from: Dialect, body: &[u8]) -> Result<Request, WireError> {
    match from {
        Dialect::OpenAiChat => openai_request::read(body),
        Dialect::OpenAiCompletions => completions::read(body),
        Dialect::OpenAiResponses => responses::read(body),
        Dialect::AnthropicMessages => anthropic_request::read(body),
        Dialect::Gemini => gemini::read_request(body),
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
        | Dialect::Relayed(_) => Err(not_a_conversation()),
    }
}

/// The provider's answer, as the client reads it.
///
/// # Errors
///
/// [`WireError::Nonsense`] where the body is not an answer of `from`.
pub fn translate_response(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    let response = read_response(from, body, context)?;
    match to {
        Dialect::OpenAiChat => openai_response::write(&response, context),
        Dialect::OpenAiCompletions => completions::write(&response, context),
        Dialect::OpenAiResponses => responses::write(&response, context),
        Dialect::AnthropicMessages => anthropic_response::write(&response, context),
        Dialect::Gemini => gemini::write_response(&response, context),
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
        | Dialect::Relayed(_) => Err(not_a_conversation()),
    }
}

/// An answer of the Responses API before anything of it has come.
///
/// # Errors
///
/// [`WireError::Invalid`] where it cannot be written.
pub fn begun_response(context: &TranslationContext) -> Result<Vec<u8>, WireError> {
    responses::write_begun(context)
}

fn read_response(
    from: Dialect,
    body: &[u8],
    context: &TranslationContext,
) -> Result<Response, WireError> {
    match from {
        Dialect::OpenAiChat => openai_response::read(body, context),
        Dialect::OpenAiResponses => responses::read_response(body, context),
        Dialect::AnthropicMessages => anthropic_response::read(body),
        Dialect::Gemini => gemini::read_response(body, context),
        Dialect::BedrockConverse => bedrock::read_response(body, context),
        Dialect::CohereChat => cohere::read_response(body, context),
        Dialect::OllamaChat => ollama::read_response(body, context),
        Dialect::WorkersAi => workers_ai::read_response(body, context),
        Dialect::Replicate => replicate::read_response(body),
        Dialect::OpenAiCompletions
        | Dialect::OpenAiEmbeddings
        | Dialect::CohereEmbed
        | Dialect::OllamaEmbed
        | Dialect::GeminiEmbeddings
        | Dialect::WorkersAiEmbeddings
        | Dialect::BedrockEmbeddings
        | Dialect::VertexEmbeddings
        | Dialect::ReplicatePictures
        | Dialect::Relayed(_) => Err(not_a_conversation()),
    }
}

fn not_a_conversation() -> WireError {
    WireError::unsupported(
        "model",
        "embeddings are not a conversation and cannot be translated; choose a model whose provider \
         speaks the API that you call",
    )
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, WireError> {
    serde_json::to_vec(value).map_err(|error| unwritable(&error))
}

fn write_event(
    out: &mut Vec<u8>,
    name: Option<&str>,
    data: &impl Serialize,
) -> Result<(), WireError> {
    let begun = out.len();
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    if let Err(error) = serde_json::to_writer(&mut *out, data) {
        // Half an event would spoil the next one.
        out.truncate(begun);
        return Err(unwritable(&error));
    }
    out.extend_from_slice(b"\n\n");
    Ok(())
}

/// The model has answered in a medium that the client's dialect has no place for. Left out, the
/// answer would be another one, so there is none.
fn no_place_for(medium: &str) -> WireError {
    let detail = format!(
        "the model answered with {medium}, for which the API that you call has no place; call the \
         model by chat completions or by `generateContent`"
    );
    WireError::unsupported("model", detail)
}

fn unwritable(error: &serde_json::Error) -> WireError {
    WireError::invalid(None, error.to_string())
}

fn nonsense(what: impl Into<String>) -> WireError {
    WireError::Nonsense(what.into())
}
