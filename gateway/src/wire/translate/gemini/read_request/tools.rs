//! The functions that a model may call, and whether it has to.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{repeated::Repeated, schema, within};
use crate::wire::{
    WireError,
    translate::ir::{Settings, Tool, ToolChoice},
};

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

/// # Errors
///
/// `Invalid` where one cannot be read. What is no function is noted as a demand.
pub(super) fn read_tools(
    tools: Repeated<Box<RawValue>>,
    settings: &mut Settings,
) -> Result<Vec<Tool>, WireError> {
    let mut read = Vec::new();
    for raw in tools.0 {
        let taken = ["functionDeclarations", "function_declarations"];
        within::note("tools", &raw, &taken, &[], settings);
        let tool: ToolObject = parse("tools", &raw)?;
        for raw in tool.function_declarations.0 {
            let place = "tools.functionDeclarations";
            within::note(place, &raw, &DECLARATION_TAKEN, &DECLARATION_HINTS, settings);
            read.push(read_declaration(parse("tools", &raw)?));
        }
    }
    Ok(read)
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
