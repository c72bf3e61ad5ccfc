//! The tools of a request for an API that has no choice of tools.

use super::{
    ir::{Request, Tool, ToolChoice},
    losses::Losses,
};
use crate::wire::WireError;

/// The tools that are offered: none where none may be called. That one is called, or one at a
/// time, cannot be asked; that arguments are strict, and what the cache may keep, is not told.
///
/// # Errors
///
/// `Unsupported`, naming the field that cannot be said.
pub(super) fn without_choice<'a>(
    request: &'a Request,
    losses: &mut Losses,
) -> Result<&'a [Tool], WireError> {
    match &request.tool_choice {
        _ if request.tools.is_empty() => return Ok(&[]),
        Some(ToolChoice::None) => return Ok(&[]),
        Some(ToolChoice::Any | ToolChoice::Named(_)) => {
            losses.demand_field("tool_choice".into())?;
        }
        Some(ToolChoice::Auto) | None => {}
    }
    if request.parallel_tool_calls == Some(false) {
        losses.demand_field("parallel_tool_calls".into())?;
    }
    if request.tools.iter().any(|tool| tool.strict == Some(true)) {
        losses.hint_field("strict".into());
    }
    if request.tools.iter().any(|tool| tool.cache_mark.is_some()) {
        losses.hint_field("cache_control".into());
    }
    Ok(&request.tools)
}
