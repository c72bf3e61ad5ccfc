//! The web search of chat completions: read from a client, asked of the provider.
//!
//! Source: `WebSearchOptions` (openai). Being there at all, it asks for a search.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        ir::{Domains, Location, ServerTool, ServerToolWish, Settings, WebSearch},
        other_fields,
    },
};

const PLACE: &str = "web_search_options";
const TAKEN: [&str; 2] = ["search_context_size", "user_location"];

#[derive(Deserialize)]
struct Options {
    search_context_size: Option<String>,
    user_location: Option<UserLocation>,
}

#[derive(Deserialize)]
struct UserLocation {
    approximate: Option<Location>,
}

/// # Errors
///
/// `Invalid` where the options cannot be read.
pub(super) fn read(raw: &RawValue, settings: &mut Settings) -> Result<ServerTool, WireError> {
    other_fields::note_within(PLACE, raw, &TAKEN, &[], settings);
    let options: Options = serde_json::from_str(raw.get())
        .map_err(|error| WireError::invalid(PLACE, format!("`{PLACE}` cannot be read: {error}")))?;
    let search = WebSearch {
        domains: Domains::default(),
        location: options.user_location.and_then(|location| location.approximate),
        context_size: options.search_context_size,
    };
    let wish = ServerToolWish::WebSearch(search);
    Ok(ServerTool { place: PLACE.to_owned(), wish, cache_mark: None })
}

/// The options as the provider reads them.
#[derive(Serialize)]
pub(super) struct WebSearchOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    search_context_size: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_location: Option<WrittenLocation<'a>>,
}

#[derive(Serialize)]
struct WrittenLocation<'a> {
    r#type: &'static str,
    approximate: &'a Location,
}

/// Nothing where no search is asked for.
pub(super) fn write(tools: &[ServerTool]) -> Option<WebSearchOptions<'_>> {
    tools.iter().find_map(|tool| match &tool.wish {
        ServerToolWish::WebSearch(WebSearch { location, context_size, .. }) => {
            let location = location.as_ref();
            Some(WebSearchOptions {
                search_context_size: context_size.as_deref(),
                user_location: location
                    .map(|approximate| WrittenLocation { r#type: "approximate", approximate }),
            })
        }
        _ => None,
    })
}
