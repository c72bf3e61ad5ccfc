//! One of `providers`: where models are.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;
use url::Url;

use super::{Aws, Azure, BetaLists, GitHub, Google, Preset, load::nearest};
use crate::kernel::{Secret, digest::Sha256};

/// One of `providers`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What it speaks.
    pub kind: ProviderKind,
    /// Where it is; the vendor's own address if left out.
    #[serde(default)]
    pub base_url: Option<Url>,
    /// Its credential; `${NAME}` takes it from the environment.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// Where in Amazon's cloud it is, and whose keys open it.
    #[serde(default)]
    pub aws: Option<Aws>,
    /// Which field limits the answer of an OpenAI-compatible provider, where the caller gave no
    /// limit.
    #[serde(default)]
    pub output_limit_field: Option<OutputLimitField>,
    /// Whether an OpenAI-compatible provider has the Responses API; OpenAI itself has it. Calls of
    /// it are told to the others as chat completions.
    #[serde(default)]
    pub has_responses: Option<bool>,
    /// Whether an OpenAI-compatible provider has completions from before there were chats; OpenAI
    /// itself has them for some models. They are told to the others as chat completions.
    #[serde(default)]
    pub has_completions: Option<bool>,
    /// What becomes of a request with a field that the provider does not take.
    #[serde(default)]
    pub unsupported_fields: UnsupportedFields,
    /// Whether its models cost what its vendor's public lists say; left out, where it is at the
    /// vendor's own address and calls its models as the vendor does.
    #[serde(default)]
    pub list_prices: Option<bool>,
    /// Further headers of every request; `${NAME}` takes a value from the environment.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Whose Vertex AI is asked, and with whose credential.
    #[serde(default)]
    pub google: Option<Google>,
    /// In which version Azure OpenAI is asked, and by whom.
    #[serde(default)]
    pub azure: Option<Azure>,
    /// Where the GitHub is whose Copilot is asked.
    #[serde(default)]
    pub github: Option<GitHub>,
    /// Which betas and fields Anthropic's models there take, other than is known of the host.
    #[serde(default)]
    pub betas: BetaLists,
    /// What tells this entry from one of the same name before or after it; none for what the file
    /// says, which does not change while a gateway runs.
    #[serde(skip)]
    pub edition: Option<Sha256>,
}

impl Provider {
    /// A provider of which nothing but its kind is said.
    #[must_use]
    pub const fn new(kind: ProviderKind) -> Self {
        Self {
            kind,
            base_url: None,
            api_key: None,
            aws: None,
            output_limit_field: None,
            has_responses: None,
            has_completions: None,
            unsupported_fields: UnsupportedFields::Refuse,
            list_prices: None,
            headers: BTreeMap::new(),
            google: None,
            azure: None,
            github: None,
            betas: BetaLists::new(),
            edition: None,
        }
    }

    /// The vendor whose public lists tell of its models, by the name of the kind; none where they
    /// tell nothing of it. At an address of its own is somebody else, who may have models of the
    /// same names, and a deployment in Azure is named by whoever made it.
    #[must_use]
    pub fn vendor(&self) -> Option<&'static str> {
        let sells_models = !matches!(
            self.kind,
            ProviderKind::Demo | ProviderKind::Ollama | ProviderKind::SageMaker
        );
        let names_deployments = self.kind == ProviderKind::Azure
            || self.kind.preset().is_some_and(|preset| preset.kind == "azure-ai");
        let is_at_home = match (&self.base_url, self.kind) {
            (None, _) => true,
            (Some(url), ProviderKind::WorkersAi) => url.host_str() == Some("api.cloudflare.com"),
            (Some(url), kind) => {
                let preset = kind.preset().and_then(|preset| preset.base_url.as_ref());
                let own = kind.own_host().or(preset.and_then(Url::host_str));
                own.is_some() && own == url.host_str()
            }
        };
        let takes_them = self.list_prices.unwrap_or(is_at_home && !names_deployments);
        (sells_models && takes_them).then(|| self.kind.name())
    }
}

/// What a provider speaks.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum ProviderKind {
    /// OpenAI's API, which most others offer too.
    Openai,
    /// Anthropic's Messages API.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Google Cloud's Vertex AI, with models of Google and of others.
    Vertex,
    /// Amazon Bedrock.
    Bedrock,
    /// Models behind endpoints of one's own in Amazon SageMaker.
    SageMaker,
    /// Azure OpenAI.
    Azure,
    /// Cohere's own API.
    Cohere,
    /// Ollama's own API.
    Ollama,
    /// Cloudflare's Workers AI.
    WorkersAi,
    /// Replicate.
    Replicate,
    /// GitHub Copilot.
    GitHubCopilot,
    /// Answers from inside the gateway, without network or key.
    Demo,
    /// OpenAI's API in one vendor's way.
    Preset(&'static Preset),
}

/// The kinds that are no preset: what is written after `kind:`, and the name for people.
const OWN_KINDS: [(ProviderKind, &str, &str); 13] = [
    (ProviderKind::Openai, "openai", "OpenAI and whatever speaks its API"),
    (ProviderKind::Anthropic, "anthropic", "Anthropic"),
    (ProviderKind::Gemini, "gemini", "Google Gemini"),
    (ProviderKind::Vertex, "vertex", "Google Vertex AI"),
    (ProviderKind::Bedrock, "bedrock", "Amazon Bedrock"),
    (ProviderKind::SageMaker, "sagemaker", "Amazon SageMaker"),
    (ProviderKind::Azure, "azure", "Azure OpenAI"),
    (ProviderKind::Cohere, "cohere", "Cohere"),
    (ProviderKind::Ollama, "ollama", "Ollama"),
    (ProviderKind::WorkersAi, "workers-ai", "Cloudflare Workers AI"),
    (ProviderKind::Replicate, "replicate", "Replicate"),
    (ProviderKind::GitHubCopilot, "github-copilot", "GitHub Copilot"),
    (ProviderKind::Demo, "demo", "Answers from inside the gateway"),
];

impl ProviderKind {
    /// What is written after `kind:`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.preset().map_or_else(|| self.own().0, |preset| &preset.kind)
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.preset().map_or_else(|| self.own().1, |preset| &preset.title)
    }

    fn own(self) -> (&'static str, &'static str) {
        let own = OWN_KINDS.iter().find(|(kind, ..)| *kind == self);
        own.map_or(("", ""), |(_, name, title)| (name, title))
    }

    /// The host of a vendor that is no preset and has one address for everybody.
    const fn own_host(self) -> Option<&'static str> {
        Some(match self {
            Self::Openai => "api.openai.com",
            Self::Anthropic => "api.anthropic.com",
            Self::Gemini => "generativelanguage.googleapis.com",
            Self::Cohere => "api.cohere.com",
            Self::Replicate => "api.replicate.com",
            _ => return None,
        })
    }

    /// The preset that it stands for.
    #[must_use]
    pub const fn preset(self) -> Option<&'static Preset> {
        match self {
            Self::Preset(preset) => Some(preset),
            _ => None,
        }
    }

    /// Whether it has OpenAI's APIs, and a model of it can be asked by one or the other.
    #[must_use]
    pub const fn has_openais_apis(self) -> bool {
        matches!(self, Self::Openai | Self::Azure | Self::GitHubCopilot | Self::Preset(_))
    }

    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        let presets = Preset::all().iter().map(Self::Preset);
        OWN_KINDS.into_iter().map(|(kind, ..)| kind).chain(presets)
    }
}

impl fmt::Debug for ProviderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl TryFrom<String> for ProviderKind {
    type Error = UnknownKind;

    fn try_from(name: String) -> Result<Self, UnknownKind> {
        Self::all().find(|kind| kind.name() == name).ok_or(UnknownKind { name })
    }
}

/// No kind has this name.
#[derive(Debug)]
pub struct UnknownKind {
    name: String,
}

impl fmt::Display for UnknownKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<&str> = ProviderKind::all().map(ProviderKind::name).collect();
        write!(formatter, "there is no kind `{}`", self.name)?;
        if let Some(kind) = nearest(&self.name, &known) {
            write!(formatter, "; did you mean `{kind}`?")?;
        }
        write!(
            formatter,
            " Known kinds: {}. Whatever else speaks OpenAI's API is `openai` with a `base_url`",
            known.join(", ")
        )
    }
}

/// What becomes of a request with a field that the provider does not take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsupportedFields {
    /// It is refused, and the field named.
    #[default]
    Refuse,
    /// The field is left out, and the caller told.
    Drop,
}

/// The name of the limit in a chat completion request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputLimitField {
    /// The older name, which compatible servers know.
    MaxTokens,
    /// The newer name, which OpenAI's reasoning models insist on.
    MaxCompletionTokens,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_prices_are_for_the_vendor_itself_unless_it_is_said_otherwise() {
        let at = |kind: &str, base_url: Option<&str>, list_prices| {
            let kind = ProviderKind::try_from(kind.to_owned()).unwrap();
            let base_url = base_url.map(|url| Url::parse(url).unwrap());
            Provider { base_url, list_prices, ..Provider::new(kind) }.vendor()
        };
        assert_eq!(at("openai", None, None), Some("openai"));
        assert_eq!(at("openai", Some("https://api.openai.com/v1"), None), Some("openai"));
        assert_eq!(at("openai", Some("http://127.0.0.1:9501/v1"), None), None);
        assert_eq!(at("openai", Some("https://proxy.example/v1"), Some(true)), Some("openai"));
        assert_eq!(at("groq", None, None), Some("groq"));
        assert_eq!(at("groq", None, Some(false)), None);
        assert_eq!(at("groq", Some("https://eu.groq.example/v1"), None), None);
        let account = "https://api.cloudflare.com/client/v4/accounts/a/ai/run";
        assert_eq!(at("workers-ai", Some(account), None), Some("workers-ai"));
        let azure = Some("https://acme.openai.azure.com");
        assert_eq!(at("azure", azure, None), None, "a deployment may be called anything");
        assert_eq!(at("azure", azure, Some(true)), Some("azure"));
        for kind in ["ollama", "vllm", "demo", "sagemaker"] {
            let expected = (kind == "vllm").then_some("vllm");
            assert_eq!(at(kind, None, Some(true)), expected, "{kind}");
        }
        assert_eq!(at("ollama", None, None), None);
    }
}
