//! The items of an answer's `output`, and the answer around them.

use serde::Serialize;

use super::{
    Echo,
    encrypted_content::{self, Own},
    server_tools::WrittenUse,
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{Citation, Image, ImageSource, Signature, Stop, Thought, Usage},
        likelihoods::WrittenLikelihood,
        no_place_for,
        openai_annotations::WrittenAnnotation,
    },
};

/// Where an item or an answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
    Incomplete,
    Failed,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item {
    Message {
        id: String,
        status: Status,
        role: &'static str,
        content: Vec<OutputText>,
    },
    Reasoning {
        id: String,
        summary: Vec<Summary>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<String>,
    },
    ImageGenerationCall {
        id: String,
        status: Status,
        result: Option<String>,
    },
    FunctionCall {
        id: String,
        status: Status,
        call_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        name: String,
        arguments: String,
    },
    #[serde(untagged)]
    ServerTool(WrittenUse),
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct OutputText {
    r#type: &'static str,
    annotations: Vec<WrittenAnnotation>,
    pub(super) logprobs: Vec<WrittenLikelihood>,
    pub(super) text: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Summary {
    r#type: &'static str,
    pub(super) text: String,
}

impl OutputText {
    pub(super) fn new(text: String) -> Self {
        Self::likely(text, Vec::new())
    }

    /// With how likely its tokens were.
    pub(super) fn likely(text: String, logprobs: Vec<WrittenLikelihood>) -> Self {
        Self { r#type: "output_text", annotations: Vec::new(), logprobs, text }
    }

    /// The citation of a passage; the text begins at this place of all that is said. The place of
    /// the annotation, and itself.
    pub(super) fn annotate(
        &mut self,
        citation: &Citation,
        begins_at: usize,
    ) -> (usize, WrittenAnnotation) {
        let annotation = WrittenAnnotation::of(citation, begins_at);
        self.annotations.push(annotation.clone());
        (self.annotations.len() - 1, annotation)
    }
}

impl Summary {
    pub(super) fn new(text: String) -> Self {
        Self { r#type: "summary_text", text }
    }
}

impl Item {
    pub(super) fn message(id: String, status: Status, content: Vec<OutputText>) -> Self {
        Self::Message { id, status, role: "assistant", content }
    }

    /// A picture: drawn by the model itself, but told where clients of this API look for pictures.
    ///
    /// # Errors
    ///
    /// `Unsupported` for one by its address, which has no place here.
    pub(super) fn picture(id: String, image: &Image) -> Result<Self, WireError> {
        match &image.source {
            ImageSource::Base64 { data, .. } => {
                let (status, result) = (Status::Completed, Some(data.clone()));
                Ok(Self::ImageGenerationCall { id, status, result })
            }
            ImageSource::Url(_) => Err(no_place_for("a picture by its address")),
        }
    }

    /// A call by the names under which the client knows the tool.
    pub(super) fn call(
        id: String,
        status: Status,
        call_id: &str,
        called: &str,
        arguments: &str,
        context: &TranslationContext,
    ) -> Self {
        let named = context.echo.as_ref().and_then(|echo| echo.namespaced(called));
        Self::FunctionCall {
            id,
            status,
            call_id: call_id.to_owned(),
            namespace: named.map(|named| named.namespace.clone()),
            name: named.map_or(called, |named| &named.name).to_owned(),
            arguments: arguments.to_owned(),
        }
    }

    /// What OpenAI has encrypted stands as it came under the id that OpenAI gave it, and there
    /// alone.
    pub(super) fn thought(id: String, thought: &Thought) -> Self {
        let text = Some(thought.text.clone()).filter(|text| !text.is_empty());
        let signed = |signature: &Signature| match Own::of(signature) {
            Some(own) if own.id == Some(&*id) => own.content.to_owned(),
            _ => encrypted_content::write(signature.vendor, &signature.opaque, thought.is_redacted),
        };
        let encrypted_content = thought.signature.as_ref().map(signed);
        let summary = text.map(Summary::new).into_iter().collect();
        Self::Reasoning { id, summary, encrypted_content }
    }
}

/// The id of the item at a place in the output; `prefix` says of what kind it is.
pub(super) fn item_id(prefix: &str, context: &TranslationContext, index: usize) -> String {
    format!("{prefix}_{}_{index}", context.id)
}

/// The id of a thought of which nothing is told yet.
pub(super) fn thought_id(
    signature: Option<&Signature>,
    context: &TranslationContext,
    index: usize,
) -> String {
    let own = signature.and_then(Own::of).and_then(|own| own.id);
    own.map_or_else(|| item_id("rs", context, index), str::to_owned)
}

/// The answer object, in a stream and without.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    id: String,
    object: &'static str,
    created_at: i64,
    status: Status,
    background: bool,
    error: Option<Failure<'a>>,
    incomplete_details: Option<IncompleteDetails>,
    model: &'a str,
    output: &'a [Item],
    previous_response_id: Option<()>,
    store: bool,
    usage: Option<WrittenUsage>,
    #[serde(flatten)]
    echo: Option<&'a Echo>,
}

#[derive(Serialize)]
pub(super) struct Failure<'a> {
    pub(super) code: &'static str,
    pub(super) message: &'a str,
}

#[derive(Serialize)]
struct IncompleteDetails {
    reason: &'static str,
}

#[derive(Serialize)]
struct WrittenUsage {
    input_tokens: i64,
    input_tokens_details: InputDetails,
    output_tokens: i64,
    output_tokens_details: OutputDetails,
    total_tokens: i64,
}

#[derive(Serialize)]
struct InputDetails {
    cached_tokens: i64,
    cache_write_tokens: i64,
}

#[derive(Serialize)]
struct OutputDetails {
    reasoning_tokens: i64,
}

impl<'a> Answer<'a> {
    /// An answer that has begun.
    pub(super) fn begun(context: &'a TranslationContext) -> Self {
        Self {
            id: format!("resp_{}", context.id),
            object: "response",
            created_at: context.created_at_seconds,
            status: Status::InProgress,
            background: false,
            error: None,
            incomplete_details: None,
            model: &context.model,
            output: &[],
            previous_response_id: None,
            store: false,
            usage: None,
            echo: context.echo.as_ref(),
        }
    }

    /// An answer that the model has ended.
    pub(super) fn ended(
        context: &'a TranslationContext,
        output: &'a [Item],
        stop: Stop,
        usage: Usage,
    ) -> Self {
        let reason = incompleteness(stop);
        Self {
            status: status_of(stop),
            incomplete_details: reason.map(|reason| IncompleteDetails { reason }),
            output,
            usage: Some(usage.into()),
            ..Self::begun(context)
        }
    }

    /// An answer that a failure has ended.
    pub(super) fn failed(
        context: &'a TranslationContext,
        output: &'a [Item],
        error: Failure<'a>,
    ) -> Self {
        Self { status: Status::Failed, error: Some(error), output, ..Self::begun(context) }
    }
}

pub(super) fn status_of(stop: Stop) -> Status {
    if incompleteness(stop).is_some() { Status::Incomplete } else { Status::Completed }
}

fn incompleteness(stop: Stop) -> Option<&'static str> {
    match stop {
        Stop::OutputLimit => Some("max_output_tokens"),
        Stop::Refusal => Some("content_filter"),
        Stop::EndOfTurn | Stop::ToolCalls | Stop::Sequence => None,
    }
}

impl From<Usage> for WrittenUsage {
    fn from(usage: Usage) -> Self {
        let input_tokens =
            usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write);
        Self {
            input_tokens,
            input_tokens_details: InputDetails {
                cached_tokens: usage.cache_read,
                cache_write_tokens: usage.cache_write,
            },
            output_tokens: usage.output,
            output_tokens_details: OutputDetails { reasoning_tokens: usage.reasoning },
            total_tokens: input_tokens.saturating_add(usage.output),
        }
    }
}
