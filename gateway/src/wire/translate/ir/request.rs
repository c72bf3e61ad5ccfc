//! What is asked of the model, beside the conversation.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{CacheMark, LogProbabilities, Media, ServerTool, Turn};
use crate::wire::WireError;

/// One conversation to be continued.
#[derive(Debug)]
pub(in crate::wire::translate) struct Request {
    pub turns: Vec<Turn>,
    pub tools: Vec<Tool>,
    /// Those that the provider runs.
    pub server_tools: Vec<ServerTool>,
    pub tool_choice: Option<ToolChoice>,
    /// Whether one answer may hold several tool calls; `None` leaves it to the provider.
    pub parallel_tool_calls: Option<bool>,
    pub stop: Vec<String>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    /// The most tokens the answer may have.
    pub output_limit: Option<i64>,
    pub stream: bool,
    /// An opaque name of the person behind the call.
    pub user: Option<Asked<String>>,
    /// How long the answer is to be, in OpenAI's words.
    pub verbosity: Option<Asked<String>>,
    pub settings: Settings,
}

/// What not every dialect can be asked for.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Settings {
    pub answer_format: Option<Asked<AnswerFormat>>,
    pub effort: Option<Asked<Effort>>,
    pub thinking: Option<Asked<Thinking>>,
    pub top_k: Option<Asked<i64>>,
    pub seed: Option<Asked<i64>>,
    pub frequency_penalty: Option<Asked<f64>>,
    pub presence_penalty: Option<Asked<f64>>,
    /// How likely the tokens of the answer's text were is to be told.
    pub log_probabilities: Option<Asked<LogProbabilities>>,
    /// In which media the answer is, where it is not text alone.
    pub media: Option<Asked<Media>>,
    /// Whose voice a spoken answer has, by the name that its provider gave it.
    pub voice: Option<Asked<String>>,
    /// What only the client's own dialect knows, and what would change the answer.
    pub demands: Vec<Cow<'static, str>>,
    /// What only the client's own dialect knows, and what changes nothing but cost, speed or
    /// bookkeeping.
    pub hints: Vec<Cow<'static, str>>,
}

impl Settings {
    /// What the schema of the answer says of itself beside it.
    pub(in crate::wire::translate) fn schema_description(&self) -> Option<&Asked<String>> {
        match &self.answer_format.as_ref()?.value {
            AnswerFormat::Schema { description, .. } => description.as_ref(),
            AnswerFormat::JsonObject => None,
        }
    }
}

/// A value, and the name of the field in which the client wrote it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::wire::translate) struct Asked<T> {
    pub field: &'static str,
    pub value: T,
}

impl<T> Asked<T> {
    pub(in crate::wire::translate) fn new(field: &'static str, value: T) -> Self {
        Self { field, value }
    }
}

impl<T: Copy> Asked<T> {
    /// The value alone, where one is asked for.
    pub(in crate::wire::translate) fn value_of(asked: Option<&Self>) -> Option<T> {
        asked.map(|asked| asked.value)
    }
}

#[derive(Debug)]
pub(in crate::wire::translate) struct Tool {
    pub name: String,
    pub description: Option<String>,
    /// The JSON schema of the arguments; `None` where the tool takes none.
    pub schema: Option<Box<RawValue>>,
    pub strict: Option<bool>,
    /// The tools up to this one may be kept by the provider's prompt cache.
    pub cache_mark: Option<CacheMark>,
}

#[derive(Debug)]
pub(in crate::wire::translate) enum ToolChoice {
    Auto,
    None,
    /// Some tool, whichever.
    Any,
    Named(String),
}

/// In which form the answer's text has to be.
#[derive(Debug)]
pub(in crate::wire::translate) enum AnswerFormat {
    /// Some JSON object.
    JsonObject,
    Schema {
        name: Option<String>,
        /// What the answer is for.
        description: Option<Asked<String>>,
        schema: Box<RawValue>,
        strict: Option<bool>,
    },
}

/// How hard the model tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::translate) enum Effort {
    /// It does not think before it speaks.
    None,
    Minimal,
    Low,
    Medium,
    High,
    ExtraHigh,
    Maximal,
}

impl Effort {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Minimal,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::ExtraHigh,
        Self::Maximal,
    ];

    /// What the client wrote in `field`.
    ///
    /// # Errors
    ///
    /// `Invalid` where no API has the word.
    pub(in crate::wire::translate) fn asked(
        field: &'static str,
        name: &str,
    ) -> Result<Asked<Self>, WireError> {
        let known = Self::ALL.into_iter().find(|effort| effort.name() == name);
        known.map(|effort| Asked::new(field, effort)).ok_or_else(|| {
            WireError::invalid(
                field,
                format!("`{field}` must be none, minimal, low, medium, high, xhigh or max"),
            )
        })
    }

    /// The words of OpenAI and Anthropic, which agree where both have one.
    pub(in crate::wire::translate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::ExtraHigh => "xhigh",
            Self::Maximal => "max",
        }
    }
}

/// Whether the model thinks before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::translate) enum Thinking {
    /// The model decides.
    Adaptive,
    /// It does, in at most so many tokens.
    Budget(i64),
}
