//! The answer of OpenAI chat completions: read from a provider, written to a client.
//!
//! Servers that only resemble OpenAI leave fields out or write null, so little is required.
//! Thoughts are told in `reasoning_content`, which most of them have and OpenAI has not.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    TranslationContext,
    content::Content,
    ir::{AssistantPart, JsonObject, Likelihood, Response, Stop, Thought, ToolCall, Usage},
    json,
    likelihoods::{self, ReadLikelihood, WrittenLikelihood},
    nonsense,
    openai_annotations::{self, WrittenChatAnnotation},
    openai_pictures::{ReadPicture, ReadSpeech, WrittenPicture, WrittenSpeech},
    reasoning_details::{ReadDetail, WrittenDetail, thoughts_of},
    search_results::SearchResults,
};
use crate::wire::WireError;

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<UsageObject>,
    citations: Option<Box<RawValue>>,
    search_results: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    logprobs: Option<ReadLogprobs>,
    finish_reason: Option<String>,
}

/// How likely the tokens of a message were; those of a refusal are of no text.
#[derive(Deserialize)]
pub(super) struct ReadLogprobs {
    content: Option<Vec<ReadLikelihood>>,
}

impl ReadLogprobs {
    pub(super) fn likelihoods(told: Option<Self>) -> Vec<Likelihood> {
        likelihoods::read(told.and_then(|told| told.content))
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Content<Part>,
    refusal: Option<String>,
    reasoning_content: Option<String>,
    /// The same in other servers' words.
    reasoning: Option<String>,
    reasoning_details: Option<Vec<ReadDetail>>,
    images: Option<Vec<ReadPicture>>,
    audio: Option<ReadSpeech>,
    tool_calls: Option<Vec<CallOfTool>>,
    annotations: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Deserialize)]
struct CallOfTool {
    id: Option<String>,
    function: CalledFunction,
}

#[derive(Deserialize)]
struct CalledFunction {
    name: String,
    arguments: Option<String>,
}

/// A provider's usage object, as `CompletionUsage` of the SDK.
#[derive(Deserialize)]
pub(super) struct UsageObject {
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<i64>,
}

impl From<UsageObject> for Usage {
    fn from(usage: UsageObject) -> Self {
        let prompt = usage.prompt_tokens.unwrap_or(0).max(0);
        let output = usage.completion_tokens.unwrap_or(0).max(0);
        let details = usage.prompt_tokens_details;
        let (cached, written) = details
            .map_or((None, None), |details| (details.cached_tokens, details.cache_write_tokens));
        let cache_read = cached.unwrap_or(0).clamp(0, prompt);
        let cache_write = written.unwrap_or(0).clamp(0, prompt - cache_read);
        let reasoning = usage.completion_tokens_details.and_then(|it| it.reasoning_tokens);
        Self {
            input: prompt - cache_read - cache_write,
            cache_read,
            cache_write,
            output,
            reasoning: reasoning.unwrap_or(0).clamp(0, output),
        }
    }
}

/// # Errors
///
/// `Nonsense` where the body is not a chat completion, or a finished tool call has arguments that
/// are no JSON object.
pub(super) fn read(body: &[u8], context: &TranslationContext) -> Result<Response, WireError> {
    let body: Body = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is not a chat completion ({error})")))?;
    let mut found = SearchResults::default();
    found.find(body.citations.as_deref(), body.search_results.as_deref());
    let choice = body.choices.into_iter().next().ok_or_else(|| nonsense("it has no choices"))?;
    let likelihoods = ReadLogprobs::likelihoods(choice.logprobs);
    let message = choice.message;
    let was_refused = message.refusal.as_ref().is_some_and(|refusal| !refusal.is_empty());
    let is_cut = choice.finish_reason.as_deref() == Some("length");
    let unsigned = message.reasoning_content.or(message.reasoning);
    let thoughts = thoughts_of(message.reasoning_details.unwrap_or_default(), unsigned);
    let mut parts: Vec<_> = thoughts.into_iter().map(AssistantPart::Thought).collect();
    let said = texts(message.content).into_iter().chain(message.refusal);
    parts.extend(said.filter(|text| !text.is_empty()).map(AssistantPart::Text));
    let mut citations = openai_annotations::read_chat(message.annotations.as_deref());
    if citations.is_empty() {
        for part in &parts {
            if let AssistantPart::Text(text) = part {
                found.say(text);
            }
        }
        citations = found.citations();
    }
    parts.extend(citations.into_iter().map(AssistantPart::Citation));
    for picture in message.images.into_iter().flatten() {
        parts.push(AssistantPart::Image(picture.image()?));
    }
    parts.extend(message.audio.and_then(ReadSpeech::speech).map(AssistantPart::Speech));
    for (index, call) in message.tool_calls.into_iter().flatten().enumerate() {
        parts.extend(read_tool_call(call, index, is_cut, context)?.map(AssistantPart::ToolCall));
    }
    let has_calls = parts.iter().any(|part| matches!(part, AssistantPart::ToolCall(_)));
    Ok(Response {
        stop: read_stop(choice.finish_reason.as_deref(), has_calls, was_refused),
        likelihoods,
        stop_sequence: None,
        usage: body.usage.map(Usage::from).unwrap_or_default(),
        parts,
    })
}

fn texts(content: Content<Part>) -> Vec<String> {
    match content {
        Content::Text(text) => vec![text],
        Content::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
    }
}

/// A call that the output limit cut in the middle of its arguments is no call: none is told.
fn read_tool_call(
    call: CallOfTool,
    index: usize,
    is_cut: bool,
    context: &TranslationContext,
) -> Result<Option<ToolCall>, WireError> {
    let name = call.function.name;
    match JsonObject::read(call.function.arguments.as_deref().unwrap_or_default()) {
        Some(arguments) => {
            let id = context.tool_call_id(call.id.as_deref(), index);
            Ok(Some(ToolCall { id, name, arguments }))
        }
        None if is_cut => Ok(None),
        None => Err(nonsense(format!("the arguments of its call of `{name}` are no JSON object"))),
    }
}

/// A call forced by name ends with `stop` on the OpenAI API, though it asks for a result.
pub(super) fn read_stop(reason: Option<&str>, has_calls: bool, was_refused: bool) -> Stop {
    match reason {
        Some("length") => Stop::OutputLimit,
        Some("content_filter") => Stop::Refusal,
        _ if has_calls => Stop::ToolCalls,
        _ if was_refused => Stop::Refusal,
        _ => Stop::EndOfTurn,
    }
}

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [WrittenChoice<'a>; 1],
    usage: WrittenUsage,
}

#[derive(Serialize)]
struct WrittenChoice<'a> {
    index: u32,
    message: WrittenMessage<'a>,
    logprobs: Option<WrittenLogprobs>,
    finish_reason: &'static str,
}

/// How likely the tokens of a message were, as a client reads it.
#[derive(Serialize)]
pub(super) struct WrittenLogprobs {
    content: Vec<WrittenLikelihood>,
    refusal: Option<()>,
}

impl WrittenLogprobs {
    /// Nothing where nothing is told.
    pub(super) fn of(likelihoods: &[Likelihood]) -> Option<Self> {
        let content = likelihoods::write(likelihoods);
        (!content.is_empty()).then_some(Self { content, refusal: None })
    }
}

#[derive(Serialize)]
struct WrittenMessage<'a> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<()>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<WrittenChatAnnotation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasoning_details: Vec<WrittenDetail<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<WrittenPicture>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<WrittenSpeech<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WrittenCall<'a>>,
}

#[derive(Serialize)]
struct WrittenCall<'a> {
    id: &'a str,
    r#type: &'static str,
    function: WrittenFunction<'a>,
}

#[derive(Serialize)]
struct WrittenFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// The usage object that a client reads.
#[derive(Serialize)]
pub(super) struct WrittenUsage {
    prompt_tokens: i64,
    completion_tokens: i64,
    total_tokens: i64,
    prompt_tokens_details: WrittenPromptDetails,
    completion_tokens_details: WrittenCompletionDetails,
}

#[derive(Serialize)]
struct WrittenPromptDetails {
    cached_tokens: i64,
    cache_write_tokens: i64,
}

#[derive(Serialize)]
struct WrittenCompletionDetails {
    reasoning_tokens: i64,
}

impl From<Usage> for WrittenUsage {
    fn from(usage: Usage) -> Self {
        let prompt_tokens =
            usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write);
        Self {
            prompt_tokens,
            completion_tokens: usage.output,
            total_tokens: prompt_tokens.saturating_add(usage.output),
            prompt_tokens_details: WrittenPromptDetails {
                cached_tokens: usage.cache_read,
                cache_write_tokens: usage.cache_write,
            },
            completion_tokens_details: WrittenCompletionDetails {
                reasoning_tokens: usage.reasoning,
            },
        }
    }
}

pub(super) fn write(
    response: &Response,
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    let choice = WrittenChoice {
        index: 0,
        message: write_message(&response.parts, context),
        logprobs: WrittenLogprobs::of(&response.likelihoods),
        finish_reason: write_stop(response.stop),
    };
    json(&Completion {
        id: &context.id,
        object: "chat.completion",
        created: context.created_at_seconds,
        model: &context.model,
        choices: [choice],
        usage: response.usage.into(),
    })
}

fn write_message<'a>(
    parts: &'a [AssistantPart],
    context: &TranslationContext,
) -> WrittenMessage<'a> {
    let mut said = None;
    let mut reasoning_content = None;
    let mut reasoning_details = Vec::new();
    let mut images = Vec::new();
    let mut audio = None;
    let mut tool_calls = Vec::new();
    let mut annotations = Vec::new();
    for part in parts {
        match part {
            AssistantPart::Image(image) => images.push(WrittenPicture::of(image, images.len())),
            AssistantPart::Speech(speech) => audio = Some(WrittenSpeech::of(speech, context)),
            AssistantPart::Citation(citation) => {
                annotations.extend(WrittenChatAnnotation::of(citation));
            }
            AssistantPart::Text(text) => said.get_or_insert_with(String::new).push_str(text),
            AssistantPart::Thought(thought) => {
                let Thought { text, .. } = thought;
                if !text.is_empty() {
                    reasoning_content.get_or_insert_with(String::new).push_str(text);
                }
                reasoning_details.extend(WrittenDetail::of(thought, reasoning_details.len()));
            }
            AssistantPart::ToolCall(call) => tool_calls.push(WrittenCall {
                id: &call.id,
                r#type: "function",
                function: WrittenFunction { name: &call.name, arguments: call.arguments.text() },
            }),
            AssistantPart::ServerToolUse(_) | AssistantPart::CacheMark(_) => {}
        }
    }
    WrittenMessage {
        role: "assistant",
        content: said,
        refusal: None,
        annotations,
        reasoning_content,
        reasoning_details,
        images,
        audio,
        tool_calls,
    }
}

/// What a client of OpenAI's knows a failure by, in a stream as before one.
pub(super) fn error_type(kind: &str) -> &str {
    match kind {
        "overloaded_error" | "api_error" | "timeout_error" => "server_error",
        "rate_limit_exceeded" => "rate_limit_error",
        "billing_error" => "insufficient_quota",
        other => other,
    }
}

pub(super) fn write_stop(stop: Stop) -> &'static str {
    match stop {
        Stop::EndOfTurn | Stop::Sequence => "stop",
        Stop::OutputLimit => "length",
        Stop::ToolCalls => "tool_calls",
        Stop::Refusal => "content_filter",
    }
}
