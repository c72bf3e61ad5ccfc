//! A provider's own way of speaking OpenAI's API: its preset's, with what the configuration says
//! otherwise.

use url::Url;

use super::azure;
use crate::{
    kernel::config::{
        OutputLimitField, Preset, PresetSurface, Provider, ProviderKind, StreamUsage,
        UnsupportedFields, UsageShape,
    },
    wire::{Dialect, FieldRules, RelayedApi},
};

/// How one provider is spoken to.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one thing whether it is there")]
pub(super) struct Manner {
    pub(super) output_limit_field: OutputLimitField,
    pub(super) is_asked_for_stream_usage: bool,
    pub(super) usage_shape: UsageShape,
    /// None where it takes every field, so that no body is looked through for nothing.
    pub(super) field_rules: Option<FieldRules>,
    pub(super) unsupported_fields: UnsupportedFields,
    pub(super) has_responses: bool,
    pub(super) has_completions: bool,
    pub(super) has_files: bool,
    pub(super) has_batches: bool,
    /// None where it has all that its dialect has.
    surfaces: Option<&'static [PresetSurface]>,
}

impl Manner {
    pub(super) fn of(provider: &Provider, base_url: &Url) -> Self {
        let preset = provider.kind.preset();
        let is_openai_itself = is_openai(base_url);
        let default_field = match preset {
            Some(preset) => preset.output_limit_field,
            None if is_openai_itself || is_newest_azure(provider) => {
                OutputLimitField::MaxCompletionTokens
            }
            None => OutputLimitField::MaxTokens,
        };
        Self {
            output_limit_field: provider.output_limit_field.unwrap_or(default_field),
            is_asked_for_stream_usage: preset
                .is_none_or(|preset| preset.stream_usage == StreamUsage::Asked),
            usage_shape: preset.map(|preset| preset.usage).unwrap_or_default(),
            field_rules: preset.map(field_rules).filter(|rules| !rules.is_empty()),
            unsupported_fields: provider.unsupported_fields,
            has_responses: has_responses(provider, Some(base_url)),
            has_completions: has_completions(provider),
            has_files: keeps(provider, PresetSurface::Files),
            has_batches: keeps(provider, PresetSurface::Batches),
            surfaces: preset.map(|preset| &*preset.surfaces),
        }
    }

    pub(super) fn has_surface(&self, dialect: Dialect) -> bool {
        let surface = match dialect {
            Dialect::OpenAiEmbeddings => PresetSurface::Embeddings,
            Dialect::OpenAiResponses => return self.has_responses,
            Dialect::OpenAiCompletions => return self.has_completions,
            Dialect::Relayed(api) => surface_of(api),
            _ => PresetSurface::Chat,
        };
        self.surfaces.is_none_or(|surfaces| surfaces.contains(&surface))
    }
}

/// Whether it is Azure with the API that is `OpenAI`'s own.
fn is_newest_azure(provider: &Provider) -> bool {
    provider.kind == ProviderKind::Azure && azure::has_responses(provider)
}

fn is_openai(base_url: &Url) -> bool {
    base_url.host_str() == Some("api.openai.com")
}

/// Whether a provider has the Responses API: as the configuration says, else as its vendor's
/// preset does; of those without a preset, OpenAI itself has it.
pub(super) fn has_responses(provider: &Provider, base_url: Option<&Url>) -> bool {
    let by_kind = match provider.kind {
        ProviderKind::Openai => base_url.is_some_and(is_openai),
        ProviderKind::Preset(preset) => preset.surfaces.contains(&PresetSurface::Responses),
        ProviderKind::Azure => azure::has_responses(provider),
        ProviderKind::GitHubCopilot => false,
        _ => return false,
    };
    provider.has_responses.unwrap_or(by_kind)
}

/// Whether a provider has completions: as the configuration says, else as its preset does; an API
/// of OpenAI's without a preset has them.
fn has_completions(provider: &Provider) -> bool {
    let by_kind = match provider.kind {
        ProviderKind::Openai | ProviderKind::Azure => true,
        ProviderKind::Preset(preset) => preset.surfaces.contains(&PresetSurface::Completions),
        ProviderKind::SageMaker => false,
        _ => return false,
    };
    provider.has_completions.unwrap_or(by_kind)
}

/// Whether a provider has files or batches as OpenAI has them: as its preset says, else where it
/// has OpenAI's newest API.
fn keeps(provider: &Provider, what: PresetSurface) -> bool {
    match provider.kind {
        ProviderKind::Openai => true,
        ProviderKind::Preset(preset) => preset.surfaces.contains(&what),
        _ => is_newest_azure(provider),
    }
}

const fn surface_of(api: RelayedApi) -> PresetSurface {
    match api {
        RelayedApi::Moderations => PresetSurface::Moderations,
        RelayedApi::Rerank => PresetSurface::Rerank,
        RelayedApi::ImageGenerations | RelayedApi::ImageEdits | RelayedApi::ImageVariations => {
            PresetSurface::Images
        }
        RelayedApi::Speech => PresetSurface::Speech,
        RelayedApi::Transcriptions | RelayedApi::Translations => PresetSurface::Transcriptions,
        RelayedApi::Realtime => PresetSurface::Realtime,
    }
}

fn field_rules(preset: &'static Preset) -> FieldRules {
    let is_told_anyway = preset.stream_usage == StreamUsage::Always;
    FieldRules {
        unsupported: preset
            .unsupported
            .iter()
            .map(|(field, neutral)| (&**field, neutral.as_ref()))
            .collect(),
        renamed: preset.renamed.iter().map(|(ours, theirs)| (&**ours, &**theirs)).collect(),
        needless: is_told_anyway.then_some("stream_options").into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manner(provider: &Provider, url: &str) -> Manner {
        Manner::of(provider, &Url::parse(url).unwrap())
    }

    fn preset(kind: &str) -> Provider {
        Provider::new(ProviderKind::try_from(kind.to_owned()).unwrap())
    }

    #[test]
    fn openai_itself_takes_every_field_and_the_newer_limit() {
        let openai = Provider::new(ProviderKind::Openai);
        let own = manner(&openai, "https://api.openai.com/v1");
        assert_eq!(own.output_limit_field, OutputLimitField::MaxCompletionTokens);
        assert!(own.field_rules.is_none() && own.is_asked_for_stream_usage);
        let other = manner(&openai, "http://127.0.0.1:1/v1");
        assert_eq!(other.output_limit_field, OutputLimitField::MaxTokens);
        assert!(other.has_surface(Dialect::OpenAiEmbeddings));
    }

    #[test]
    fn a_preset_speaks_in_its_own_way_and_the_configuration_wins() {
        let url = "https://api.mistral.ai/v1";
        let mistral = manner(&preset("mistral"), url);
        let rules = mistral.field_rules.unwrap();
        assert_eq!(rules.needless, ["stream_options"]);
        assert!(rules.renamed.contains(&("max_completion_tokens", "max_tokens")));
        assert!(!mistral.is_asked_for_stream_usage && !mistral.has_responses);
        assert_eq!(mistral.unsupported_fields, UnsupportedFields::Refuse);
        let changed = Provider {
            output_limit_field: Some(OutputLimitField::MaxCompletionTokens),
            unsupported_fields: UnsupportedFields::Drop,
            has_responses: Some(true),
            ..preset("mistral")
        };
        let changed = manner(&changed, url);
        assert_eq!(changed.output_limit_field, OutputLimitField::MaxCompletionTokens);
        assert_eq!(changed.unsupported_fields, UnsupportedFields::Drop);
        assert!(changed.has_responses);
    }

    #[test]
    fn files_and_batches_are_kept_where_openais_newest_api_is_or_a_preset_says_so() {
        let kept = |provider: &Provider| {
            let manner = manner(provider, "https://a.example/v1");
            (manner.has_files, manner.has_batches)
        };
        assert_eq!(kept(&Provider::new(ProviderKind::Openai)), (true, true));
        assert_eq!(kept(&Provider::new(ProviderKind::Azure)), (true, true));
        assert_eq!(kept(&Provider::new(ProviderKind::Anthropic)), (false, false));
        assert_eq!(kept(&preset("groq")), (true, true));
        assert_eq!(kept(&preset("vllm")), (false, false));
    }

    #[test]
    fn a_preset_has_the_surfaces_that_it_names() {
        let voyage = manner(&preset("voyage"), "https://api.voyageai.com/v1");
        assert!(voyage.has_surface(Dialect::OpenAiEmbeddings));
        assert!(!voyage.has_surface(Dialect::OpenAiChat));
        let groq = manner(&preset("groq"), "https://api.groq.com/openai/v1");
        assert!(!groq.has_surface(Dialect::OpenAiEmbeddings));
    }
}
