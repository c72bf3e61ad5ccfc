//! Whether and how far the model thinks before it speaks, as this API says it.
//!
//! Older models take a budget of tokens, newer ones decide for themselves and take an effort;
//! each refuses the other's fields, so the configuration says which a model takes.
//! <https://platform.claude.com/docs/en/build-with-claude/extended-thinking>

use serde::Serialize;

use crate::{
    kernel::config::ReasoningControl,
    wire::translate::{
        Target,
        ir::{AssistantPart, Effort, Request, Thinking, Thought, ToolChoice, Turn, Vendor},
        losses::Losses,
    },
};

/// The least that this API accepts, in tokens.
const LEAST_BUDGET_TOKENS: i64 = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::wire::translate) enum ThinkingConfig {
    Adaptive,
    Enabled { budget_tokens: i64 },
}

/// What is sent, of both fields.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::wire::translate) struct Reasoning {
    pub(in crate::wire::translate) thinking: Option<ThinkingConfig>,
    pub(in crate::wire::translate) effort: Option<&'static str>,
}

/// The fields for what the client asked; what the model cannot be asked is told as a loss.
pub(in crate::wire::translate) fn write_reasoning(
    request: &Request,
    max_tokens: i64,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Reasoning {
    let effort = request.settings.effort.as_ref();
    let thinking = request.settings.thinking.as_ref();
    let asked = (effort.map(|asked| asked.value), thinking.map(|asked| asked.value));
    if matches!(asked, (None | Some(Effort::None), None)) {
        return Reasoning::default();
    }
    let written = match target.reasoning {
        Some(ReasoningControl::Effort) => Some(Reasoning {
            thinking: can_think(request).then_some(ThinkingConfig::Adaptive),
            effort: asked.0.map(effort_name),
        }),
        Some(ReasoningControl::Budget) if can_think(request) && proves_its_thoughts(request) => {
            budget(asked, max_tokens).map(|budget_tokens| Reasoning {
                thinking: Some(ThinkingConfig::Enabled { budget_tokens }),
                effort: None,
            })
        }
        Some(ReasoningControl::Budget) | None => None,
    };
    written.unwrap_or_else(|| {
        losses.hint(effort);
        losses.hint(thinking);
        Reasoning::default()
    })
}

/// A call that is forced leaves no room for thoughts.
fn can_think(request: &Request) -> bool {
    !matches!(request.tool_choice, Some(ToolChoice::Any | ToolChoice::Named(_)))
}

/// With a budget, a turn that called tools has to begin with the thought behind it, as signed by
/// this vendor; clients of other dialects may have lost it.
fn proves_its_thoughts(request: &Request) -> bool {
    let last = request.turns.iter().rev().find_map(|turn| match turn {
        Turn::Assistant(parts) => Some(parts),
        Turn::System(_) | Turn::User(_) => None,
    });
    last.is_none_or(|parts| {
        let calls = parts.iter().any(|part| matches!(part, AssistantPart::ToolCall(_)));
        !calls || matches!(parts.first(), Some(AssistantPart::Thought(thought)) if is_own(thought))
    })
}

/// Whether this vendor signed it: no other thought is accepted here.
pub(super) fn is_own(thought: &Thought) -> bool {
    thought.signature.as_ref().is_some_and(|signature| signature.vendor == Vendor::Anthropic)
}

/// Nothing where the answer has no room for the least budget.
fn budget(asked: (Option<Effort>, Option<Thinking>), max_tokens: i64) -> Option<i64> {
    let wanted = match asked {
        (_, Some(Thinking::Budget(tokens))) => tokens,
        (Some(effort), _) => budget_of(effort),
        (None, _) => budget_of(Effort::Medium),
    };
    let room = max_tokens.saturating_sub(LEAST_BUDGET_TOKENS);
    (room >= LEAST_BUDGET_TOKENS).then(|| wanted.clamp(LEAST_BUDGET_TOKENS, room))
}

/// Google's table for the same words. <https://ai.google.dev/gemini-api/docs/openai>
const fn budget_of(effort: Effort) -> i64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => LEAST_BUDGET_TOKENS,
        Effort::Medium => 8_192,
        Effort::High | Effort::ExtraHigh | Effort::Maximal => 24_576,
    }
}

/// This API's least is a low effort.
pub(in crate::wire::translate) const fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => Effort::Low.name(),
        other => other.name(),
    }
}
