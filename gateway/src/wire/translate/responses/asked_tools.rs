//! The tools that OpenAI runs: read from a client, asked of the provider.
//!
//! Source: `WebSearchToolParam`, `WebSearchPreviewToolParam`, `CodeInterpreter` (openai).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        ir::{Domains, Location, ServerTool, ServerToolKind, ServerToolWish, Settings, WebSearch},
        other_fields,
    },
};

#[derive(Deserialize)]
struct Definition {
    filters: Option<Filters>,
    search_context_size: Option<String>,
    user_location: Option<Location>,
    container: Option<Box<RawValue>>,
    external_web_access: Option<bool>,
}

#[derive(Deserialize)]
struct Filters {
    allowed_domains: Option<Vec<String>>,
    blocked_domains: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Container {
    file_ids: Option<Vec<String>>,
}

const TAKEN: [&str; 6] =
    ["type", "filters", "search_context_size", "user_location", "container", "external_web_access"];

/// Which tool the type of a definition, or of a choice, means.
pub(super) fn kind(name: &str) -> Option<ServerToolKind> {
    match name {
        "web_search"
        | "web_search_2025_08_26"
        | "web_search_preview"
        | "web_search_preview_2025_03_11" => Some(ServerToolKind::WebSearch),
        "code_interpreter" => Some(ServerToolKind::CodeExecution),
        _ => None,
    }
}

/// # Errors
///
/// `Invalid` where the tool cannot be read.
pub(super) fn read(
    index: usize,
    name: &str,
    raw: &RawValue,
    settings: &mut Settings,
) -> Result<ServerTool, WireError> {
    let place = format!("tools[{index}]");
    let Some(kind) = kind(name) else {
        let wish = ServerToolWish::Other(other_fields::shown(name));
        return Ok(ServerTool { place, wish, cache_mark: None });
    };
    other_fields::note_within(&place, raw, &TAKEN, &[], settings);
    let definition: Definition = serde_json::from_str(raw.get()).map_err(|error| {
        WireError::invalid("tools", format!("`{place}` cannot be read: {error}"))
    })?;
    // Elsewhere nobody searches what was kept of the web.
    if definition.external_web_access == Some(false) {
        settings.demands.push(format!("{place}.external_web_access").into());
    }
    let wish = match kind {
        ServerToolKind::CodeExecution => {
            if definition.container.is_some_and(|container| has_files(&container)) {
                settings.demands.push(format!("{place}.container").into());
            }
            ServerToolWish::CodeExecution
        }
        ServerToolKind::WebSearch | ServerToolKind::WebFetch => {
            let (allowed, blocked) = definition
                .filters
                .map_or((None, None), |filters| (filters.allowed_domains, filters.blocked_domains));
            ServerToolWish::WebSearch(WebSearch {
                domains: Domains {
                    max_uses: None,
                    allowed: allowed.unwrap_or_default(),
                    blocked: blocked.unwrap_or_default(),
                },
                location: definition.user_location,
                context_size: definition.search_context_size,
            })
        }
    };
    Ok(ServerTool { place, wish, cache_mark: None })
}

/// Whether a container is one that OpenAI keeps, or has files that OpenAI keeps.
fn has_files(container: &RawValue) -> bool {
    let read: Result<Container, _> = serde_json::from_str(container.get());
    read.map_or(true, |container| container.file_ids.is_some_and(|files| !files.is_empty()))
}

/// The most uses of all tools is, of one alone, the most of this one.
pub(super) fn limit(tools: &mut [ServerTool], most: Option<i64>, settings: &mut Settings) {
    match (tools, most) {
        (
            [
                ServerTool {
                    wish:
                        ServerToolWish::WebSearch(WebSearch { domains, .. })
                        | ServerToolWish::WebFetch(domains),
                    ..
                },
            ],
            most,
        ) => domains.max_uses = most,
        (_, Some(_)) => settings.hints.push("max_tool_calls".into()),
        (_, None) => {}
    }
}

/// A tool as the provider reads it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Written<'a> {
    WebSearch {
        #[serde(skip_serializing_if = "Option::is_none")]
        filters: Option<WrittenFilters<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        search_context_size: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user_location: Option<Approximate<'a>>,
    },
    CodeInterpreter {
        container: AutomaticContainer,
    },
}

#[derive(Serialize)]
pub(super) struct WrittenFilters<'a> {
    allowed_domains: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Approximate<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    location: &'a Location,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "auto")]
pub(super) struct AutomaticContainer {}

/// Nothing for a tool that this API does not have, which was refused before.
pub(super) fn write(tool: &ServerTool) -> Option<Written<'_>> {
    match &tool.wish {
        ServerToolWish::WebSearch(WebSearch { domains, location, context_size }) => {
            let allowed_domains = domains.allowed.as_slice();
            let location = location.as_ref();
            Some(Written::WebSearch {
                filters: (!allowed_domains.is_empty())
                    .then_some(WrittenFilters { allowed_domains }),
                search_context_size: context_size.as_deref(),
                user_location: location
                    .map(|location| Approximate { r#type: "approximate", location }),
            })
        }
        ServerToolWish::CodeExecution => {
            Some(Written::CodeInterpreter { container: AutomaticContainer {} })
        }
        ServerToolWish::WebFetch(_) | ServerToolWish::Other(_) => None,
    }
}

/// The most uses of the tool that is asked for alone.
pub(super) fn most_uses(tools: &[ServerTool]) -> Option<i64> {
    match tools {
        [ServerTool { wish: ServerToolWish::WebSearch(search), .. }] => search.domains.max_uses,
        _ => None,
    }
}
