//! Whether and which tool is called, as OpenAI's two APIs write it.
//!
//! Source: `ChatCompletionToolChoiceOptionParam`, `ChatCompletionAllowedToolChoiceParam`,
//! `ToolChoiceAllowedParam` (openai).

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ir::{ServerTool, Tool, ToolChoice};
use crate::wire::WireError;

const FIELD: &str = "tool_choice";

/// Only some of the tools may be called.
#[derive(Deserialize)]
struct Allowed {
    mode: Option<String>,
    #[serde(default)]
    tools: Vec<Box<RawValue>>,
}

/// In chat completions they are in an object of their own.
#[derive(Deserialize)]
struct Choice {
    #[serde(rename = "type")]
    kind: String,
    allowed_tools: Option<Allowed>,
}

/// Reads the choice; `named` reads the name out of an object. Where only some tools may be called,
/// the others are left out: no other dialect offers a tool that may not be called.
///
/// # Errors
///
/// `Invalid` where the choice allows no tool that is there, `Unsupported` where no other dialect
/// has it.
pub(super) fn read(
    choice: &RawValue,
    tools: &mut Vec<Tool>,
    server_tools: &mut Vec<ServerTool>,
    named: impl Fn(&str) -> Option<String>,
) -> Result<ToolChoice, WireError> {
    match choice.get() {
        r#""auto""# => Ok(ToolChoice::Auto),
        r#""none""# => Ok(ToolChoice::None),
        r#""required""# => Ok(ToolChoice::Any),
        object => {
            let Some(Allowed { mode, tools: allowed }) = allowed(object) else {
                return named(object).map(ToolChoice::Named).ok_or_else(unsupported);
            };
            let kept: Option<Vec<_>> = allowed.iter().map(|tool| named(tool.get())).collect();
            keep(&kept.ok_or_else(unsupported)?, tools, server_tools)?;
            match mode.as_deref() {
                Some("auto") => Ok(ToolChoice::Auto),
                Some("required") => Ok(ToolChoice::Any),
                _ => Err(WireError::invalid(
                    FIELD,
                    "the `mode` of `allowed_tools` in `tool_choice` must be auto or required",
                )),
            }
        }
    }
}

fn allowed(object: &str) -> Option<Allowed> {
    let choice: Choice = serde_json::from_str(object).ok()?;
    let within = choice.allowed_tools;
    (choice.kind == "allowed_tools")
        .then(|| within.or_else(|| serde_json::from_str(object).ok()))?
}

fn keep(
    names: &[String],
    tools: &mut Vec<Tool>,
    server_tools: &mut Vec<ServerTool>,
) -> Result<(), WireError> {
    let is_named = |name: &str| names.iter().any(|named| named == name);
    tools.retain(|tool| is_named(&tool.name));
    server_tools.retain(|tool| tool.wish.kind().is_some_and(|kind| is_named(kind.name())));
    if tools.is_empty() && server_tools.is_empty() {
        let what = "`allowed_tools` in `tool_choice` names no tool that is in `tools`";
        return Err(WireError::invalid(FIELD, what));
    }
    Ok(())
}

fn unsupported() -> WireError {
    WireError::unsupported(
        FIELD,
        "`tool_choice` must be auto, none, required, a function or allowed functions to be \
         translated",
    )
}
