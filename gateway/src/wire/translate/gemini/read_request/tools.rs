//! The functions that a model may call, and whether it has to.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{repeated::Repeated, schema, within};
use crate::wire::{
    WireError,
    translate::ir::{Domains, ServerTool, ServerToolWish, Settings, Tool, ToolChoice, WebSearch},
};

const TAKEN: [&str; 10] = [
    "functionDeclarations",
    "function_declarations",
    "googleSearch",
    "google_search",
    "googleSearchRetrieval",
    "google_search_retrieval",
    "urlContext",
    "url_context",
    "codeExecution",
    "code_execution",
];
const DECLARATION_TAKEN: [&str; 6] = [
    "name",
    "description",
    "parameters",
    "parametersJsonSchema",
    "parameters_json_schema",
    "behavior",
];
/// What the model reads of a function nowhere else.
const DECLARATION_HINTS: [&str; 3] = ["response", "responseJsonSchema", "response_json_schema"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolObject {
    #[serde(default, alias = "function_declarations")]
    function_declarations: Repeated<Box<RawValue>>,
    #[serde(
        alias = "google_search",
        alias = "googleSearchRetrieval",
        alias = "google_search_retrieval"
    )]
    google_search: Option<Box<RawValue>>,
    #[serde(alias = "url_context")]
    url_context: Option<Box<RawValue>>,
    #[serde(alias = "code_execution")]
    code_execution: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleSearch {
    #[serde(default, alias = "exclude_domains")]
    exclude_domains: Repeated<String>,
}

/// Whether a function may answer later (`behavior`) is asked in live conversations alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declaration {
    name: String,
    description: Option<String>,
    parameters: Option<Value>,
    #[serde(alias = "parameters_json_schema")]
    parameters_json_schema: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig {
    #[serde(alias = "function_calling_config")]
    function_calling_config: Option<FunctionCallingConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCallingConfig {
    mode: Option<String>,
    #[serde(default, alias = "allowed_function_names")]
    allowed_function_names: Repeated<String>,
}

/// Functions, and the tools that Google runs.
///
/// # Errors
///
/// `Invalid` where one cannot be read. What no other API has is noted as a demand.
pub(super) fn read_tools(
    tools: Repeated<Box<RawValue>>,
    settings: &mut Settings,
) -> Result<(Vec<Tool>, Vec<ServerTool>), WireError> {
    let (mut read, mut server_tools) = (Vec::new(), Vec::new());
    for (index, raw) in tools.0.into_iter().enumerate() {
        within::note("tools", &raw, &TAKEN, &[], settings);
        let tool: ToolObject = parse("tools", &raw)?;
        let place = format!("tools[{index}]");
        let mut push = |name, wish| {
            let place = format!("{place}.{name}");
            server_tools.push(ServerTool { place, wish, cache_mark: None });
        };
        if let Some(raw) = tool.google_search {
            push("googleSearch", ServerToolWish::WebSearch(read_search(&raw, settings)?));
        }
        if tool.url_context.is_some() {
            push("urlContext", ServerToolWish::WebFetch(Domains::default()));
        }
        if tool.code_execution.is_some() {
            push("codeExecution", ServerToolWish::CodeExecution);
        }
        for raw in tool.function_declarations.0 {
            let place = "tools.functionDeclarations";
            within::note(place, &raw, &DECLARATION_TAKEN, &DECLARATION_HINTS, settings);
            read.push(read_declaration(parse("tools", &raw)?));
        }
    }
    Ok((read, server_tools))
}

fn read_search(raw: &RawValue, settings: &mut Settings) -> Result<WebSearch, WireError> {
    let taken = ["excludeDomains", "exclude_domains", "dynamicRetrievalConfig"];
    within::note("tools.googleSearch", raw, &taken, &[], settings);
    let GoogleSearch { exclude_domains } = parse("tools", raw)?;
    let domains = Domains { blocked: exclude_domains.0, ..Domains::default() };
    Ok(WebSearch { domains, ..WebSearch::default() })
}

fn read_declaration(declaration: Declaration) -> Tool {
    let Declaration { name, description, parameters, parameters_json_schema } = declaration;
    let google = parameters.map(schema::json_schema);
    Tool {
        name,
        description,
        schema: parameters_json_schema.or_else(|| schema::raw(&google?)),
        strict: None,
        cache_mark: None,
    }
}

/// Whether and which function is called. Where only some may be, the others are left out.
///
/// # Errors
///
/// `Invalid` where it cannot be read.
pub(super) fn read_choice(
    raw: &RawValue,
    tools: &mut Vec<Tool>,
    settings: &mut Settings,
) -> Result<Option<ToolChoice>, WireError> {
    let taken = ["functionCallingConfig", "function_calling_config"];
    within::note("toolConfig", raw, &taken, &[], settings);
    let config: ToolConfig = parse("toolConfig", raw)?;
    let Some(calling) = config.function_calling_config else { return Ok(None) };
    let Repeated(allowed) = calling.allowed_function_names;
    let mode = calling.mode.unwrap_or_default().to_ascii_uppercase();
    if matches!(&*mode, "ANY" | "VALIDATED") && !allowed.is_empty() {
        tools.retain(|tool| allowed.contains(&tool.name));
    }
    match (&*mode, allowed.as_slice()) {
        ("" | "MODE_UNSPECIFIED", _) => Ok(None),
        ("AUTO" | "VALIDATED", _) => Ok(Some(ToolChoice::Auto)),
        ("NONE", _) => Ok(Some(ToolChoice::None)),
        ("ANY", [name]) => Ok(Some(ToolChoice::Named(name.clone()))),
        ("ANY", _) => Ok(Some(ToolChoice::Any)),
        _ => Err(WireError::invalid(
            "toolConfig",
            "the `mode` of `functionCallingConfig` must be AUTO, ANY, NONE or VALIDATED",
        )),
    }
}

fn parse<'a, T: Deserialize<'a>>(field: &'static str, raw: &'a RawValue) -> Result<T, WireError> {
    serde_json::from_str(raw.get())
        .map_err(|error| WireError::invalid(field, format!("`{field}` cannot be read: {error}")))
}
