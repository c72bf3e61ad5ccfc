//! The body of an answer, whole or an event of a stream: both have one form.
//!
//! Uses of tools that are told in parts of their own (`toolCall`) and ratings are left out: no client
//! of another dialect can ask for them.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        gemini::{
            code::{ReadCode, ReadOutcome},
            grounding::ReadGrounds,
            likelihoods::ReadLogprobs,
            samples::are_samples,
            standard_base64::standard_base64,
        },
        ir::{Image, ImageSource, JsonObject, Likelihood, Speech, Usage},
        nonsense,
    },
    usage::GeminiUsage,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Body {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<PromptFeedback>,
    usage_metadata: Option<Box<RawValue>>,
    /// In a stream, in place of what would have followed.
    pub(in super::super) error: Option<ErrorObject>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Candidate {
    index: Option<i64>,
    content: Option<Content>,
    pub(in super::super) finish_reason: Option<String>,
    logprobs_result: Option<ReadLogprobs>,
    grounding_metadata: Option<Box<RawValue>>,
    citation_metadata: Option<Box<RawValue>>,
    url_context_metadata: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Content {
    parts: Option<Vec<Part>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    thought: Option<bool>,
    thought_signature: Option<String>,
    function_call: Option<FunctionCall>,
    executable_code: Option<ReadCode>,
    code_execution_result: Option<ReadOutcome>,
    inline_data: Option<Blob>,
}

/// What the model has drawn or spoken.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    #[serde(default)]
    mime_type: String,
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCall {
    id: Option<String>,
    name: Option<String>,
    args: Option<Box<RawValue>>,
    partial_args: Option<IgnoredAny>,
    will_continue: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
pub(in super::super) struct ErrorObject {
    pub(in super::super) message: Option<String>,
    pub(in super::super) status: Option<String>,
}

/// What one part tells, in the order in which it is told: a signature stands before what it is on,
/// but behind the thought that it proves.
pub(in super::super) enum Piece {
    Thought(String),
    Signature(String),
    /// One that is empty has its signature for the text before.
    Text {
        text: String,
        signature: Option<String>,
    },
    Image(Image),
    Speech(Speech),
    Call {
        id: Option<String>,
        name: String,
        arguments: JsonObject,
    },
    Code(ReadCode),
    CodeOutcome(ReadOutcome),
    /// Another part begins.
    NextPart,
}

impl Body {
    /// Whether the prompt was refused, so that there is no answer.
    pub(in super::super) fn is_blocked(&self) -> bool {
        self.prompt_feedback.as_ref().is_some_and(|feedback| feedback.block_reason.is_some())
    }

    /// What is told of the counts, as it is written, if it tells of the prompt.
    pub(in super::super) fn take_usage(&mut self) -> Option<Box<RawValue>> {
        self.usage_metadata.take().filter(|usage| GeminiUsage::tells_of_prompt(usage.get()))
    }

    /// One answer is asked for, so there is no other.
    pub(in super::super) fn into_candidate(self) -> Option<Candidate> {
        let mut candidates = self.candidates.into_iter().flatten();
        candidates.find(|candidate| candidate.index.unwrap_or(0) == 0)
    }
}

/// The counts, if they are told.
pub(in super::super) fn counts_of(usage: &RawValue) -> Option<Usage> {
    let tokens = GeminiUsage::report(usage.get())?.tokens;
    Some(Usage {
        input: tokens.prompt() - tokens.cached_input,
        cache_read: tokens.cached_input,
        cache_write: 0,
        output: tokens.answer(),
        reasoning: tokens.reasoning,
    })
}

impl Candidate {
    /// How likely the tokens of its text were.
    pub(in super::super) fn likelihoods(&mut self) -> Vec<Likelihood> {
        self.logprobs_result.take().unwrap_or_default().into_likelihoods()
    }

    /// What the answer rests on, as far as it is told here.
    pub(in super::super) fn grounds(&mut self) -> ReadGrounds {
        ReadGrounds {
            grounding_metadata: self.grounding_metadata.take(),
            citation_metadata: self.citation_metadata.take(),
            url_context_metadata: self.url_context_metadata.take(),
        }
    }

    /// # Errors
    ///
    /// `Nonsense` where a call has no name, or arguments that are no object or not all of them.
    pub(in super::super) fn into_pieces(self) -> Result<Vec<Piece>, WireError> {
        let parts = self.content.and_then(|content| content.parts).unwrap_or_default();
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(Piece::NextPart);
            part.read_into(&mut pieces)?;
        }
        Ok(pieces)
    }
}

impl Part {
    /// A part of a kind that is left out takes its signature with it.
    fn read_into(self, pieces: &mut Vec<Piece>) -> Result<(), WireError> {
        let signature = self.thought_signature.filter(|signature| !signature.is_empty());
        if let Some(blob) = self.inline_data {
            // What is drawn on the way to the answer is a thought, which is told in words alone.
            if self.thought != Some(true) {
                pieces.extend(signature.map(Piece::Signature));
                pieces.push(blob.read()?);
            }
            return Ok(());
        }
        if let Some(code) = self.executable_code {
            pieces.extend(signature.map(Piece::Signature));
            pieces.push(Piece::Code(code));
            return Ok(());
        }
        if let Some(outcome) = self.code_execution_result {
            pieces.push(Piece::CodeOutcome(outcome));
            return Ok(());
        }
        match (self.function_call, self.text) {
            (Some(call), _) => {
                pieces.extend(signature.map(Piece::Signature));
                pieces.push(call.read()?);
            }
            (None, Some(text)) if self.thought == Some(true) => {
                pieces.extend((!text.is_empty()).then_some(Piece::Thought(text)));
                pieces.extend(signature.map(Piece::Signature));
            }
            (None, Some(text)) => pieces.push(Piece::Text { text, signature }),
            (None, None) => {}
        }
        Ok(())
    }
}

impl Blob {
    fn read(self) -> Result<Piece, WireError> {
        let Self { mime_type: media_type, data } = self;
        let data = standard_base64(&data).into_owned();
        if media_type.starts_with("image/") {
            let source = ImageSource::Base64 { media_type, data };
            return Ok(Piece::Image(Image { source, detail: None }));
        }
        if are_samples(&media_type) {
            return Ok(Piece::Speech(Speech { data, transcript: String::new() }));
        }
        Err(nonsense("it holds something that is neither a picture nor plain samples of sound"))
    }
}

impl FunctionCall {
    fn read(self) -> Result<Piece, WireError> {
        let name = self.name.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| nonsense("a function call has no name"))?;
        if self.partial_args.is_some() || self.will_continue == Some(true) {
            let what = format!("the arguments of its call of `{name}` come in pieces, unasked");
            return Err(nonsense(what));
        }
        let arguments = match self.args {
            Some(args) => JsonObject::from_json(args),
            None => JsonObject::read(""),
        };
        let arguments = arguments.ok_or_else(|| {
            nonsense(format!("the arguments of its call of `{name}` are no object"))
        })?;
        Ok(Piece::Call { id: self.id, name, arguments })
    }
}
