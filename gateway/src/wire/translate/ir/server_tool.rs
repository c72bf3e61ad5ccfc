//! Tools that the provider itself runs, and what they did in the middle of an answer.

use serde_json::value::RawValue;

use super::{CacheMark, JsonObject, Vendor};

/// A tool of the provider's that the model may use.
#[derive(Debug)]
pub(in crate::wire::translate) struct ServerTool {
    /// Where the client wrote it: `tools[1]`, `web_search_options`.
    pub place: String,
    pub wish: ServerToolWish,
    /// The tools up to this one may be kept by the provider's prompt cache.
    pub cache_mark: Option<CacheMark>,
}

#[derive(Debug)]
pub(in crate::wire::translate) enum ServerToolWish {
    WebSearch(WebSearch),
    WebFetch(Domains),
    CodeExecution,
    /// One that no other API has, in the client's word for it.
    Other(String),
}

/// Where the tool may look, and how often it is used at most.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Domains {
    pub max_uses: Option<i64>,
    pub allowed: Vec<String>,
    pub blocked: Vec<String>,
}

#[derive(Debug, Default)]
pub(in crate::wire::translate) struct WebSearch {
    pub domains: Domains,
    pub location: Option<Location>,
    /// How much of what is found the model reads: `low`, `medium`, `high`.
    pub context_size: Option<String>,
}

/// Where the person behind the call is, roughly.
#[derive(Debug, Clone, Default, serde::Deserialize, serde::Serialize)]
pub(in crate::wire::translate) struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// Which of the tools was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::translate) enum ServerToolKind {
    WebSearch,
    WebFetch,
    CodeExecution,
}

impl ServerToolKind {
    pub(in crate::wire::translate) const ALL: [Self; 3] =
        [Self::WebSearch, Self::WebFetch, Self::CodeExecution];

    /// The name that a choice of tools has for it: Anthropic's, which is fixed there.
    pub(in crate::wire::translate) const fn name(self) -> &'static str {
        match self {
            Self::WebSearch => "web_search",
            Self::WebFetch => "web_fetch",
            Self::CodeExecution => "code_execution",
        }
    }
}

impl ServerToolWish {
    pub(in crate::wire::translate) const fn kind(&self) -> Option<ServerToolKind> {
        match self {
            Self::WebSearch(_) => Some(ServerToolKind::WebSearch),
            Self::WebFetch(_) => Some(ServerToolKind::WebFetch),
            Self::CodeExecution => Some(ServerToolKind::CodeExecution),
            Self::Other(_) => None,
        }
    }
}

/// One use of a tool, in the middle of an answer.
///
/// The vendor's own words are kept beside what they mean: they go back to that vendor byte for
/// byte, and to no other.
#[derive(Debug, Clone)]
pub(in crate::wire::translate) struct ServerToolUse {
    pub id: String,
    pub done: ServerToolDeed,
    /// What its vendor wants back; nothing where it wants nothing.
    pub own: Option<OwnWords>,
}

/// What was done and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::translate) enum ServerToolDeed {
    Search { queries: Vec<String>, pages: Vec<WebPage>, failure: Option<String> },
    Fetch { url: String, failure: Option<String> },
    Code { code: String, outcome: Option<CodeOutcome> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::translate) struct WebPage {
    pub url: String,
    pub title: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::wire::translate) struct CodeOutcome {
    pub output: String,
    pub errors: String,
    pub has_failed: bool,
}

/// A use as its vendor wrote it.
#[derive(Debug, Clone)]
pub(in crate::wire::translate) struct OwnWords {
    pub vendor: Vendor,
    /// What the model asked for: Anthropic's `name`.
    pub name: String,
    /// Anthropic's `input`; OpenAI's `action`, or the container and its files.
    pub input: JsonObject,
    /// The type of Anthropic's block of the result, and its `content`.
    pub result: Option<(String, Box<RawValue>)>,
}

impl ServerToolUse {
    pub(in crate::wire::translate) const fn kind(&self) -> ServerToolKind {
        match self.done {
            ServerToolDeed::Search { .. } => ServerToolKind::WebSearch,
            ServerToolDeed::Fetch { .. } => ServerToolKind::WebFetch,
            ServerToolDeed::Code { .. } => ServerToolKind::CodeExecution,
        }
    }

    /// What this vendor wrote, if it was this one.
    pub(in crate::wire::translate) fn own_of(&self, vendor: Vendor) -> Option<&OwnWords> {
        self.own.as_ref().filter(|own| own.vendor == vendor)
    }
}
