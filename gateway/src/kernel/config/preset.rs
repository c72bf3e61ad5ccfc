//! OpenAI-compatible providers as data: what `kind: groq` stands for.
//!
//! The data are in `presets.yaml`, which is part of the binary and is read once. A vendor that
//! speaks OpenAI's API in a way of its own is an entry there and no code.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{OutputLimitField, UsageShape};

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    read().unwrap_or_else(|error| {
        // A test reads the same bytes, so this is a defect of the build.
        tracing::error!(%error, "the presets of this binary cannot be read; none is known");
        Vec::new()
    })
});

fn read() -> Result<Vec<Preset>, serde_saphyr::Error> {
    serde_saphyr::from_str(include_str!("presets.yaml"))
}

/// One OpenAI-compatible provider. What an entry leaves out is as OpenAI has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What is written after `kind:`.
    pub kind: String,
    /// Its name for people.
    pub title: String,
    /// Where the vendor documents what is said here.
    pub documentation: Url,
    /// Where it is; none where every customer has an address of their own.
    #[serde(default)]
    pub base_url: Option<Url>,
    /// What such an address looks like, where there is no `base_url`.
    #[serde(default)]
    pub example_url: Option<String>,
    /// Whether it wants a credential.
    #[serde(default)]
    pub credential: CredentialNeed,
    /// The header that the credential is sent in; a bearer token in `authorization` if left out.
    #[serde(default)]
    pub credential_header: Option<String>,
    /// Headers that the vendor documents and does without.
    #[serde(default)]
    pub optional_headers: Vec<String>,
    /// Which field limits an answer where the caller gave no limit.
    #[serde(default = "max_tokens")]
    pub output_limit_field: OutputLimitField,
    /// When a stream tells its usage.
    #[serde(default)]
    pub stream_usage: StreamUsage,
    /// What can be asked of it.
    #[serde(default = "chat_alone")]
    pub surfaces: Vec<PresetSurface>,
    /// Whether it lists its models at `GET {base_url}/models`.
    #[serde(default)]
    pub models: ModelList,
    /// A path below the base URL whose answer proves the credential and costs nothing, where the
    /// list of models does not.
    #[serde(default)]
    pub credential_check: Option<String>,
    /// Fields of a request that the vendor refuses, each with the value that asks for no more than
    /// leaving the field out does, where that is not null, false, zero or empty.
    #[serde(default)]
    pub unsupported: BTreeMap<String, Option<Value>>,
    /// Fields of a request that the vendor has under another name and with the same meaning.
    #[serde(default)]
    pub renamed: BTreeMap<String, String>,
    /// How its usage object differs from OpenAI's.
    #[serde(default)]
    pub usage: UsageShape,
}

/// Whether a provider wants a credential.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialNeed {
    /// Nothing works without one.
    #[default]
    Required,
    /// A server of one's own wants one where its operator says so.
    Optional,
}

/// When a stream tells its usage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamUsage {
    /// Where `stream_options.include_usage` asks for it.
    #[default]
    Asked,
    /// Unasked, so that `stream_options`, which the vendor may refuse, is not sent.
    Always,
}

/// Something that can be asked of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresetSurface {
    /// Chat completions.
    Chat,
    /// The Responses API.
    Responses,
    /// Embeddings.
    Embeddings,
    /// Completions from before there were chats.
    Completions,
    /// Whether a text or a picture is harmful.
    Moderations,
    /// Which documents fit a question best.
    Rerank,
    /// Pictures, made and changed.
    Images,
    /// Texts read aloud.
    Speech,
    /// What is said, written down.
    Transcriptions,
    /// Files that are kept for their callers.
    Files,
    /// Requests that are answered within a day.
    Batches,
    /// Conversations over a `WebSocket`.
    Realtime,
}

impl PresetSurface {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
            Self::Completions => "completions",
            Self::Moderations => "moderations",
            Self::Rerank => "rerank",
            Self::Images => "images",
            Self::Speech => "speech",
            Self::Transcriptions => "transcriptions",
            Self::Files => "files",
            Self::Batches => "batches",
            Self::Realtime => "realtime",
        }
    }
}

/// Whether and for whom a provider lists its models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelList {
    /// For holders of a credential.
    #[default]
    Keyed,
    /// For everyone, so that the list proves no credential.
    Open,
    /// Not at all, or at another address.
    None,
}

const fn max_tokens() -> OutputLimitField {
    OutputLimitField::MaxTokens
}

fn chat_alone() -> Vec<PresetSurface> {
    vec![PresetSurface::Chat]
}

impl Preset {
    /// Every preset, in the order of the file.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &PRESETS
    }

    /// The preset of this kind.
    #[must_use]
    pub fn find(kind: &str) -> Option<&'static Self> {
        Self::all().iter().find(|preset| preset.kind == kind)
    }

    /// The environment variable that usually holds its credential: `GROQ_API_KEY`.
    #[must_use]
    pub fn key_variable(&self) -> String {
        format!("{}_API_KEY", self.kind.to_uppercase().replace('-', "_"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{super::ProviderKind, *};

    #[test]
    fn every_preset_can_be_read_and_has_a_name_of_its_own() {
        let presets = Preset::all();
        assert_eq!(read().unwrap().len(), presets.len());
        assert!(presets.len() > 30, "{}", presets.len());
        let mut kinds = HashSet::new();
        for preset in presets {
            let is_plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
            assert!(preset.kind.chars().all(is_plain), "{}", preset.kind);
            assert!(kinds.insert(&preset.kind), "{} is there twice", preset.kind);
            let kind = ProviderKind::Preset(preset);
            assert_eq!(ProviderKind::try_from(preset.kind.clone()).unwrap(), kind);
        }
    }

    #[test]
    fn every_preset_has_an_address_or_says_what_one_looks_like() {
        for preset in Preset::all() {
            let kind = &preset.kind;
            assert!(preset.base_url.is_some() != preset.example_url.is_some(), "{kind}");
            let shown = preset.example_url.as_ref().map(|url| Url::parse(url).unwrap());
            let url = preset.base_url.clone().or(shown).unwrap();
            assert!(!url.cannot_be_a_base(), "{kind}");
            let is_own = preset.credential == CredentialNeed::Optional;
            assert_eq!(url.scheme(), if is_own { "http" } else { "https" }, "{kind}");
            assert!(!url.path().ends_with('/') || url.path() == "/", "{kind}");
            assert_eq!(preset.documentation.scheme(), "https", "{kind}");
            assert!(!preset.surfaces.is_empty(), "{kind}");
        }
    }

    #[test]
    fn no_field_is_both_renamed_and_refused_or_one_that_the_gateway_itself_needs() {
        const NEEDED: [&str; 5] = ["model", "messages", "input", "stream", "max_tokens"];
        for preset in Preset::all() {
            for field in preset.renamed.keys().chain(preset.unsupported.keys()) {
                assert!(!NEEDED.contains(&&**field), "{}: {field}", preset.kind);
            }
            for field in preset.renamed.keys() {
                assert!(!preset.unsupported.contains_key(field), "{}: {field}", preset.kind);
            }
        }
    }
}
