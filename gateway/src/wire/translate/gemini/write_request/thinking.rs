//! How far the model thinks before it speaks, as this API says it.
//!
//! Models up to 2.5 take a budget of tokens, later ones a level; each refuses the other's field, so
//! the configuration says which a model takes. Whoever asks for thought is shown a summary of it.
//! <https://ai.google.dev/gemini-api/docs/thinking>

use serde::Serialize;

use crate::{
    kernel::config::ReasoningControl,
    wire::translate::{
        Target,
        ir::{Asked, Effort, Thinking},
        losses::Losses,
    },
};

/// The model decides how much it thinks.
const DYNAMIC_BUDGET: i64 = -1;
/// The least that the models take which cannot do without thought, in tokens.
const LEAST_BUDGET_TOKENS: i64 = 128;
/// The most that every model takes, in tokens.
const MOST_BUDGET_TOKENS: i64 = 24_576;
/// The largest budget that is a low level, in tokens; a middle one follows.
const LOW_LEVEL_TOKENS: i64 = 4_096;
const MEDIUM_LEVEL_TOKENS: i64 = 16_384;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThinkingConfig {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i64>,
}

/// What the client asked; what the model cannot be asked is told as a loss.
pub(super) fn write_thinking(
    effort: Option<&Asked<Effort>>,
    thinking: Option<&Asked<Thinking>>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<ThinkingConfig> {
    let asked = (effort.map(|asked| asked.value), thinking.map(|asked| asked.value));
    if asked == (None, None) {
        return None;
    }
    let include_thoughts = asked != (Some(Effort::None), None);
    match target.reasoning {
        Some(ReasoningControl::Effort) => Some(ThinkingConfig {
            include_thoughts,
            thinking_level: level(asked),
            thinking_budget: None,
        }),
        Some(ReasoningControl::Budget) => Some(ThinkingConfig {
            include_thoughts,
            thinking_level: None,
            thinking_budget: Some(budget(asked, target.model)),
        }),
        None => {
            losses.hint(effort);
            losses.hint(thinking);
            None
        }
    }
}

/// Not every model knows a level below the low one or above the high one.
const fn level(asked: (Option<Effort>, Option<Thinking>)) -> Option<&'static str> {
    let effort = match asked {
        (Some(effort), _) => effort,
        (None, Some(Thinking::Budget(tokens))) => effort_of(tokens),
        (None, Some(Thinking::Adaptive) | None) => return None,
    };
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => Some("LOW"),
        Effort::Medium => Some("MEDIUM"),
        Effort::High | Effort::ExtraHigh | Effort::Maximal => Some("HIGH"),
    }
}

const fn effort_of(tokens: i64) -> Effort {
    if tokens <= LOW_LEVEL_TOKENS {
        Effort::Low
    } else if tokens <= MEDIUM_LEVEL_TOKENS {
        Effort::Medium
    } else {
        Effort::High
    }
}

/// Google's own table of efforts. <https://ai.google.dev/gemini-api/docs/openai>
fn budget(asked: (Option<Effort>, Option<Thinking>), model: &str) -> i64 {
    match asked {
        (_, Some(Thinking::Budget(tokens))) => {
            tokens.clamp(LEAST_BUDGET_TOKENS, MOST_BUDGET_TOKENS)
        }
        (Some(Effort::None), _) if always_thinks(model) => LEAST_BUDGET_TOKENS,
        (Some(Effort::None), _) => 0,
        (Some(Effort::Minimal | Effort::Low), _) => 1_024,
        (Some(Effort::Medium), _) => 8_192,
        (Some(Effort::High | Effort::ExtraHigh | Effort::Maximal), _) => MOST_BUDGET_TOKENS,
        (None, _) => DYNAMIC_BUDGET,
    }
}

fn always_thinks(model: &str) -> bool {
    model.contains("-pro")
}
