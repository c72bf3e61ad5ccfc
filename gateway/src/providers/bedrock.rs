//! Amazon Bedrock: an address for each model, and another service that lists them.
//!
//! Anthropic's dialect, embeddings and reranking go past Converse.
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html>

use std::fmt::Write;

use http::HeaderMap;
use url::Url;

use super::{endpoints::join, handle::Asked};
use crate::wire::{self, Dialect, RelayedApi};

/// The service in whose name Bedrock's models and its lists of them are asked.
pub(super) const SERVICE: &str = "bedrock";
/// The name of the models' own service in addresses.
pub(super) const HOST: &str = "bedrock-runtime";
/// How many tokens a model has read, which not every body tells.
const INPUT_TOKENS: &str = "x-amzn-bedrock-input-token-count";

/// The dialect in which a model is asked; none where it has no such endpoint.
pub(super) fn dialect_for(inbound: Dialect, model: &str) -> Option<Dialect> {
    match inbound {
        Dialect::OpenAiEmbeddings => {
            wire::has_embeddings_on_bedrock(model).then_some(Dialect::BedrockEmbeddings)
        }
        Dialect::Relayed(RelayedApi::Rerank) if model.contains("rerank") => Some(inbound),
        Dialect::Relayed(_) => None,
        // Nothing is lost where both sides speak Anthropic's dialect.
        Dialect::AnthropicMessages if wire::is_anthropic_on_bedrock(model) => Some(inbound),
        _ => Some(Dialect::BedrockConverse),
    }
}

/// Where a model is asked. Its id, which may be an ARN with colons and slashes, is one segment,
/// written as the official SDK does: everything but letters, digits and `-._~` is escaped.
pub(super) fn url(base: &Url, asked: &Asked<'_>) -> Url {
    let verb = match (asked.dialect, asked.is_streaming) {
        (Dialect::BedrockEmbeddings | Dialect::Relayed(_), _)
        | (Dialect::AnthropicMessages, false) => "invoke",
        (Dialect::AnthropicMessages, true) => "invoke-with-response-stream",
        (_, false) => "converse",
        (_, true) => "converse-stream",
    };
    let mut model = String::with_capacity(asked.model.len());
    for byte in asked.model.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            model.push(char::from(byte));
        } else {
            let _ = write!(model, "%{byte:02X}");
        }
    }
    let mut url = base.clone();
    let before = base.path().trim_end_matches('/');
    url.set_path(&format!("{before}/model/{model}/{verb}"));
    url
}

/// Models are listed by another service, at an address beside that of the models themselves.
pub(super) fn models(base: &Url) -> Url {
    let mut url = join(base, &["foundation-models"]);
    let region = base.host_str().and_then(|host| host.strip_prefix("bedrock-runtime."));
    if let Some(region) = region {
        // What was a host with more before it is a host.
        let _ = url.set_host(Some(&format!("bedrock.{region}")));
    }
    url
}

/// How many tokens were read, by the answer's headers.
pub(super) fn input_tokens(headers: &HeaderMap) -> Option<i64> {
    headers.get(INPUT_TOKENS)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ARN: &str =
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.x-v1:0";

    #[rstest]
    #[case(
        Dialect::BedrockConverse,
        "amazon.nova-lite-v1:0",
        false,
        "amazon.nova-lite-v1%3A0/converse"
    )]
    #[case(
        Dialect::BedrockConverse,
        ARN,
        true,
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Feu.anthropic.x-v1%3A0/converse-stream"
    )]
    #[case(Dialect::AnthropicMessages, "anthropic.x", false, "anthropic.x/invoke")]
    #[case(
        Dialect::AnthropicMessages,
        "a%2F/../é",
        true,
        "a%252F%2F..%2F%C3%A9/invoke-with-response-stream"
    )]
    #[case(
        Dialect::BedrockEmbeddings,
        "amazon.titan-embed-text-v2:0",
        false,
        "amazon.titan-embed-text-v2%3A0/invoke"
    )]
    fn a_model_at_amazon_is_one_segment(
        #[case] dialect: Dialect,
        #[case] model: &str,
        #[case] is_streaming: bool,
        #[case] expected: &str,
    ) {
        for (base, path) in [("https://example.com", ""), ("https://example.com/a/", "/a")] {
            let url = url(&Url::parse(base).unwrap(), &Asked { dialect, model, is_streaming });
            assert_eq!(url.as_str(), format!("https://example.com{path}/model/{expected}"));
        }
    }

    #[rstest]
    #[case(
        "https://bedrock-runtime.eu-central-1.amazonaws.com",
        "https://bedrock.eu-central-1.amazonaws.com/foundation-models"
    )]
    #[case("http://127.0.0.1:9/x", "http://127.0.0.1:9/x/foundation-models")]
    fn the_models_of_amazon_are_listed_beside_them(#[case] base: &str, #[case] expected: &str) {
        assert_eq!(models(&Url::parse(base).unwrap()).as_str(), expected);
    }

    #[rstest]
    #[case("amazon.titan-embed-text-v1", Some(Dialect::BedrockEmbeddings))]
    #[case("eu.cohere.embed-v4:0", Some(Dialect::BedrockEmbeddings))]
    #[case("amazon.nova-lite-v1:0", None)]
    fn a_model_that_embeds_is_known_by_its_name(
        #[case] model: &str,
        #[case] expected: Option<Dialect>,
    ) {
        assert_eq!(dialect_for(Dialect::OpenAiEmbeddings, model), expected);
    }

    #[test]
    fn what_a_header_says_of_tokens_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(input_tokens(&headers), None);
        headers.insert(INPUT_TOKENS, http::HeaderValue::from_static("7"));
        assert_eq!(input_tokens(&headers), Some(7));
    }
}
