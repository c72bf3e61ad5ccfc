//! What a use and its result mean.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::translate::ir::{CodeOutcome, JsonObject, ServerToolDeed, WebPage};

/// The input of any tool; what a tool does not take is absent. `type` is of OpenAI's actions.
#[derive(Default, Deserialize)]
struct Input {
    query: Option<String>,
    queries: Option<Vec<String>>,
    url: Option<String>,
    code: Option<String>,
    command: Option<String>,
}

/// The result of any tool that is an object.
#[derive(Default, Deserialize)]
struct Outcome {
    error_code: Option<String>,
    stdout: Option<String>,
    stderr: Option<String>,
    return_code: Option<i64>,
}

#[derive(Deserialize)]
struct Page {
    url: Option<String>,
    title: Option<String>,
}

/// Nothing where the tool is one that no other API has.
pub(super) fn deed(
    name: &str,
    input: &JsonObject,
    content: Option<&RawValue>,
) -> Option<ServerToolDeed> {
    let asked: Input = serde_json::from_str(input.text()).unwrap_or_default();
    let outcome = content.and_then(|raw| serde_json::from_str::<Outcome>(raw.get()).ok());
    let failure = outcome.as_ref().and_then(|outcome| outcome.error_code.clone());
    let code = |code| {
        let outcome = outcome.map(code_outcome);
        Some(ServerToolDeed::Code { code, outcome })
    };
    match name {
        "web_search" => {
            let query = asked.query.into_iter();
            let queries = asked.queries.unwrap_or_else(|| query.collect());
            Some(ServerToolDeed::Search { queries, pages: pages(content), failure })
        }
        "web_fetch" => Some(ServerToolDeed::Fetch { url: asked.url.unwrap_or_default(), failure }),
        "code_execution" => code(asked.code.unwrap_or_default()),
        "bash_code_execution" => code(asked.command.unwrap_or_default()),
        "text_editor_code_execution" => code(input.text().to_owned()),
        _ => None,
    }
}

fn pages(content: Option<&RawValue>) -> Vec<WebPage> {
    let read = content.and_then(|raw| serde_json::from_str::<Vec<Page>>(raw.get()).ok());
    let pages = read.into_iter().flatten();
    pages.filter_map(|Page { url, title }| Some(WebPage { url: url?, title })).collect()
}

fn code_outcome(outcome: Outcome) -> CodeOutcome {
    let Outcome { error_code, stdout, stderr, return_code } = outcome;
    CodeOutcome {
        has_failed: error_code.is_some() || return_code.unwrap_or(0) != 0,
        output: stdout.unwrap_or_default(),
        errors: error_code.or(stderr).unwrap_or_default(),
    }
}
