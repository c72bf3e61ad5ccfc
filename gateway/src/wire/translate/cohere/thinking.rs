//! Whether and how far the model thinks: a switch and a budget of tokens.
//! <https://docs.cohere.com/docs/reasoning>

use serde::Serialize;

use crate::wire::translate::{
    Target,
    ir::{Effort, Request, Thinking},
    losses::Losses,
};

/// What a budget leaves to the answer, in tokens.
const ANSWER_TOKENS: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct ThinkingConfig {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_budget: Option<i64>,
}

/// The field for what the client asked; what the model cannot be asked is told as a loss. This API
/// has no efforts, so one is told as a budget.
pub(super) fn write_thinking(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<ThinkingConfig> {
    let effort = request.settings.effort.as_ref();
    let thinking = request.settings.thinking.as_ref();
    if target.reasoning.is_none() {
        losses.hint(effort);
        losses.hint(thinking);
        return None;
    }
    let wanted = match (effort.map(|it| it.value), thinking.map(|it| it.value)) {
        (None, None) => return None,
        (Some(Effort::None), None) => {
            return Some(ThinkingConfig { r#type: "disabled", token_budget: None });
        }
        (_, Some(Thinking::Budget(tokens))) => Some(tokens),
        (Some(effort), _) => Some(budget_of(effort)),
        (None, Some(Thinking::Adaptive)) => None,
    };
    let room = request.output_limit.map_or(i64::MAX, |limit| limit.saturating_sub(ANSWER_TOKENS));
    let token_budget = wanted.map(|tokens| tokens.min(room).max(1));
    Some(ThinkingConfig { r#type: "enabled", token_budget })
}

/// Google's table for the same words. <https://ai.google.dev/gemini-api/docs/openai>
const fn budget_of(effort: Effort) -> i64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => 1_024,
        Effort::Medium => 8_192,
        Effort::High | Effort::ExtraHigh | Effort::Maximal => 24_576,
    }
}
