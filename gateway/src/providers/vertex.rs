//! Vertex AI: an address and a dialect for the models of each publisher.
//!
//! Google's own models are asked in Gemini's dialect, Anthropic's in Anthropic's, and those of
//! others, whose names have the publisher in front (`meta/llama-…`), in `OpenAI`'s.
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models>

use url::Url;

use super::{endpoints::join, handle::Asked};
use crate::{kernel::config::Google, wire::Dialect};

/// The version of Vertex AI's API.
const VERSION: &str = "v1";

/// Whose a model is.
enum Publisher {
    Google,
    Anthropic,
    Another,
}

/// The dialect in which a model is asked; none for what is neither a conversation nor embeddings of
/// Google's.
pub(super) fn dialect_for(inbound: Dialect, model: &str) -> Option<Dialect> {
    match (publisher_of(model).0, inbound) {
        (Publisher::Google, Dialect::OpenAiEmbeddings) => Some(Dialect::VertexEmbeddings),
        (_, Dialect::OpenAiEmbeddings | Dialect::Relayed(_)) => None,
        (Publisher::Google, _) => Some(Dialect::Gemini),
        (Publisher::Anthropic, _) => Some(Dialect::AnthropicMessages),
        (Publisher::Another, _) => Some(Dialect::OpenAiChat),
    }
}

/// The place of a project in a region, for an address with the version or without, as Anthropic's
/// SDK and Google's are given it.
pub(super) fn place(base: &Url, google: &Google) -> Url {
    let is_versioned = base.path().trim_end_matches('/').ends_with("/v1");
    let api = if is_versioned { base.clone() } else { join(base, &[VERSION]) };
    join(&api, &["projects", &google.project, "locations", &google.location])
}

/// Where Google's own models are listed, which costs nothing: in the one version that lists them,
/// and for all projects alike.
/// <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1beta1/publishers.models/list>
pub(super) fn models(place: &Url) -> Url {
    let mut api = place.clone();
    if let Ok(mut path) = api.path_segments_mut() {
        // The version, `projects`, `locations` and their names.
        path.pop().pop().pop().pop().pop();
    }
    join(&api, &["v1beta1", "publishers", "google", "models"])
}

/// Where a model is asked, at the place of a project.
pub(super) fn url(place: &Url, asked: &Asked<'_>) -> Url {
    let (publisher, model) = publisher_of(asked.model);
    let at = |publisher: &str, verb: &str| {
        join(place, &["publishers", publisher, "models", &format!("{model}:{verb}")])
    };
    if asked.dialect == Dialect::VertexEmbeddings {
        return at("google", "predict");
    }
    match (publisher, asked.is_streaming) {
        (Publisher::Google, false) => at("google", "generateContent"),
        (Publisher::Google, true) => {
            let mut url = at("google", "streamGenerateContent");
            url.set_query(Some("alt=sse"));
            url
        }
        (Publisher::Anthropic, false) => at("anthropic", "rawPredict"),
        (Publisher::Anthropic, true) => at("anthropic", "streamRawPredict"),
        (Publisher::Another, _) => join(place, &["endpoints", "openapi", "chat", "completions"]),
    }
}

/// Whose a model is, and its name without that.
fn publisher_of(model: &str) -> (Publisher, &str) {
    let spelled = |publisher: &str| {
        let rest = model.strip_prefix("publishers/").unwrap_or(model).strip_prefix(publisher)?;
        rest.strip_prefix("/models/")
    };
    if let Some(name) = spelled("google") {
        return (Publisher::Google, name);
    }
    if let Some(name) = spelled("anthropic") {
        return (Publisher::Anthropic, name);
    }
    if model.contains('/') {
        (Publisher::Another, model)
    } else if model.starts_with("claude-") {
        (Publisher::Anthropic, model)
    } else {
        (Publisher::Google, model)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const PLACE: &str = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/l";

    #[rstest]
    #[case(
        "gemini-3-pro",
        false,
        Dialect::Gemini,
        "publishers/google/models/gemini-3-pro:generateContent"
    )]
    #[case(
        "publishers/google/models/gemini-3-pro",
        true,
        Dialect::Gemini,
        "publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse"
    )]
    #[case(
        "claude-sonnet-4-5@20250929",
        false,
        Dialect::AnthropicMessages,
        "publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"
    )]
    #[case(
        "publishers/anthropic/models/fake@chunks=3",
        true,
        Dialect::AnthropicMessages,
        "publishers/anthropic/models/fake@chunks=3:streamRawPredict"
    )]
    #[case("meta/llama-4", true, Dialect::OpenAiChat, "endpoints/openapi/chat/completions")]
    fn each_publisher_has_its_own_address_and_dialect(
        #[case] model: &str,
        #[case] is_streaming: bool,
        #[case] dialect: Dialect,
        #[case] expected: &str,
    ) {
        assert_eq!(dialect_for(Dialect::OpenAiChat, model), Some(dialect));
        let asked = Asked { dialect, model, is_streaming };
        let place = Url::parse(PLACE).unwrap();
        assert_eq!(url(&place, &asked).as_str(), format!("{PLACE}/{expected}"));
    }

    #[rstest]
    #[case("https://proxy.example")]
    #[case("https://proxy.example/v1/")]
    fn an_address_is_taken_with_its_version_and_without(#[case] base: &str) {
        let google = Google {
            project: "acme".to_owned(),
            location: "global".to_owned(),
            credentials_file: None,
            credentials: None,
            service_account: None,
            quota_project: None,
            metadata_host: None,
        };
        assert_eq!(
            place(&Url::parse(base).unwrap(), &google).as_str(),
            "https://proxy.example/v1/projects/acme/locations/global"
        );
    }

    #[test]
    fn the_models_are_listed_for_all_projects_alike() {
        assert_eq!(
            models(&Url::parse(PLACE).unwrap()).as_str(),
            "https://europe-west1-aiplatform.googleapis.com/v1beta1/publishers/google/models"
        );
        let behind_a_path = Url::parse("https://a.example/v/v1/projects/p/locations/l").unwrap();
        assert_eq!(
            models(&behind_a_path).as_str(),
            "https://a.example/v/v1beta1/publishers/google/models"
        );
    }

    #[test]
    fn embeddings_are_another_api() {
        let inbound = Dialect::OpenAiEmbeddings;
        let dialect = dialect_for(inbound, "text-embedding-005").unwrap();
        let asked = Asked { dialect, model: "text-embedding-005", is_streaming: false };
        let url = url(&Url::parse(PLACE).unwrap(), &asked);
        let expected = format!("{PLACE}/publishers/google/models/text-embedding-005:predict");
        assert_eq!(url.as_str(), expected);
        assert_eq!(dialect_for(inbound, "claude-opus-4-5"), None);
    }

    #[test]
    fn a_name_cannot_leave_its_place() {
        let asked = Asked {
            dialect: Dialect::AnthropicMessages,
            model: "publishers/anthropic/models/../x?y#z",
            is_streaming: false,
        };
        let url = url(&Url::parse(PLACE).unwrap(), &asked);
        assert_eq!(
            url.as_str(),
            format!("{PLACE}/publishers/anthropic/models/..%2Fx%3Fy%23z:rawPredict")
        );
    }
}
