//! What only the model itself knows: Anthropic's thinking, `top_k` and one tool at a time.
//!
//! They are merged into the request that the model gets, so they are written as its maker has
//! them. The effort is a field of Converse's own.

use serde::Serialize;

use super::is_anthropic;
use crate::{
    kernel::config::ReasoningControl,
    wire::{
        WireError,
        translate::{
            Target,
            anthropic_request::{Reasoning, ThinkingConfig, effort_name, write_reasoning},
            ir::{Effort, Request, ToolChoice},
            losses::Losses,
        },
    },
};

/// What thoughts are measured against where nobody limits the answer.
const DEFAULT_OUTPUT_LIMIT: i64 = 4_096;

/// `additionalModelRequestFields` for a model of Anthropic's.
#[derive(Debug, Default, Serialize)]
pub(super) struct ModelFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<i64>,
    /// In place of Converse's own, beside which it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<OneAtATime>,
}

#[derive(Debug, Serialize)]
struct OneAtATime {
    r#type: &'static str,
    disable_parallel_tool_use: bool,
}

impl ModelFields {
    pub(super) const fn is_empty(&self) -> bool {
        self.thinking.is_none() && self.top_k.is_none() && self.tool_choice.is_none()
    }

    pub(super) const fn thinks(&self) -> bool {
        self.thinking.is_some()
    }
}

/// The model's own fields, and the effort.
///
/// # Errors
///
/// `Unsupported`, naming the field that cannot be said.
pub(super) fn write_fields(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<(ModelFields, Option<&'static str>), WireError> {
    let top_k = request.settings.top_k.as_ref();
    let is_one_at_a_time = wants_one_at_a_time(request);
    if !is_anthropic(target.model) {
        losses.demand(top_k)?;
        if is_one_at_a_time {
            losses.demand_field("parallel_tool_calls".into())?;
        }
        return Ok((ModelFields::default(), effort_alone(request, target, losses)));
    }
    let limit = request.output_limit.unwrap_or(DEFAULT_OUTPUT_LIMIT);
    let Reasoning { thinking, effort } = write_reasoning(request, limit, target, losses);
    if thinking.is_some() && top_k.is_some() {
        losses.hint(top_k);
    }
    let top_k = top_k.map(|asked| asked.value).filter(|_| thinking.is_none());
    let tool_choice = match &request.tool_choice {
        _ if !is_one_at_a_time => None,
        None | Some(ToolChoice::Auto) => {
            Some(OneAtATime { r#type: "auto", disable_parallel_tool_use: true })
        }
        Some(_) => {
            losses.demand_field("parallel_tool_calls".into())?;
            None
        }
    };
    Ok((ModelFields { thinking, top_k, tool_choice }, effort))
}

/// One tool at a time is a wish only where some tool can be called.
pub(super) fn wants_one_at_a_time(request: &Request) -> bool {
    request.parallel_tool_calls == Some(false)
        && !request.tools.is_empty()
        && !matches!(request.tool_choice, Some(ToolChoice::None))
}

/// How hard a model of another maker tries, where the configuration says that it can be told.
fn effort_alone(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<&'static str> {
    let (effort, thinking) = (&request.settings.effort, &request.settings.thinking);
    losses.hint(thinking.as_ref());
    let asked = effort.as_ref().filter(|asked| asked.value != Effort::None)?;
    if target.reasoning == Some(ReasoningControl::Effort) {
        return Some(effort_name(asked.value));
    }
    losses.hint(Some(asked));
    None
}
