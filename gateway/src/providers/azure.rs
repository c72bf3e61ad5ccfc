//! Azure OpenAI: `OpenAI`'s API below `/openai/v1`, or an address for each deployment in a version
//! with a date.
//! <https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle>

use url::Url;

use super::{endpoints::join, handle::Asked};
use crate::{
    kernel::config::{Azure, ModelApi, Provider},
    wire::Dialect,
};

/// Where a version with a date is asked.
pub(super) struct Dated {
    /// The address with `/openai` behind it.
    base: Url,
    version: String,
}

/// The base of what is as `OpenAI` has it, for a resource's own address or for the one that
/// `OpenAI`'s SDK is given.
pub(super) fn undated_base(resource: &Url) -> Url {
    if resource.path().trim_end_matches('/').ends_with("/openai/v1") {
        return resource.clone();
    }
    join(resource, &["openai", "v1"])
}

/// Where Anthropic's models of a resource are asked in Anthropic's own API, which stands beside
/// `OpenAI`'s. <https://learn.microsoft.com/azure/foundry/foundry-models/how-to/use-foundry-models-claude>
pub(super) fn messages(resource: &Url) -> Url {
    let mut root = resource.clone();
    let path = resource.path().trim_end_matches('/');
    let before = ["/openai/v1", "/openai"].into_iter().find_map(|end| path.strip_suffix(end));
    root.set_path(before.unwrap_or(path));
    join(&root, &["anthropic", "v1", "messages"])
}

/// Whether a deployment is asked in Anthropic's API: where the configuration says so, or the name
/// is one of Anthropic's.
pub(super) fn speaks_messages(model: &str, api: Option<ModelApi>) -> bool {
    api.map_or_else(|| model.starts_with("claude-"), |api| api == ModelApi::Messages)
}

/// Whether it has the Responses API as `OpenAI` has it; an older version is asked at its own risk.
pub(super) fn has_responses(provider: &Provider) -> bool {
    provider.azure.as_ref().and_then(Azure::dated).is_none()
}

impl Dated {
    pub(super) fn of(provider: &Provider, resource: &Url) -> Option<Self> {
        let version = provider.azure.as_ref()?.dated()?.to_owned();
        let is_whole = resource.path().trim_end_matches('/').ends_with("/openai");
        let base = if is_whole { resource.clone() } else { join(resource, &["openai"]) };
        Some(Self { base, version })
    }

    /// Where a request goes; Anthropic's API has no such versions.
    pub(super) fn url(&self, asked: &Asked<'_>) -> Option<Url> {
        Some(match asked.dialect {
            Dialect::AnthropicMessages => return None,
            Dialect::OpenAiResponses => self.at(&["responses"]),
            Dialect::OpenAiEmbeddings => self.at(&["deployments", asked.model, "embeddings"]),
            Dialect::OpenAiCompletions => self.at(&["deployments", asked.model, "completions"]),
            Dialect::Relayed(api) => self.at(&[&["deployments", asked.model], api.path()].concat()),
            _ => self.at(&["deployments", asked.model, "chat", "completions"]),
        })
    }

    /// Where the models are that deployments can be made of.
    pub(super) fn models(&self) -> Url {
        self.at(&["models"])
    }

    fn at(&self, segments: &[&str]) -> Url {
        let mut url = join(&self.base, segments);
        url.query_pairs_mut().append_pair("api-version", &self.version);
        url
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::{kernel::config::ProviderKind, wire::RelayedApi};

    fn dated() -> Dated {
        let azure = Azure { api_version: Some("2024-10-21".to_owned()), ..Azure::default() };
        let provider = Provider { azure: Some(azure), ..Provider::new(ProviderKind::Azure) };
        Dated::of(&provider, &Url::parse("https://acme.openai.azure.com").unwrap()).unwrap()
    }

    #[rstest]
    #[case(Dialect::OpenAiChat, "deployments/gpt%20x/chat/completions")]
    #[case(Dialect::OpenAiEmbeddings, "deployments/gpt%20x/embeddings")]
    #[case(Dialect::OpenAiCompletions, "deployments/gpt%20x/completions")]
    #[case(
        Dialect::Relayed(RelayedApi::Transcriptions),
        "deployments/gpt%20x/audio/transcriptions"
    )]
    #[case(Dialect::OpenAiResponses, "responses")]
    fn a_dated_version_has_an_address_for_each_deployment(
        #[case] dialect: Dialect,
        #[case] path: &str,
    ) {
        let asked = Asked { dialect, model: "gpt x", is_streaming: true };
        let expected =
            format!("https://acme.openai.azure.com/openai/{path}?api-version=2024-10-21");
        assert_eq!(dated().url(&asked).unwrap().as_str(), expected);
    }

    #[rstest]
    #[case("https://acme.services.ai.azure.com", "")]
    #[case("https://acme.services.ai.azure.com/openai/v1/", "")]
    #[case("https://proxy.example/a/openai", "/a")]
    fn anthropics_api_stands_beside_the_other(#[case] resource: &str, #[case] before: &str) {
        let url = messages(&Url::parse(resource).unwrap());
        assert_eq!(url.path(), format!("{before}/anthropic/v1/messages"));
    }

    #[rstest]
    #[case("claude-sonnet-4-5", None, true)]
    #[case("my-deployment", Some(ModelApi::Messages), true)]
    #[case("claude-like", Some(ModelApi::Chat), false)]
    #[case("gpt-5", None, false)]
    fn a_deployment_speaks_anthropics_api_by_its_name_or_as_it_is_said(
        #[case] model: &str,
        #[case] api: Option<ModelApi>,
        #[case] expected: bool,
    ) {
        assert_eq!(speaks_messages(model, api), expected);
    }

    #[rstest]
    #[case("https://acme.openai.azure.com")]
    #[case("https://acme.openai.azure.com/")]
    #[case("https://acme.openai.azure.com/openai/v1/")]
    fn without_a_date_everything_is_below_one_address(#[case] resource: &str) {
        let base = undated_base(&Url::parse(resource).unwrap());
        assert_eq!(
            join(&base, &["responses"]).as_str(),
            "https://acme.openai.azure.com/openai/v1/responses"
        );
    }
}
