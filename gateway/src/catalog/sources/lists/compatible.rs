//! OpenAI's list, with what compatible vendors and servers add to it.

use super::{Entry, Form, ModelFacts};
use crate::kernel::config::{Capabilities, Modality};

/// <https://platform.openai.com/docs/api-reference/models/list>
pub(super) const FORM: Form = Form {
    // Groq lists models that are no longer served.
    is_served: |fields| fields.flag("active") != Some(false),
    facts,
    ..Form::OPENAI
};

/// Where the context is told: Groq, `vLLM` and `SGLang`, Fireworks and Moonshot, LM Studio, Novita.
const CONTEXT: [&str; 5] =
    ["context_window", "max_model_len", "context_length", "max_context_length", "context_size"];
/// Where the longest answer is told: Groq and `SambaNova`, Novita.
const OUTPUT: [&str; 2] = ["max_completion_tokens", "max_output_tokens"];
/// Where it is told that pictures are taken: Fireworks, Moonshot.
const PICTURES: [&str; 2] = ["supports_image_input", "supports_image_in"];

fn facts(entry: &mut Entry<'_>) -> ModelFacts {
    let takes_pictures = PICTURES.iter().find_map(|key| entry.flag(key));
    ModelFacts {
        price: None,
        capabilities: Capabilities {
            context_tokens: CONTEXT.iter().find_map(|key| entry.count(key)),
            max_output_tokens: OUTPUT.iter().find_map(|key| entry.count(key)),
            inputs: (takes_pictures == Some(false)).then(|| vec![Modality::Text]),
            tools: entry.flag("supports_tools"),
            reasoning: entry.flag("supports_reasoning"),
            ..Capabilities::default()
        },
    }
}
