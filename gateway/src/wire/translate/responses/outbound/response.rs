//! A finished answer of a provider.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{
    encrypted_content,
    server_tools::{ReadUse, is_use},
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{
            AssistantPart, Citation, JsonObject, Likelihood, Response, ServerToolUse, Stop,
            Thought, ToolCall, Usage,
        },
        likelihoods::{self, ReadLikelihood},
        nonsense, openai_annotations,
    },
};

/// The answer object, whole and in the last event of a stream.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) status: Option<String>,
    pub(super) error: Option<ErrorObject>,
    incomplete_details: Option<IncompleteDetails>,
    output: Option<Vec<Item>>,
    pub(super) usage: Option<UsageObject>,
}

#[derive(Deserialize)]
struct IncompleteDetails {
    reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ErrorObject {
    pub(super) code: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) message: Option<String>,
}

/// An item of any kind; what a kind does not have is absent.
#[derive(Deserialize)]
pub(super) struct Item {
    #[serde(rename = "type")]
    pub(super) kind: String,
    id: Option<String>,
    content: Option<Vec<Part>>,
    summary: Option<Vec<Part>>,
    encrypted_content: Option<String>,
    pub(super) call_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) arguments: Option<String>,
    status: Option<String>,
    action: Option<Box<RawValue>>,
    code: Option<String>,
    container_id: Option<String>,
    outputs: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    refusal: Option<String>,
    logprobs: Option<Vec<ReadLikelihood>>,
    annotations: Option<Box<RawValue>>,
}

/// A text of a message, and what it rests on, counted from its own beginning.
pub(super) struct SaidText {
    pub(super) text: String,
    pub(super) citations: Vec<Citation>,
}

#[derive(Deserialize)]
pub(super) struct UsageObject {
    input_tokens: Option<i64>,
    output_tokens: Option<i64>,
    input_tokens_details: Option<InputDetails>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct InputDetails {
    cached_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
}

#[derive(Deserialize)]
struct OutputDetails {
    reasoning_tokens: Option<i64>,
}

impl From<UsageObject> for Usage {
    fn from(usage: UsageObject) -> Self {
        let input = usage.input_tokens.unwrap_or(0).max(0);
        let output = usage.output_tokens.unwrap_or(0).max(0);
        let details = usage.input_tokens_details;
        let (cached, written) = details
            .map_or((None, None), |details| (details.cached_tokens, details.cache_write_tokens));
        let cache_read = cached.unwrap_or(0).clamp(0, input);
        let cache_write = written.unwrap_or(0).clamp(0, input - cache_read);
        let reasoning = usage.output_tokens_details.and_then(|it| it.reasoning_tokens);
        Self {
            input: input - cache_read - cache_write,
            cache_read,
            cache_write,
            output,
            reasoning: reasoning.unwrap_or(0).clamp(0, output),
        }
    }
}

impl Answer {
    /// Why the model stopped.
    pub(super) fn stop(&self, has_calls: bool, was_refused: bool) -> Stop {
        let reason = self.incomplete_details.as_ref().and_then(|it| it.reason.as_deref());
        match reason {
            Some("max_output_tokens") => Stop::OutputLimit,
            Some("content_filter") => Stop::Refusal,
            _ if has_calls => Stop::ToolCalls,
            _ if was_refused => Stop::Refusal,
            _ => Stop::EndOfTurn,
        }
    }
}

impl ErrorObject {
    /// What went wrong, by the code that clients know.
    pub(super) fn kind(&self) -> &str {
        self.code.as_deref().or(self.kind.as_deref()).unwrap_or("server_error")
    }

    pub(super) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or("the provider gave no reason")
    }
}

impl Item {
    /// How likely the tokens of a message's texts were.
    pub(super) fn likelihoods(&mut self) -> Vec<Likelihood> {
        let parts = self.content.iter_mut().flatten();
        parts.flat_map(|part| likelihoods::read(part.logprobs.take())).collect()
    }

    /// The texts of a message, and whether one of them refuses.
    pub(super) fn said(&mut self) -> (Vec<SaidText>, bool) {
        let parts = self.content.take().unwrap_or_default();
        let was_refused = parts.iter().any(|part| part.refusal.is_some());
        let texts = parts.into_iter().filter_map(|part| {
            let citations = openai_annotations::read(part.annotations.as_deref());
            Some(SaidText { text: part.text.or(part.refusal)?, citations })
        });
        (texts.filter(|said| !said.text.is_empty()).collect(), was_refused)
    }

    /// The use of a tool that only the provider has; nothing where no other API has its like.
    pub(super) fn used(self) -> Option<ServerToolUse> {
        if !is_use(&self.kind) {
            return None;
        }
        let Self { kind, id, status, action, code, container_id, outputs, .. } = self;
        let encrypted_content = None;
        ReadUse { kind, id, status, action, code, container_id, outputs, encrypted_content }.used()
    }

    /// What was thought: a summary, or from servers with open models the thought itself.
    pub(super) fn thought(&mut self) -> Thought {
        let texts = |parts: Option<Vec<Part>>| {
            let texts = parts.into_iter().flatten().filter_map(|part| part.text);
            texts.collect::<Vec<_>>().join("\n\n")
        };
        let summary = texts(self.summary.take());
        let text = if summary.is_empty() { texts(self.content.take()) } else { summary };
        let encrypted = self.encrypted_content.take().filter(|content| !content.is_empty());
        let signature =
            encrypted.map(|content| encrypted_content::own(self.id.as_deref(), &content));
        Thought { is_redacted: text.is_empty() && signature.is_some(), text, signature }
    }
}

/// Items of tools that no other API has are left out: none was asked for.
///
/// # Errors
///
/// `Nonsense` where the body is no answer, or not a finished one, or a finished call has arguments
/// that are no JSON object.
pub(in crate::wire::translate) fn read_response(
    body: &[u8],
    context: &TranslationContext,
) -> Result<Response, WireError> {
    let mut answer: Answer = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is not a response ({error})")))?;
    if let Some(error) = &answer.error {
        return Err(nonsense(format!("it failed: {}: {}", error.kind(), error.message())));
    }
    let is_cut = match answer.status.as_deref() {
        Some("incomplete") => true,
        Some("completed") | None => false,
        Some(_) => return Err(nonsense("it is not a finished response")),
    };
    let output = answer.output.take().ok_or_else(|| nonsense("it has no output"))?;
    let mut parts = Vec::with_capacity(output.len());
    let mut likelihoods = Vec::new();
    let mut was_refused = false;
    let mut calls = 0;
    let mut said = 0;
    for mut item in output {
        match item.kind.as_str() {
            "message" => {
                likelihoods.extend(item.likelihoods());
                let (texts, refuses) = item.said();
                was_refused |= refuses;
                for SaidText { text, citations } in texts {
                    let begins_at = said;
                    said += text.chars().count();
                    parts.push(AssistantPart::Text(text));
                    let citations = citations.into_iter().map(|it| it.moved_by(begins_at));
                    parts.extend(citations.map(AssistantPart::Citation));
                }
            }
            "reasoning" => {
                let thought = item.thought();
                if !thought.text.is_empty() || thought.signature.is_some() {
                    parts.push(AssistantPart::Thought(thought));
                }
            }
            "function_call" => {
                let call = read_call(item, calls, is_cut, context)?;
                calls += 1;
                parts.extend(call.map(AssistantPart::ToolCall));
            }
            _ => parts.extend(item.used().map(AssistantPart::ServerToolUse)),
        }
    }
    let has_calls = parts.iter().any(|part| matches!(part, AssistantPart::ToolCall(_)));
    Ok(Response {
        stop: answer.stop(has_calls, was_refused),
        likelihoods,
        stop_sequence: None,
        usage: answer.usage.map(Usage::from).unwrap_or_default(),
        parts,
    })
}

/// A call that the output limit cut in the middle of its arguments is no call: none is told.
fn read_call(
    item: Item,
    ordinal: usize,
    is_cut: bool,
    context: &TranslationContext,
) -> Result<Option<ToolCall>, WireError> {
    let name = item.name.ok_or_else(|| nonsense("a function call has no name"))?;
    match JsonObject::read(item.arguments.as_deref().unwrap_or_default()) {
        Some(arguments) => {
            let id = context.tool_call_id(item.call_id.as_deref(), ordinal);
            Ok(Some(ToolCall { id, name, arguments }))
        }
        None if is_cut => Ok(None),
        None => Err(nonsense(format!("the arguments of its call of `{name}` are no JSON object"))),
    }
}
