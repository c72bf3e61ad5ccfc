//! The call of an operator's check that costs least: one token of an answer, or what one word is
//! embedded or compared for.

use serde_json::{Value, json};

use super::{Failure, Handle};
use crate::wire::{self, Dialect, RelayedApi, Target};

const WORD: &str = "hello";

/// In which dialect a model is asked, and the body.
///
/// # Errors
/// [`Failure::Nonsense`] where the provider has no API by which a check can ask.
pub(super) fn least_call(handle: &Handle, model: &str) -> Result<(Dialect, Vec<u8>), Failure> {
    let rerank = Dialect::Relayed(RelayedApi::Rerank);
    let is_there = |inbound: &Dialect| handle.dialect_for(*inbound, model, None).is_some();
    let inbound = likeliest(model).into_iter().find(is_there).ok_or_else(|| {
        Failure::Nonsense("it has no API by which a check can ask a model".to_owned())
    })?;
    let told_model = handle.model_in_body(model);
    let body = match inbound {
        Dialect::OpenAiEmbeddings => json!({ "model": told_model, "input": WORD }),
        inbound if inbound == rerank => {
            json!({ "model": told_model, "query": WORD, "documents": [WORD] })
        }
        _ => conversation(handle, told_model),
    };
    told(handle, model, inbound, &body)
}

/// By which APIs a model is asked, in this order: most names say what a model is for.
fn likeliest(model: &str) -> [Dialect; 3] {
    let (chat, embeddings) = (Dialect::OpenAiChat, Dialect::OpenAiEmbeddings);
    let rerank = Dialect::Relayed(RelayedApi::Rerank);
    if model.contains("rerank") {
        [rerank, chat, embeddings]
    } else if model.contains("embed") {
        [embeddings, chat, rerank]
    } else {
        [chat, embeddings, rerank]
    }
}

fn conversation(handle: &Handle, model: &str) -> Value {
    let limit = handle.limit_field().as_str();
    json!({ "model": model, limit: 1, "messages": [{ "role": "user", "content": WORD }] })
}

/// The body in the dialect in which the model is asked.
fn told(
    handle: &Handle,
    model: &str,
    inbound: Dialect,
    body: &Value,
) -> Result<(Dialect, Vec<u8>), Failure> {
    let wrong = |error: wire::WireError| Failure::Nonsense(error.to_string());
    let dialect = handle.dialect_for(inbound, model, None).unwrap_or(inbound);
    let body = body.to_string().into_bytes();
    if dialect == inbound {
        let relayed = handle.relayed_body(dialect, &body).map_err(wrong)?;
        return Ok((dialect, relayed.map_or(body, |relayed| relayed.to_vec())));
    }
    let target = Target {
        dialect,
        model,
        output_limit: Some(1),
        limit_field: handle.limit_field(),
        reasoning: None,
        unsupported_fields: handle.unsupported_fields(),
        is_streaming: false,
    };
    let translated = wire::translate_request(inbound, &body, &target).map_err(wrong)?;
    let body = match handle.hosting(dialect) {
        Some(hosting) => hosting.fit_unasked(translated.body),
        None => translated.body,
    };
    Ok((dialect, body))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use url::Url;

    use super::*;
    use crate::kernel::{
        Clock, Secret,
        config::{Provider, ProviderKind, Proxy},
    };

    fn call(kind: &str, model: &str) -> (Dialect, Value) {
        let provider = Provider {
            base_url: Url::parse("http://127.0.0.1:9/v1").ok(),
            api_key: Some(Secret::new("key")),
            ..Provider::new(ProviderKind::try_from(kind.to_owned()).unwrap())
        };
        let handle = Handle::new("p", &provider, &Proxy::default(), &Clock::system()).unwrap();
        let (dialect, body) = least_call(&handle, model).unwrap();
        (dialect, serde_json::from_slice(&body).unwrap())
    }

    #[rstest]
    #[case("groq", "llama", Dialect::OpenAiChat)]
    #[case("openai", "text-embedding-3-small", Dialect::OpenAiEmbeddings)]
    #[case("voyage", "voyage-3.5", Dialect::OpenAiEmbeddings)]
    #[case("voyage", "rerank-2.5", Dialect::Relayed(RelayedApi::Rerank))]
    #[case("jina", "jina-reranker-v2", Dialect::Relayed(RelayedApi::Rerank))]
    #[case("jina", "jina-clip-v2", Dialect::OpenAiEmbeddings)]
    #[case("cohere", "embed-v4.0", Dialect::CohereEmbed)]
    #[case("cohere", "rerank-v3.5", Dialect::Relayed(RelayedApi::Rerank))]
    #[case("bedrock", "amazon.titan-embed-text-v2:0", Dialect::BedrockEmbeddings)]
    #[case("bedrock", "cohere.rerank-v3-5:0", Dialect::Relayed(RelayedApi::Rerank))]
    #[case("bedrock", "amazon.nova-lite-v1:0", Dialect::BedrockConverse)]
    #[case("anthropic", "claude-haiku-4-5", Dialect::AnthropicMessages)]
    fn a_model_is_asked_by_an_api_that_it_has(
        #[case] kind: &str,
        #[case] model: &str,
        #[case] expected: Dialect,
    ) {
        assert_eq!(call(kind, model).0, expected);
    }

    #[test]
    fn one_word_is_asked_and_one_token_answered() {
        let (_, body) = call("openai", "gpt");
        assert_eq!(body["max_tokens"], 1);
        assert_eq!(call("voyage", "voyage-3.5").1, json!({ "model": "voyage-3.5", "input": WORD }));
        let (_, body) = call("jina", "jina-reranker-v2");
        assert_eq!(body["documents"], json!([WORD]));
        assert_eq!(call("cohere", "embed-v4.0").1["texts"], json!([WORD]));
    }
}
