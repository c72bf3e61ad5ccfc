//! A use of another provider's tool, as a client of Anthropic messages reads it.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::PREFIX;
use crate::wire::translate::ir::{CodeOutcome, ServerToolDeed, ServerToolUse, Vendor, WebPage};

/// The two blocks of a use: what is asked, and its result.
pub(in crate::wire::translate) struct WrittenUse<'a> {
    pub(in crate::wire::translate) id: String,
    pub(in crate::wire::translate) name: &'static str,
    pub(in crate::wire::translate) input: Box<RawValue>,
    pub(in crate::wire::translate) result: Option<ResultBlock<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "as the vendor names them")]
pub(in crate::wire::translate) enum ResultBlock<'a> {
    WebSearchToolResult { tool_use_id: String, content: Found<'a> },
    WebFetchToolResult { tool_use_id: String, content: Fetched<'a> },
    CodeExecutionToolResult { tool_use_id: String, content: Executed<'a> },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::wire::translate) enum Found<'a> {
    Pages(Vec<Page<'a>>),
    Failure(Failure<'a>),
}

/// Only Anthropic encrypts what a page says.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "as the vendor names them")]
pub(in crate::wire::translate) struct Page<'a> {
    r#type: &'static str,
    url: &'a str,
    title: &'a str,
    encrypted_content: &'static str,
    page_age: Option<()>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(in crate::wire::translate) enum Fetched<'a> {
    Document { r#type: &'static str, url: &'a str, content: Document, retrieved_at: Option<()> },
    Failure(Failure<'a>),
}

/// What the page says, which no other provider tells.
#[derive(Serialize)]
pub(in crate::wire::translate) struct Document {
    r#type: &'static str,
    source: Text,
    title: Option<()>,
    citations: Option<()>,
}

#[derive(Serialize)]
struct Text {
    r#type: &'static str,
    media_type: &'static str,
    data: &'static str,
}

#[derive(Serialize)]
pub(in crate::wire::translate) struct Executed<'a> {
    r#type: &'static str,
    stdout: &'a str,
    stderr: &'a str,
    return_code: i64,
    content: [(); 0],
}

#[derive(Serialize)]
pub(in crate::wire::translate) struct Failure<'a> {
    r#type: &'static str,
    error_code: &'a str,
}

#[derive(Serialize)]
struct Query<'a> {
    query: &'a str,
}

#[derive(Serialize)]
struct Address<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct Code<'a> {
    code: &'a str,
}

impl<'a> WrittenUse<'a> {
    /// A search without a result told is a search whose pages are not.
    pub(in crate::wire::translate) fn of(used: &'a ServerToolUse) -> Self {
        let is_own = used.id.starts_with(PREFIX);
        let id = if is_own { used.id.clone() } else { format!("{PREFIX}{}", used.id) };
        let result = result(used, &id);
        Self { name: used.kind().name(), input: input(used), result, id }
    }
}

/// What OpenAI wants back stands as it came.
fn input(used: &ServerToolUse) -> Box<RawValue> {
    if let Some(own) = used.own_of(Vendor::OpenAi) {
        return own.input.json().to_owned();
    }
    let written = match &used.done {
        ServerToolDeed::Search { queries, .. } => {
            to_raw_value(&Query { query: &queries.join("; ") })
        }
        ServerToolDeed::Fetch { url, .. } => to_raw_value(&Address { url }),
        ServerToolDeed::Code { code, .. } => to_raw_value(&Code { code }),
    };
    written.unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn result<'a>(used: &'a ServerToolUse, id: &str) -> Option<ResultBlock<'a>> {
    let tool_use_id = id.to_owned();
    Some(match &used.done {
        ServerToolDeed::Search { pages, failure, .. } => {
            let content = match failure {
                Some(code) => Found::Failure(failed("web_search_tool_result_error", code)),
                None => Found::Pages(pages.iter().map(page).collect()),
            };
            ResultBlock::WebSearchToolResult { tool_use_id, content }
        }
        ServerToolDeed::Fetch { url, failure } => {
            let content = match failure {
                Some(code) => Fetched::Failure(failed("web_fetch_tool_result_error", code)),
                None => fetched(url),
            };
            ResultBlock::WebFetchToolResult { tool_use_id, content }
        }
        ServerToolDeed::Code { outcome, .. } => {
            let content = executed(outcome.as_ref()?);
            ResultBlock::CodeExecutionToolResult { tool_use_id, content }
        }
    })
}

fn page(page: &WebPage) -> Page<'_> {
    Page {
        r#type: "web_search_result",
        url: &page.url,
        title: page.title.as_deref().unwrap_or(&page.url),
        encrypted_content: "",
        page_age: None,
    }
}

fn fetched(url: &str) -> Fetched<'_> {
    let source = Text { r#type: "text", media_type: "text/plain", data: "" };
    let content = Document { r#type: "document", source, title: None, citations: None };
    Fetched::Document { r#type: "web_fetch_result", url, content, retrieved_at: None }
}

fn executed(outcome: &CodeOutcome) -> Executed<'_> {
    Executed {
        r#type: "code_execution_result",
        stdout: &outcome.output,
        stderr: &outcome.errors,
        return_code: i64::from(outcome.has_failed),
        content: [],
    }
}

fn failed<'a>(kind: &'static str, error_code: &'a str) -> Failure<'a> {
    Failure { r#type: kind, error_code }
}
