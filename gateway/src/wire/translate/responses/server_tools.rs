//! What OpenAI's own tools did: an item of each use, read from a provider and from a client's
//! history, written to both.
//!
//! Source: `ResponseFunctionWebSearch`, `ResponseCodeInterpreterToolCall` (openai). What another
//! vendor wants back is in `encrypted_content`, which these items do not have at OpenAI, with its
//! format before it.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::output::Status;
use crate::wire::translate::{
    anthropic_server_tools,
    ir::{CodeOutcome, JsonObject, OwnWords, ServerToolDeed, ServerToolUse, Vendor, WebPage},
};

/// What a search that could not be done is told as elsewhere.
const FAILURE: &str = "unavailable";

/// The members of an item of either kind.
pub(super) struct ReadUse {
    pub(super) kind: String,
    pub(super) id: Option<String>,
    pub(super) status: Option<String>,
    pub(super) action: Option<Box<RawValue>>,
    pub(super) code: Option<String>,
    pub(super) container_id: Option<String>,
    pub(super) outputs: Option<Box<RawValue>>,
    pub(super) encrypted_content: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
struct Action {
    r#type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queries: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing)]
    sources: Option<Vec<Found>>,
}

#[derive(Debug, Deserialize)]
struct Found {
    url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Output {
    logs: Option<String>,
}

/// What of a run of code its vendor wants back.
#[derive(Deserialize, Serialize)]
struct Run {
    code: Option<String>,
    container_id: Option<String>,
}

/// Whether an item of this kind is a use of a tool that others have too.
pub(super) fn is_use(kind: &str) -> bool {
    matches!(kind, "web_search_call" | "code_interpreter_call")
}

impl ReadUse {
    /// Nothing where it is of a tool that no other API has.
    pub(super) fn used(self) -> Option<ServerToolUse> {
        if let Some((vendor, written)) = self.encrypted_content.as_deref().and_then(sealed_by) {
            return unsealed(vendor, written);
        }
        let has_failed = self.status.as_deref() == Some("failed");
        let (done, input) = if self.kind == "web_search_call" {
            searched(parse(self.action.as_deref()).unwrap_or_default(), has_failed)?
        } else {
            let outputs = parse(self.outputs.as_deref());
            let outcome = outputs.map(|outputs| ran(outputs, has_failed));
            let code = self.code.clone().unwrap_or_default();
            let run = Run { code: self.code, container_id: self.container_id };
            (ServerToolDeed::Code { code, outcome }, to_raw_value(&run).ok()?)
        };
        let input = JsonObject::from_json(input)?;
        let own = OwnWords { vendor: Vendor::OpenAi, name: self.kind, input, result: None };
        Some(ServerToolUse { id: self.id.unwrap_or_default(), done, own: Some(own) })
    }
}

fn parse<T: for<'de> Deserialize<'de>>(raw: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// A page that is opened, or looked through, is fetched.
fn searched(mut action: Action, has_failed: bool) -> Option<(ServerToolDeed, Box<RawValue>)> {
    let kind = action.r#type.get_or_insert_with(|| "search".to_owned());
    let failure = has_failed.then(|| FAILURE.to_owned());
    let done = if kind == "search" {
        let query = action.query.clone().into_iter();
        let queries = action.queries.clone().unwrap_or_else(|| query.collect());
        let sources = action.sources.take().into_iter().flatten();
        let pages = sources.filter_map(|found| Some(WebPage { url: found.url?, title: None }));
        ServerToolDeed::Search { queries, pages: pages.collect(), failure }
    } else {
        ServerToolDeed::Fetch { url: action.url.clone().unwrap_or_default(), failure }
    };
    Some((done, to_raw_value(&action).ok()?))
}

fn ran(outputs: Vec<Output>, has_failed: bool) -> CodeOutcome {
    let logs: Vec<_> = outputs.into_iter().filter_map(|output| output.logs).collect();
    CodeOutcome { output: logs.join("\n"), errors: String::new(), has_failed }
}

/// What another vendor wants back.
#[derive(Deserialize, Serialize)]
struct Sealed {
    id: String,
    name: String,
    input: Box<RawValue>,
    result: Option<(String, Box<RawValue>)>,
}

fn sealed(used: &ServerToolUse) -> Option<String> {
    let own = used.own.as_ref().filter(|own| own.vendor == Vendor::Anthropic)?;
    let sealed = Sealed {
        id: used.id.clone(),
        name: own.name.clone(),
        input: own.input.json().to_owned(),
        result: own.result.clone(),
    };
    let written = serde_json::to_string(&sealed).ok()?;
    Some(format!("{}:{written}", own.vendor.format()))
}

/// Which vendor wants it back, and what; nothing where no vendor is named.
fn sealed_by(text: &str) -> Option<(Vendor, &str)> {
    let (format, written) = text.split_once(':')?;
    Some((Vendor::of_format(format)?, written))
}

/// The use; nothing where it is broken, or of a vendor whose words are not understood here.
fn unsealed(vendor: Vendor, written: &str) -> Option<ServerToolUse> {
    if vendor != Vendor::Anthropic {
        return None;
    }
    let Sealed { id, name, input, result } = serde_json::from_str(written).ok()?;
    let input = JsonObject::from_json(input)?;
    anthropic_server_tools::done(id, name, input, result)
}

/// An item as it is written.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum WrittenUse {
    WebSearchCall {
        id: String,
        status: Status,
        action: WrittenAction,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<String>,
    },
    CodeInterpreterCall {
        id: String,
        status: Status,
        code: String,
        container_id: String,
        outputs: Option<Vec<WrittenOutput>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<String>,
    },
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum WrittenAction {
    Search {
        r#type: &'static str,
        query: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        queries: Vec<String>,
        sources: Vec<WrittenSource>,
    },
    OpenPage {
        r#type: &'static str,
        url: String,
    },
    /// As OpenAI wrote it.
    Own(Box<RawValue>),
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "url")]
pub(super) struct WrittenSource {
    url: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "logs")]
pub(super) struct WrittenOutput {
    logs: String,
}

impl WrittenUse {
    /// As a client reads it.
    pub(super) fn of(used: &ServerToolUse, id: String) -> Self {
        let encrypted_content = sealed(used);
        match &used.done {
            ServerToolDeed::Search { queries, pages, failure } => Self::WebSearchCall {
                id,
                status: ended(failure.is_some()),
                action: WrittenAction::Search {
                    r#type: "search",
                    query: queries.first().cloned().unwrap_or_default(),
                    queries: queries.clone(),
                    sources: pages
                        .iter()
                        .map(|page| WrittenSource { url: page.url.clone() })
                        .collect(),
                },
                encrypted_content,
            },
            ServerToolDeed::Fetch { url, failure } => Self::WebSearchCall {
                id,
                status: ended(failure.is_some()),
                action: WrittenAction::OpenPage { r#type: "open_page", url: url.clone() },
                encrypted_content,
            },
            ServerToolDeed::Code { code, outcome } => Self::CodeInterpreterCall {
                id,
                status: ended(outcome.as_ref().is_some_and(|outcome| outcome.has_failed)),
                code: code.clone(),
                container_id: String::new(),
                outputs: outcome.as_ref().map(logs),
                encrypted_content,
            },
        }
    }

    /// As its own vendor reads it again; nothing where another one did it.
    pub(super) fn of_own(used: &ServerToolUse) -> Option<Self> {
        let own = used.own_of(Vendor::OpenAi)?;
        let (id, status, encrypted_content) = (used.id.clone(), Status::Completed, None);
        let ServerToolDeed::Code { outcome, .. } = &used.done else {
            let action = WrittenAction::Own(own.input.json().to_owned());
            return Some(Self::WebSearchCall { id, status, action, encrypted_content });
        };
        let Run { code, container_id } = serde_json::from_str(own.input.text()).ok()?;
        Some(Self::CodeInterpreterCall {
            id,
            status,
            code: code.unwrap_or_default(),
            container_id: container_id?,
            outputs: outcome.as_ref().map(logs),
            encrypted_content,
        })
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::WebSearchCall { id, .. } | Self::CodeInterpreterCall { id, .. } => id,
        }
    }

    /// The same before its result has come.
    pub(super) fn begun(&self) -> Self {
        let mut begun = self.clone();
        match &mut begun {
            Self::WebSearchCall { status, encrypted_content, .. } => {
                (*status, *encrypted_content) = (Status::InProgress, None);
            }
            Self::CodeInterpreterCall { status, encrypted_content, outputs, code, .. } => {
                (*status, *encrypted_content, *outputs) = (Status::InProgress, None, None);
                code.clear();
            }
        }
        begun
    }
}

fn ended(has_failed: bool) -> Status {
    if has_failed { Status::Failed } else { Status::Completed }
}

fn logs(outcome: &CodeOutcome) -> Vec<WrittenOutput> {
    let said = [&outcome.output, &outcome.errors].into_iter().filter(|logs| !logs.is_empty());
    said.map(|logs| WrittenOutput { logs: logs.clone() }).collect()
}

/// The prefix of an item's id.
pub(super) const fn prefix(used: &ServerToolUse) -> &'static str {
    match used.done {
        ServerToolDeed::Search { .. } | ServerToolDeed::Fetch { .. } => "ws",
        ServerToolDeed::Code { .. } => "ci",
    }
}
