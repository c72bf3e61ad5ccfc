//! The internal representation, into the answer that a client of `generateContent` reads.
//!
//! `promptTokenCount` includes cached tokens; thoughts are counted beside the candidates, not
//! within them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    code::{self, WrittenCode, WrittenOutcome},
    grounding::{Grounding, WrittenGrounds},
    likelihoods::{self, WrittenLogprobs},
    samples, thought_signature,
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{
            AssistantPart, Image, ImageSource, Likelihood, Response, ServerToolUse, Signature,
            Speech, Stop, Thought, Usage,
        },
        json,
    },
};

/// An answer, or a piece of one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    candidates: [Candidate<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_metadata: Option<UsageMetadata>,
    model_version: &'a str,
    response_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<&'static str>,
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    avg_logprobs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs_result: Option<WrittenLogprobs<'a>>,
    #[serde(flatten)]
    grounds: WrittenGrounds,
}

#[derive(Serialize)]
struct Content<'a> {
    parts: Vec<Part<'a>>,
    role: &'static str,
}

/// A part; what it does not have is left out.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<Blob<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<FileData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable_code: Option<WrittenCode<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_execution_result: Option<WrittenOutcome<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<Cow<'a, str>>,
}

/// What was drawn or spoken.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Blob<'a> {
    mime_type: &'a str,
    data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileData<'a> {
    file_uri: &'a str,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    id: &'a str,
    name: &'a str,
    args: &'a RawValue,
}

/// The usage object that a client reads.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of this API")]
struct UsageMetadata {
    prompt_token_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_content_token_count: Option<i64>,
    candidates_token_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    thoughts_token_count: Option<i64>,
    total_token_count: i64,
}

impl From<Usage> for UsageMetadata {
    fn from(usage: Usage) -> Self {
        let prompt = usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write);
        Self {
            prompt_token_count: prompt,
            cached_content_token_count: (usage.cache_read > 0).then_some(usage.cache_read),
            candidates_token_count: usage.output.saturating_sub(usage.reasoning),
            thoughts_token_count: (usage.reasoning > 0).then_some(usage.reasoning),
            total_token_count: prompt.saturating_add(usage.output),
        }
    }
}

impl<'a> Answer<'a> {
    /// A piece of an answer that goes on.
    pub(super) fn piece(part: Part<'a>, context: &'a TranslationContext) -> Self {
        Self::of(vec![part], None, None, WrittenGrounds::default(), context)
    }

    /// The end of an answer. Clients take a content without parts for no answer.
    pub(super) fn end(
        mut parts: Vec<Part<'a>>,
        stop: Stop,
        usage: Usage,
        grounds: WrittenGrounds,
        context: &'a TranslationContext,
    ) -> Self {
        if parts.is_empty() {
            parts.push(Part::text(""));
        }
        Self::of(parts, Some(finish_reason(stop)), Some(usage.into()), grounds, context)
    }

    /// The same, with how likely the tokens of its text were.
    pub(super) fn likely(mut self, likelihoods: &'a [Likelihood]) -> Self {
        self.candidates[0].logprobs_result = WrittenLogprobs::of(likelihoods);
        self
    }

    /// The same, with their mean.
    fn likely_in_the_mean(mut self, likelihoods: &[Likelihood]) -> Self {
        self.candidates[0].avg_logprobs = likelihoods::mean(likelihoods);
        self
    }

    fn of(
        parts: Vec<Part<'a>>,
        finish_reason: Option<&'static str>,
        usage_metadata: Option<UsageMetadata>,
        grounds: WrittenGrounds,
        context: &'a TranslationContext,
    ) -> Self {
        let said = Content { parts, role: "model" };
        Self {
            candidates: [Candidate {
                content: said,
                finish_reason,
                index: 0,
                avg_logprobs: None,
                logprobs_result: None,
                grounds,
            }],
            usage_metadata,
            model_version: &context.model,
            response_id: &context.id,
        }
    }
}

impl<'a> Part<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self { text: Some(text), ..Self::default() }
    }

    pub(super) fn thought(text: &'a str) -> Self {
        Self { thought: true, ..Self::text(text) }
    }

    /// A signature that is on no other part.
    pub(super) fn proof(signature: Option<impl Into<Cow<'a, str>>>) -> Self {
        Self::thought("").signed(signature)
    }

    pub(super) fn signed(self, signature: Option<impl Into<Cow<'a, str>>>) -> Self {
        Self { thought_signature: signature.map(Into::into), ..self }
    }

    pub(super) fn image(image: &'a Image) -> Self {
        match &image.source {
            ImageSource::Base64 { media_type, data } => Self::inline(media_type, data),
            ImageSource::Url(file_uri) => {
                Self { file_data: Some(FileData { file_uri }), ..Self::default() }
            }
        }
    }

    /// The sound, and the words beside it; either may be missing.
    pub(super) fn speech(speech: &'a Speech) -> impl Iterator<Item = Self> {
        let Speech { data, transcript } = speech;
        let sound = (!data.is_empty()).then(|| Self::inline(samples::MIME_TYPE, data));
        sound.into_iter().chain((!transcript.is_empty()).then(|| Self::text(transcript)))
    }

    fn inline(mime_type: &'a str, data: &'a str) -> Self {
        Self { inline_data: Some(Blob { mime_type, data }), ..Self::default() }
    }

    pub(super) fn call(id: &'a str, name: &'a str, args: &'a RawValue) -> Self {
        Self { function_call: Some(FunctionCall { id, name, args }), ..Self::default() }
    }

    /// Both parts of a run of code; none for the use of another tool.
    pub(super) fn of_code(used: &'a ServerToolUse) -> Vec<Self> {
        let Some((code, outcome)) = code::written(used) else { return Vec::new() };
        let code = Self { executable_code: Some(code), ..Self::default() };
        let outcome =
            outcome.map(|outcome| Self { code_execution_result: Some(outcome), ..Self::default() });
        [code].into_iter().chain(outcome).collect()
    }
}

/// The body of an answer.
///
/// # Errors
///
/// `Invalid` where it cannot be told.
pub(in crate::wire::translate) fn write_response(
    response: &Response,
    context: &TranslationContext,
) -> Result<Vec<u8>, WireError> {
    let mut parts = Vec::with_capacity(response.parts.len());
    let (mut grounding, mut texts) = (Grounding::default(), Vec::new());
    // That of a thought without text is on the part that follows, as Google's own.
    let mut signature = None;
    for part in &response.parts {
        if let AssistantPart::Thought(_) = part {
            parts.extend(signature.take().map(|signature| Part::proof(Some(signature))));
        }
        let begin = parts.len();
        match part {
            AssistantPart::Text(text) => {
                texts.push((parts.len(), text.as_str()));
                parts.push(Part::text(text));
            }
            AssistantPart::Thought(thought) => {
                signature = write_signature(thought);
                if !thought.text.is_empty() {
                    parts.push(Part::thought(&thought.text));
                }
            }
            AssistantPart::Image(image) => parts.push(Part::image(image)),
            AssistantPart::Speech(speech) => parts.extend(Part::speech(speech)),
            AssistantPart::ToolCall(call) => {
                parts.push(Part::call(&call.id, &call.name, call.arguments.json()));
            }
            AssistantPart::ServerToolUse(used) => {
                grounding.add_use(used);
                parts.extend(Part::of_code(used));
            }
            AssistantPart::Citation(citation) => grounding.add_citation(citation),
            AssistantPart::CacheMark(_) => {}
        }
        if let Some(part) = parts.get_mut(begin) {
            part.thought_signature = signature.take();
        }
    }
    parts.extend(signature.map(|signature| Part::proof(Some(signature))));
    let grounds = grounding.written(&texts);
    let answer = Answer::end(parts, response.stop, response.usage, grounds, context);
    let likelihoods = &response.likelihoods;
    json(&answer.likely(likelihoods).likely_in_the_mean(likelihoods))
}

fn write_signature(thought: &Thought) -> Option<Cow<'_, str>> {
    let Signature { vendor, opaque } = thought.signature.as_ref()?;
    Some(thought_signature::written(*vendor, opaque, thought.is_redacted))
}

/// That a model called functions is no reason of its own here.
fn finish_reason(stop: Stop) -> &'static str {
    match stop {
        Stop::EndOfTurn | Stop::Sequence | Stop::ToolCalls => "STOP",
        Stop::OutputLimit => "MAX_TOKENS",
        Stop::Refusal => "SAFETY",
    }
}
