//! What a chat completion request may ask for that no other dialect can give.
//!
//! Such a field is refused by its name: dropped in silence, the client would get an answer to
//! another question. A value that asks for what happens anyway (`n: 1`, a penalty of zero) passes.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use crate::wire::WireError;

#[derive(Debug, Deserialize)]
pub(super) struct Untranslatable {
    n: Option<i64>,
    logprobs: Option<bool>,
    top_logprobs: Option<i64>,
    logit_bias: Option<Map<String, Value>>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    audio: Option<IgnoredAny>,
    modalities: Option<Vec<String>>,
    moderation: Option<IgnoredAny>,
    web_search_options: Option<IgnoredAny>,
    functions: Option<IgnoredAny>,
    function_call: Option<IgnoredAny>,
}

impl Untranslatable {
    /// # Errors
    ///
    /// Names the first field that asks for what cannot be translated.
    pub(super) fn refuse(&self) -> Result<(), WireError> {
        match self.first() {
            None => Ok(()),
            Some(field) => Err(WireError::unsupported(
                field,
                format!(
                    "`{field}` cannot be translated for this model's provider; leave it out or \
                     choose a model that speaks the OpenAI API"
                ),
            )),
        }
    }

    fn first(&self) -> Option<&'static str> {
        let asked = [
            ("n", self.n.is_some_and(|n| n != 1)),
            ("logprobs", self.logprobs == Some(true)),
            ("top_logprobs", self.top_logprobs.is_some_and(|count| count != 0)),
            ("logit_bias", self.logit_bias.as_ref().is_some_and(|bias| !bias.is_empty())),
            ("frequency_penalty", is_a_penalty(self.frequency_penalty)),
            ("presence_penalty", is_a_penalty(self.presence_penalty)),
            ("audio", self.audio.is_some()),
            ("modalities", self.modalities.iter().flatten().any(|mode| mode != "text")),
            ("moderation", self.moderation.is_some()),
            ("web_search_options", self.web_search_options.is_some()),
            ("functions", self.functions.is_some()),
            ("function_call", self.function_call.is_some()),
        ];
        asked.into_iter().find_map(|(field, is_asked)| is_asked.then_some(field))
    }
}

fn is_a_penalty(value: Option<f64>) -> bool {
    value.is_some_and(|value| value != 0.0)
}
