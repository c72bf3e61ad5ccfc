//! `LiteLLM`'s map of models: `model_prices_and_context_window.json` of its repository.
//!
//! One object; a key is a model, mostly behind its provider's name, and the value tells prices for
//! one token, limits and abilities. The keys are documented by the entry `sample_spec` alone.
//! <https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json>

mod price;

use std::collections::HashMap;

use super::{
    document::{self, Object, Unreadable},
    facts::{ModelFacts, Place},
    reading::{Collector, Entry, Reading},
    vendors::{VENDORS, Vendor},
};
use crate::kernel::config::{Capabilities, Modality};

/// The entry that explains the others.
const EXPLANATION: &str = "sample_spec";

/// Reads the map; models of providers that the configuration has no `kind` for are passed over.
///
/// # Errors
/// [`Unreadable`], and then nothing of it may be used.
pub fn litellm(body: &[u8]) -> Result<Reading, Unreadable> {
    let map = document::object(document::text(body)?)?;
    let vendors = by_litellms_name();
    let mut collector = Collector::default();
    for (key, value) in map.sorted() {
        if key == EXPLANATION {
            continue;
        }
        let Some(fields) = Object::of(value) else {
            collector.nameless(&format!("`{}`: expected an object", key.escape_debug()));
            continue;
        };
        let Some(mut entry) = collector.entry(key, fields) else { continue };
        let provider = entry.fields.text("litellm_provider").unwrap_or_default();
        let Some(known) = vendors.get(&*provider) else { continue };
        let Some(mode) = Mode::of(&entry) else { continue };
        let facts = ModelFacts {
            price: price::read(&mut entry, mode),
            capabilities: capabilities(&mut entry, mode, &provider),
        };
        if !facts.is_empty() {
            for vendor in known {
                if let Some(model) = model_of(key, &provider, vendor.kind) {
                    collector.keep(Place::kind(vendor.kind), model, facts.clone());
                }
            }
        }
        collector.note(entry);
    }
    collector.finish()
}

fn by_litellms_name() -> HashMap<&'static str, Vec<&'static Vendor>> {
    let mut known: HashMap<_, Vec<_>> = HashMap::new();
    for vendor in VENDORS {
        for name in vendor.litellm {
            known.entry(*name).or_default().push(vendor);
        }
    }
    known
}

/// What the provider calls the model of a key; none where the key says more than that: a region, a
/// size of pictures, or the default of a size of models.
fn model_of<'a>(key: &'a str, provider: &str, kind: &str) -> Option<&'a str> {
    let prefix = match provider {
        "fireworks_ai-embedding-models" => "fireworks_ai",
        "cohere_chat" => "cohere",
        "azure_text" => "azure",
        _ if provider.starts_with("vertex_ai") => "vertex_ai",
        _ => provider,
    };
    let stripped = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/'));
    let model = stripped.unwrap_or(key);
    match kind {
        // `bedrock/eu-central-1/…` and `azure/eu/…` are prices of one region.
        "bedrock" | "azure" | "openai" | "anthropic" => (!model.contains('/')).then_some(model),
        // `together-ai-8.1b-21b` stands for every model of that size.
        "together" | "fireworks" => stripped,
        _ => Some(model),
    }
}

/// What a model is asked for, as far as it decides what its price has to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Tokens for tokens: chats, completions, responses, realtime sessions.
    Text,
    Embedding,
    Rerank,
    Moderation,
    Transcription,
    Speech,
    Images,
}

impl Mode {
    /// None for what the gateway does not serve, such as films.
    fn of(entry: &Entry<'_>) -> Option<Self> {
        match &*entry.fields.text("mode")? {
            "chat" | "completion" | "responses" | "realtime" => Some(Self::Text),
            "embedding" => Some(Self::Embedding),
            "rerank" => Some(Self::Rerank),
            "moderation" => Some(Self::Moderation),
            "audio_transcription" => Some(Self::Transcription),
            "audio_speech" => Some(Self::Speech),
            "image_generation" | "image_edit" => Some(Self::Images),
            _ => None,
        }
    }
}

fn capabilities(entry: &mut Entry<'_>, mode: Mode, provider: &str) -> Capabilities {
    let max_input = entry.count("max_input_tokens");
    let max_output_tokens = match mode {
        Mode::Text => entry.count("max_output_tokens"),
        _ => None,
    };
    // OpenAI counts the answer beside the prompt, others within.
    let counts_beside = matches!(provider, "openai" | "azure") && mode == Mode::Text;
    let beside = if counts_beside { max_output_tokens.unwrap_or(0) } else { 0 };
    let documents = entry.flag("supports_pdf_input");
    let inputs = modalities(entry, "supported_modalities").map(|mut inputs| {
        if documents == Some(true) {
            inputs.push(Modality::Document);
        }
        inputs
    });
    let outputs = match mode {
        Mode::Embedding => Some(vec![Modality::Embedding]),
        Mode::Text => modalities(entry, "supported_output_modalities"),
        _ => None,
    };
    Capabilities {
        context_tokens: max_input.map(|tokens| tokens.saturating_add(beside)),
        max_output_tokens,
        inputs,
        outputs,
        tools: entry.flag("supports_function_calling"),
        schema: entry.flag("supports_response_schema"),
        reasoning: entry.flag("supports_reasoning"),
        caching: entry.flag("supports_prompt_caching"),
        dimensions: entry.count("output_vector_size"),
    }
}

fn modalities(entry: &mut Entry<'_>, key: &str) -> Option<Vec<Modality>> {
    let mut known = Vec::new();
    for item in entry.fields.items(key) {
        let modality = match item.get() {
            "\"text\"" | "\"code\"" => Modality::Text,
            "\"image\"" => Modality::Image,
            "\"audio\"" => Modality::Audio,
            "\"video\"" => Modality::Video,
            "\"pdf\"" | "\"file\"" => Modality::Document,
            "\"embedding\"" => Modality::Embedding,
            _ => {
                entry.remark(format!("{key}: a kind of content that is not known"));
                continue;
            }
        };
        if !known.contains(&modality) {
            known.push(modality);
        }
    }
    (!known.is_empty()).then_some(known)
}

#[cfg(test)]
mod tests;
