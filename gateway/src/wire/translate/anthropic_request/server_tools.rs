//! The tools that Anthropic runs: read from a client, asked of the provider.
//!
//! Source: `ToolUnionParam` (anthropic). Each tool has a date in its type and a fixed name. Asked
//! for are the versions whose uses stand by themselves, not within those of another tool.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{messages::parse, write_messages::CacheControl};
use crate::wire::{
    WireError,
    translate::{
        ir::{
            CacheMark, Domains, Location, ServerTool, ServerToolKind, ServerToolWish, Settings,
            WebSearch,
        },
        other_fields,
    },
};

/// What a kind does not take is absent.
#[derive(Deserialize)]
struct Definition {
    max_uses: Option<i64>,
    allowed_domains: Option<Vec<String>>,
    blocked_domains: Option<Vec<String>>,
    user_location: Option<Location>,
}

/// The fields that are read here or with every tool. How the tool may be called is for calls out of
/// programs, which no other API has.
const TAKEN: [&str; 9] = [
    "type",
    "name",
    "cache_control",
    "allowed_callers",
    "strict",
    "max_uses",
    "allowed_domains",
    "blocked_domains",
    "user_location",
];
/// A limit that is no promise, what is loaded when, and what of a page is told.
const HINTS: [&str; 4] = ["max_content_tokens", "defer_loading", "use_cache", "response_inclusion"];

/// # Errors
///
/// `Invalid` where the tool cannot be read.
pub(super) fn read(
    index: usize,
    kind: &str,
    cache_mark: Option<CacheMark>,
    raw: &RawValue,
    settings: &mut Settings,
) -> Result<ServerTool, WireError> {
    let place = format!("tools[{index}]");
    let wish = match ServerToolKind::ALL.into_iter().find(|it| is_version_of(*it, kind)) {
        None => ServerToolWish::Other(other_fields::shown(kind)),
        Some(known) => {
            other_fields::note_within(&place, raw, &TAKEN, &HINTS, settings);
            let definition: Definition = parse(raw.get().as_bytes())?;
            let domains = Domains {
                max_uses: definition.max_uses,
                allowed: definition.allowed_domains.unwrap_or_default(),
                blocked: definition.blocked_domains.unwrap_or_default(),
            };
            let location = definition.user_location;
            match known {
                ServerToolKind::CodeExecution => ServerToolWish::CodeExecution,
                ServerToolKind::WebFetch => ServerToolWish::WebFetch(domains),
                ServerToolKind::WebSearch => {
                    let search = WebSearch { domains, location, context_size: None };
                    ServerToolWish::WebSearch(search)
                }
            }
        }
    };
    Ok(ServerTool { place, wish, cache_mark })
}

/// Whether a type is the tool's name and a date.
fn is_version_of(tool: ServerToolKind, kind: &str) -> bool {
    let date = kind.strip_prefix(tool.name()).and_then(|rest| rest.strip_prefix('_'));
    date.is_some_and(|date| date == "latest" || date.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A tool as the provider reads it.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    r#type: &'static str,
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_uses: Option<i64>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    allowed_domains: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    blocked_domains: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    user_location: Option<Approximate<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
struct Approximate<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    location: &'a Location,
}

/// Nothing for a tool that this API does not have, which was refused before.
pub(super) fn write(tool: &ServerTool) -> Option<Written<'_>> {
    let (kind, domains, location) = match &tool.wish {
        ServerToolWish::WebSearch(search) => {
            ("web_search_20250305", Some(&search.domains), search.location.as_ref())
        }
        ServerToolWish::WebFetch(domains) => ("web_fetch_20250910", Some(domains), None),
        ServerToolWish::CodeExecution => ("code_execution_20250825", None, None),
        ServerToolWish::Other(_) => return None,
    };
    Some(Written {
        r#type: kind,
        name: tool.wish.kind()?.name(),
        max_uses: domains.and_then(|domains| domains.max_uses),
        allowed_domains: domains.map_or(&[][..], |domains| domains.allowed.as_slice()),
        blocked_domains: domains.map_or(&[][..], |domains| domains.blocked.as_slice()),
        user_location: location.map(|location| Approximate { r#type: "approximate", location }),
        cache_control: tool.cache_mark.map(CacheControl::from),
    })
}
