//! What the price sources call the vendors that the configuration knows by `kind:`.

/// A kind of provider as the sources know it.
pub(super) struct Vendor {
    /// What is written after `kind:`.
    pub(super) kind: &'static str,
    /// Its values of `litellm_provider`.
    pub(super) litellm: &'static [&'static str],
    /// Its keys in models.dev.
    pub(super) models_dev: &'static [&'static str],
}

const fn vendor(
    kind: &'static str,
    litellm: &'static [&'static str],
    models_dev: &'static [&'static str],
) -> Vendor {
    Vendor { kind, litellm, models_dev }
}

/// Kinds whose models have public prices. Servers of one's own are not among them, and neither is
/// `SageMaker`, where an endpoint costs by the hour.
pub(super) const VENDORS: &[Vendor] = &[
    vendor("openai", &["openai", "text-completion-openai"], &["openai"]),
    vendor("anthropic", &["anthropic"], &["anthropic"]),
    vendor("gemini", &["gemini"], &["google"]),
    vendor("google-ai-studio", &["gemini"], &["google"]),
    vendor(
        "vertex",
        &[
            "vertex_ai",
            "vertex_ai-ai21_models",
            "vertex_ai-anthropic_models",
            "vertex_ai-deepseek_models",
            "vertex_ai-embedding-models",
            "vertex_ai-language-models",
            "vertex_ai-llama_models",
            "vertex_ai-minimax_models",
            "vertex_ai-mistral_models",
            "vertex_ai-moonshot_models",
            "vertex_ai-openai_models",
            "vertex_ai-qwen_models",
            "vertex_ai-zai_models",
        ],
        &["google-vertex", "google-vertex-anthropic"],
    ),
    vendor("bedrock", &["bedrock", "bedrock_converse"], &["amazon-bedrock"]),
    vendor("azure", &["azure", "azure_text"], &["azure"]),
    vendor("azure-ai", &["azure_ai"], &["azure-cognitive-services"]),
    vendor("cohere", &["cohere", "cohere_chat"], &["cohere"]),
    vendor("cohere-compatible", &["cohere", "cohere_chat"], &["cohere"]),
    vendor("workers-ai", &["cloudflare"], &["cloudflare-workers-ai"]),
    vendor("replicate", &["replicate"], &[]),
    vendor("github-copilot", &["github_copilot"], &["github-copilot"]),
    vendor("baseten", &["baseten"], &["baseten"]),
    vendor("cerebras", &["cerebras"], &["cerebras"]),
    vendor("dashscope", &["dashscope"], &["alibaba"]),
    vendor("deepinfra", &["deepinfra"], &["deepinfra"]),
    vendor("deepseek", &["deepseek"], &["deepseek"]),
    vendor("fireworks", &["fireworks_ai", "fireworks_ai-embedding-models"], &["fireworks-ai"]),
    vendor("github-models", &[], &["github-models"]),
    vendor("groq", &["groq"], &["groq"]),
    vendor("huggingface", &["huggingface"], &["huggingface"]),
    vendor("hyperbolic", &["hyperbolic"], &["hyperbolic"]),
    vendor("jina", &["jina_ai"], &[]),
    vendor("mistral", &["mistral", "codestral"], &["mistral"]),
    vendor("moonshot", &["moonshot"], &["moonshotai-cn", "moonshotai"]),
    vendor("nebius", &["nebius"], &["nebius"]),
    vendor("novita", &["novita"], &["novita-ai"]),
    vendor("openrouter", &["openrouter"], &["openrouter"]),
    vendor("perplexity", &["perplexity"], &["perplexity"]),
    vendor("sambanova", &["sambanova"], &["sambanova"]),
    vendor("siliconflow", &["siliconflow"], &["siliconflow"]),
    vendor("together", &["together_ai"], &["togetherai"]),
    vendor("voyage", &["voyage"], &[]),
    vendor("xai", &["xai"], &["xai"]),
    vendor("zhipu", &["bigmodel"], &["zhipuai"]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::kernel::config::{CredentialNeed, ProviderKind};

    #[test]
    fn every_kind_that_sells_models_has_its_names_and_no_other_kind_has() {
        let mut named = HashSet::new();
        for vendor in VENDORS {
            assert!(named.insert(vendor.kind), "{} is there twice", vendor.kind);
            assert!(ProviderKind::try_from(vendor.kind.to_owned()).is_ok(), "{}", vendor.kind);
        }
        for kind in ProviderKind::all() {
            let is_own_server =
                kind.preset().is_some_and(|preset| preset.credential == CredentialNeed::Optional);
            let sells_no_tokens =
                matches!(kind, ProviderKind::Demo | ProviderKind::Ollama | ProviderKind::SageMaker);
            let is_named = named.contains(kind.name());
            // Parasail's prices are in none of the sources.
            let is_exempt = is_own_server || sells_no_tokens || kind.name() == "parasail";
            assert_eq!(is_named, !is_exempt, "{}", kind.name());
        }
    }
}
