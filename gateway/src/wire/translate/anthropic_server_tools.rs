//! What Anthropic's own tools did: a block of the use and a block of its result, read from a
//! provider and from a client's history, written to a client.
//!
//! Source: `ServerToolUseBlock`, `WebSearchToolResultBlock`, `WebFetchToolResultBlock`,
//! `CodeExecutionToolResultBlock` (anthropic). The id of OpenAI's use has [`PREFIX`] before it, and
//! its `input` is what OpenAI wants back.

mod counts;
mod read;
mod write;

use serde_json::value::RawValue;

pub(super) use self::{
    counts::UseCounts,
    write::{ResultBlock, WrittenUse},
};
use super::ir::{JsonObject, OwnWords, ServerToolUse, Vendor};

/// Before the id of every use, as the API demands it.
pub(super) const PREFIX: &str = "srvtoolu_";
/// What OpenAI's ids of a search and of a run of code begin with.
const OPENAI_PREFIXES: [&str; 2] = ["ws_", "ci_"];

/// The uses whose results have not come yet.
#[derive(Debug, Default)]
pub(super) struct Uses {
    open: Vec<Asked>,
}

#[derive(Debug)]
struct Asked {
    id: String,
    name: String,
    input: JsonObject,
}

/// The type of a block of a result, and its `content`.
type ResultContent = (String, Box<RawValue>);

impl Uses {
    /// Whether a block of this kind is a result.
    pub(super) fn is_result(kind: &str) -> bool {
        kind.ends_with("_tool_result")
    }

    /// The model uses a tool.
    pub(super) fn ask(&mut self, id: String, name: String, input: JsonObject) {
        self.open.push(Asked { id, name, input });
    }

    /// The result of a use that was asked for; nothing where the tool is one that no other API has.
    pub(super) fn answer(
        &mut self,
        id: &str,
        kind: &str,
        content: Option<Box<RawValue>>,
    ) -> Option<ServerToolUse> {
        let place = self.open.iter().position(|asked| asked.id == id)?;
        let Asked { id, name, input } = self.open.remove(place);
        done(id, name, input, content.map(|content| (kind.to_owned(), content)))
    }

    /// The uses that stay without a result: the turn is paused.
    pub(super) fn rest(&mut self) -> Vec<ServerToolUse> {
        let open = std::mem::take(&mut self.open).into_iter();
        open.filter_map(|Asked { id, name, input }| done(id, name, input, None)).collect()
    }
}

/// What a use means, with the vendor's own words; nothing where the tool is one that no other API
/// has.
pub(super) fn done(
    id: String,
    name: String,
    input: JsonObject,
    result: Option<ResultContent>,
) -> Option<ServerToolUse> {
    let content = result.as_ref().map(|(_, content)| &**content);
    let done = read::deed(&name, &input, content)?;
    let openai = id.strip_prefix(PREFIX).filter(|id| is_openais(id)).map(str::to_owned);
    let vendor = if openai.is_some() { Vendor::OpenAi } else { Vendor::Anthropic };
    let own = Some(OwnWords { vendor, name, input, result });
    Some(ServerToolUse { id: openai.unwrap_or(id), done, own })
}

fn is_openais(id: &str) -> bool {
    OPENAI_PREFIXES.iter().any(|prefix| id.starts_with(prefix))
}
