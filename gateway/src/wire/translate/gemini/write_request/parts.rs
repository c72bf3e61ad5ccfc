//! The parts that a content is made of.

use std::borrow::Cow;

use serde::Serialize;

use crate::wire::translate::{
    gemini::code::{WrittenCode, WrittenOutcome},
    ir::{JsonObject, ToolCall},
};

/// Stands for a signature where the model did not make the call: another one did, or the client.
/// Of the two that Google documents for this, Vertex AI takes this one alone.
/// <https://ai.google.dev/gemini-api/docs/thought-signatures#faqs>
/// <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures>
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(flatten)]
    content: PartContent<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum PartContent<'a> {
    Text(Cow<'a, str>),
    InlineData(Blob<'a>),
    FileData(FileData<'a>),
    FunctionCall(FunctionCall<'a>),
    FunctionResponse(FunctionResponse<'a>),
    ExecutableCode(WrittenCode<'a>),
    CodeExecutionResult(WrittenOutcome<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob<'a> {
    pub(super) mime_type: Cow<'a, str>,
    pub(super) data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileData<'a> {
    pub(super) mime_type: &'static str,
    pub(super) file_uri: &'a str,
}

#[derive(Serialize)]
pub(super) struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    args: &'a JsonObject,
}

#[derive(Serialize)]
pub(super) struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) response: Payload,
}

/// What a tool gave back: an object as it is, else its text under the name that this API has for
/// it (`FunctionResponse.response` of google-genai).
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Payload {
    Object(JsonObject),
    Output { output: String },
    Error { error: String },
}

impl Payload {
    pub(super) fn new(text: String, is_error: bool) -> Self {
        if is_error {
            return Self::Error { error: text };
        }
        let object = text.trim_start().starts_with('{').then(|| JsonObject::read(&text)).flatten();
        object.map_or(Self::Output { output: text }, Self::Object)
    }
}

impl<'a> Part<'a> {
    /// An empty text is refused by the provider, and says nothing.
    pub(super) fn text(text: &'a str) -> Option<Self> {
        (!text.is_empty()).then(|| PartContent::Text(text.into()).into())
    }

    pub(super) fn signed(content: PartContent<'a>, signature: Option<&'a str>) -> Self {
        Self { content, thought_signature: signature }
    }

    pub(super) fn signed_by(self, signature: Option<&'a str>) -> Self {
        Self { thought_signature: signature, ..self }
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self.content, PartContent::FunctionCall(_))
    }

    /// Says that nobody signed it, where nobody did.
    pub(super) fn excuse(&mut self) {
        self.thought_signature.get_or_insert(NO_SIGNATURE);
    }
}

impl<'a> From<PartContent<'a>> for Part<'a> {
    fn from(content: PartContent<'a>) -> Self {
        Self::signed(content, None)
    }
}

impl<'a> FunctionCall<'a> {
    pub(super) fn new(call: &'a ToolCall, has_id: bool) -> Self {
        let ToolCall { id, name, arguments } = call;
        Self { id: has_id.then_some(id), name, args: arguments }
    }
}
