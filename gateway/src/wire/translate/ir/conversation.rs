//! What was said so far, by whom, in which order.

use super::{Citation, JsonObject, ServerToolUse};

/// What one side says before the other side speaks.
#[derive(Debug)]
pub(in crate::wire::translate) enum Turn {
    System(Vec<SystemPart>),
    User(Vec<UserPart>),
    Assistant(Vec<AssistantPart>),
}

#[derive(Debug)]
pub(in crate::wire::translate) enum SystemPart {
    Text(String),
    CacheMark(CacheMark),
}

#[derive(Debug)]
pub(in crate::wire::translate) enum UserPart {
    Text(String),
    Image(Image),
    Document(Document),
    Audio(Audio),
    ToolResult(ToolResult),
    CacheMark(CacheMark),
}

#[derive(Debug)]
pub(in crate::wire::translate) enum AssistantPart {
    Text(String),
    Thought(Thought),
    ToolCall(ToolCall),
    /// What the model has drawn.
    Image(Image),
    Speech(Speech),
    ServerToolUse(ServerToolUse),
    /// A passage of what was said before this place.
    Citation(Citation),
    CacheMark(CacheMark),
}

/// Everything before this place may be kept by the provider's prompt cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::translate) enum CacheMark {
    FiveMinutes,
    OneHour,
}

#[derive(Debug, Clone)]
pub(in crate::wire::translate) struct Image {
    pub source: ImageSource,
    /// How closely it is looked at, in OpenAI's words.
    pub detail: Option<String>,
}

#[derive(Debug, Clone)]
pub(in crate::wire::translate) enum ImageSource {
    Url(String),
    Base64 { media_type: String, data: String },
}

/// A file with text or pages.
#[derive(Debug)]
pub(in crate::wire::translate) struct Document {
    pub source: DocumentSource,
    /// Its file name or title.
    pub title: Option<String>,
    /// What the model is told about it beside its content.
    pub context: Option<String>,
    /// The answer is to say which passage of it rests on this document.
    pub is_cited: bool,
}

#[derive(Debug)]
pub(in crate::wire::translate) enum DocumentSource {
    Url(String),
    Base64 { media_type: String, data: String },
    Text(String),
}

/// What the model has spoken.
#[derive(Debug, Clone, Default)]
pub(in crate::wire::translate) struct Speech {
    /// The sound in base64: 16 bits a sample, 24,000 samples a second, one channel. In a stream,
    /// the next piece of it.
    pub data: String,
    /// The words; in a stream, the next of them.
    pub transcript: String,
}

#[derive(Debug)]
pub(in crate::wire::translate) struct Audio {
    /// A file format in OpenAI's words: `wav`, `mp3`.
    pub format: String,
    pub data: String,
}

/// What the model thought before it spoke.
///
/// A thought without text carries a signature alone: a provider that hides its thoughts still
/// wants it back, at this place.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::wire::translate) struct Thought {
    pub text: String,
    pub signature: Option<Signature>,
    /// The signature is the thought itself, encrypted; there is no text.
    pub is_redacted: bool,
}

/// Proves to its own vendor that a thought is the model's; byte for byte as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::translate) struct Signature {
    pub vendor: Vendor,
    pub opaque: String,
}

/// Whose models sign their thoughts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::translate) enum Vendor {
    Anthropic,
    Google,
    OpenAi,
}

impl Vendor {
    const ALL: [Self; 3] = [Self::Anthropic, Self::Google, Self::OpenAi];

    /// The name of the format among clients of chat completions.
    /// <https://openrouter.ai/docs/guides/best-practices/reasoning-tokens>
    pub(in crate::wire::translate) const fn format(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic-claude-v1",
            Self::Google => "google-gemini-v1",
            Self::OpenAi => "openai-responses-v1",
        }
    }

    pub(in crate::wire::translate) fn of_format(format: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.format() == format)
    }
}

#[derive(Debug)]
pub(in crate::wire::translate) struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: JsonObject,
}

#[derive(Debug)]
pub(in crate::wire::translate) struct ToolResult {
    pub call_id: String,
    pub parts: Vec<ResultPart>,
    pub is_error: bool,
}

#[derive(Debug)]
pub(in crate::wire::translate) enum ResultPart {
    Text(String),
    Image(Image),
    Document(Document),
}
