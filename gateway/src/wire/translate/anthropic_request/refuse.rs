//! What an Anthropic messages request may ask for that no other dialect can give.
//!
//! Such a field is refused by its name: dropped in silence, the client would get an answer to
//! another question, or in another place (`inference_geo`).

use serde::{Deserialize, de::IgnoredAny};

use crate::wire::WireError;

#[derive(Debug, Deserialize)]
pub(super) struct Untranslatable {
    max_tokens: Option<i64>,
    thinking: Option<Thinking>,
    top_k: Option<i64>,
    container: Option<IgnoredAny>,
    mcp_servers: Option<Vec<IgnoredAny>>,
    inference_geo: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Thinking {
    #[serde(rename = "type")]
    kind: String,
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
                     choose a model that speaks the Anthropic API"
                ),
            )),
        }
    }

    fn first(&self) -> Option<&'static str> {
        let asked = [
            // A zero fills the prompt cache without an answer, which no other API has.
            ("max_tokens", self.max_tokens == Some(0)),
            ("thinking", self.thinking.as_ref().is_some_and(Thinking::is_demanded)),
            ("top_k", self.top_k.is_some()),
            ("container", self.container.is_some()),
            ("mcp_servers", self.mcp_servers.as_ref().is_some_and(|servers| !servers.is_empty())),
            ("inference_geo", self.inference_geo.is_some()),
        ];
        asked.into_iter().find_map(|(field, is_asked)| is_asked.then_some(field))
    }
}

impl Thinking {
    /// `adaptive` leaves it to the model, which may then choose not to.
    fn is_demanded(&self) -> bool {
        !matches!(self.kind.as_str(), "disabled" | "adaptive")
    }
}
