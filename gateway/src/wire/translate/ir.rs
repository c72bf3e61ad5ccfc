//! The one representation that every dialect is read into and written from.
//!
//! It holds what the chat dialects share, and nothing that only one of them can say. Each dialect
//! is translated to and from this, never to another dialect, so a new one costs two halves.

use serde_json::value::RawValue;

use crate::wire::WireError;

/// One conversation to be continued.
#[derive(Debug)]
pub(super) struct Request {
    pub turns: Vec<Turn>,
    pub tools: Vec<Tool>,
    pub tool_choice: Option<ToolChoice>,
    /// Whether one answer may hold several tool calls; `None` leaves it to the provider.
    pub parallel_tool_calls: Option<bool>,
    pub stop: Vec<String>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    /// The most tokens the answer may have.
    pub output_limit: Option<i64>,
    /// The JSON schema that the answer must match.
    pub answer_schema: Option<Box<RawValue>>,
    pub stream: bool,
    /// An opaque name of the person behind the call.
    pub user: Option<String>,
}

/// What one side says before the other side speaks.
#[derive(Debug)]
pub(super) enum Turn {
    System(String),
    User(Vec<UserPart>),
    Assistant(Vec<AssistantPart>),
}

#[derive(Debug)]
pub(super) enum UserPart {
    Text(String),
    Image(Image),
    ToolResult(ToolResult),
}

#[derive(Debug)]
pub(super) enum AssistantPart {
    Text(String),
    ToolCall(ToolCall),
}

#[derive(Debug)]
pub(super) enum Image {
    Url(String),
    Base64 { media_type: String, data: String },
}

#[derive(Debug)]
pub(super) struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Arguments,
}

#[derive(Debug)]
pub(super) struct ToolResult {
    pub call_id: String,
    pub texts: Vec<String>,
    pub images: Vec<Image>,
    pub is_error: bool,
}

#[derive(Debug)]
pub(super) struct Tool {
    pub name: String,
    pub description: Option<String>,
    /// The JSON schema of the arguments; `None` where the tool takes none.
    pub schema: Option<Box<RawValue>>,
    pub strict: Option<bool>,
}

#[derive(Debug)]
pub(super) enum ToolChoice {
    Auto,
    None,
    /// Some tool, whichever.
    Any,
    Named(String),
}

/// The arguments of a tool call: a JSON object, kept as it was written.
#[derive(Debug, Clone)]
pub(super) struct Arguments(Box<RawValue>);

impl Arguments {
    /// Reads the text of a JSON object; empty text is the empty object, as models write both.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = if text.is_empty() { "{}" } else { text };
        RawValue::from_string(text.to_owned()).ok().and_then(Self::from_json)
    }

    /// Takes a JSON value that was already read, if it is an object.
    pub(super) fn from_json(value: Box<RawValue>) -> Option<Self> {
        value.get().starts_with('{').then_some(Self(value))
    }

    pub(super) fn text(&self) -> &str {
        self.0.get()
    }

    pub(super) fn json(&self) -> &RawValue {
        &self.0
    }
}

/// A finished answer.
#[derive(Debug)]
pub(super) struct Response {
    pub parts: Vec<AssistantPart>,
    pub stop: Stop,
    /// Which stop sequence ended the answer, where the provider says so.
    pub stop_sequence: Option<String>,
    pub usage: Usage,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    EndOfTurn,
    OutputLimit,
    ToolCalls,
    /// A stop sequence of the client's.
    Sequence,
    Refusal,
}

/// Token counts; `input`, `cache_read` and `cache_write` are disjoint, `reasoning` is a part of
/// `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
}

/// One step of a streamed answer, in the order that a reader promises: `Begin` first and once,
/// then parts, `Finish`, and `End` last; or `Error` in place of all that would have followed.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// The answer begins; the usage is what the provider knows so far.
    Begin(Usage),
    Text(&'a str),
    /// A tool call begins; the arguments that follow are its own, until another part begins.
    ToolCall {
        id: &'a str,
        name: &'a str,
    },
    Arguments(&'a str),
    Finish {
        stop: Stop,
        stop_sequence: Option<&'a str>,
    },
    /// The stream is complete; the usage is final.
    End(Usage),
    /// The provider reports a failure inside the stream.
    Error(StreamError<'a>),
}

/// How far the reader of a stream has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Waiting,
    Telling,
    Over,
}

#[derive(Debug)]
pub(super) struct StreamError<'a> {
    pub kind: &'a str,
    pub message: &'a str,
}

/// Receives the steps of a stream as a reader finds them.
pub(super) type OnStep<'f> = dyn FnMut(Step<'_>) -> Result<(), WireError> + 'f;
