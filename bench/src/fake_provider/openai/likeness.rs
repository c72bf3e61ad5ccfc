//! Compatible vendors that speak OpenAI's API in a way of their own, as they document it.
//!
//! `as=deepseek` in the name of a model makes the answer that vendor's: where usage is counted and
//! told, and which fields of a request are refused and how.

use serde_json::{Map, Value, json};

use super::{chat::call_id, mistral, usage::ChatUsage};
use crate::fake_provider::{fault::Fault, ledger::Usage};

/// Whose manner an answer has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::fake_provider) enum Likeness {
    /// OpenAI's own.
    #[default]
    OpenAi,
    /// <https://api-docs.deepseek.com/api/create-chat-completion>
    DeepSeek,
    /// <https://console.groq.com/docs/openai>, and groq-python's `ChatCompletionChunk`
    Groq,
    /// mistralai's `ChatCompletionRequest`, whose fields are all that is taken
    Mistral,
    /// <https://platform.moonshot.cn/docs/api/chat>
    Moonshot,
    /// <https://docs.x.ai/docs/key-information/consumption-and-rate-limits>
    Xai,
}

/// Where a stream tells its usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// In a chunk of its own, where it was asked for.
    WhenAsked,
    /// In `x_groq` of the last chunk, and in one of its own where it was asked for.
    InXGroq,
    /// In `usage` of the last chunk, always.
    InLastChunk,
    /// In the choice of the last chunk, always.
    InChoice,
}

/// What Groq answers 400 to.
const REFUSED_BY_GROQ: [&str; 3] = ["logprobs", "logit_bias", "top_logprobs"];
impl Likeness {
    /// The likeness of this name.
    pub(in crate::fake_provider) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "deepseek" => Self::DeepSeek,
            "groq" => Self::Groq,
            "mistral" => Self::Mistral,
            "moonshot" => Self::Moonshot,
            "xai" => Self::Xai,
            _ => return None,
        })
    }

    /// Refuses a body with fields that the vendor does not take.
    pub(super) fn check(self, body: &[u8]) -> Result<(), Fault> {
        if !matches!(self, Self::Groq | Self::Mistral) {
            return Ok(());
        }
        let fields: Map<String, Value> =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        let is_taken = |field: &str, value: &Value| match self {
            Self::Groq => !REFUSED_BY_GROQ.contains(&field) && (field != "n" || *value == 1),
            _ => mistral::takes(field),
        };
        match fields.into_iter().find(|(field, value)| !is_taken(field, value)) {
            None => Ok(()),
            Some((field, _)) if self == Self::Groq => Err(Fault::UnsupportedProperty(field)),
            Some((field, input)) => Err(Fault::ExtraInput { field, input }),
        }
    }

    /// The id of a call.
    pub(super) fn call_id(self, serial: u64, index: usize) -> String {
        match self {
            Self::Mistral => mistral::call_id(serial, index),
            _ => call_id(serial, index),
        }
    }

    /// Whether a stream tells a call in one piece.
    pub(super) fn tells_calls_whole(self) -> bool {
        self == Self::Mistral
    }

    pub(super) fn told_in_stream(self) -> Told {
        match self {
            Self::OpenAi | Self::DeepSeek | Self::Xai => Told::WhenAsked,
            Self::Groq => Told::InXGroq,
            Self::Mistral => Told::InLastChunk,
            Self::Moonshot => Told::InChoice,
        }
    }

    /// The usage object of an answer.
    pub(super) fn usage(self, usage: Usage) -> Value {
        let (prompt, completion) = (usage.input, usage.output);
        let total = prompt + completion;
        match self {
            Self::OpenAi | Self::Groq => json!(ChatUsage::from(usage)),
            Self::DeepSeek => json!({
                "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
                "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
                "prompt_cache_hit_tokens": usage.cached,
                "prompt_cache_miss_tokens": prompt - usage.cached,
            }),
            Self::Mistral => json!({
                "prompt_tokens": prompt, "total_tokens": total, "completion_tokens": completion,
            }),
            Self::Moonshot => json!({
                "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
                "cached_tokens": usage.cached,
            }),
            Self::Xai => json!({
                "prompt_tokens": prompt, "completion_tokens": completion - usage.reasoning,
                "total_tokens": total,
                "prompt_tokens_details": {
                    "text_tokens": prompt, "audio_tokens": 0, "image_tokens": 0,
                    "cached_tokens": usage.cached,
                },
                "completion_tokens_details": {
                    "reasoning_tokens": usage.reasoning, "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
                },
                "num_sources_used": 0,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_provider::ledger::Units;

    const NONE: Units = Units { images: 0, seconds: 0, characters: 0, searches: 0 };
    const USAGE: Usage =
        Usage { input: 100, cached: 60, cache_write: 0, output: 50, reasoning: 20, units: NONE };

    #[test]
    fn every_likeness_counts_the_same_tokens_in_its_own_way() {
        assert_eq!(Likeness::DeepSeek.usage(USAGE)["prompt_cache_miss_tokens"], 40);
        assert_eq!(Likeness::Moonshot.usage(USAGE)["cached_tokens"], 60);
        let xai = Likeness::Xai.usage(USAGE);
        assert_eq!((&xai["completion_tokens"], &xai["total_tokens"]), (&json!(30), &json!(150)));
    }

    #[test]
    fn strict_vendors_refuse_what_they_do_not_take() {
        let body = |field: &str| format!(r#"{{"model":"m","messages":[],"{field}":2}}"#);
        let check = |likeness: Likeness, field| likeness.check(body(field).as_bytes());
        assert_eq!(
            check(Likeness::Groq, "logit_bias"),
            Err(Fault::UnsupportedProperty("logit_bias".to_owned()))
        );
        assert!(check(Likeness::Groq, "n").is_err());
        assert_eq!(check(Likeness::Groq, "seed"), Ok(()));
        assert!(check(Likeness::Mistral, "seed").is_err());
        assert_eq!(check(Likeness::Mistral, "random_seed"), Ok(()));
        assert_eq!(check(Likeness::DeepSeek, "anything"), Ok(()));
    }
}
