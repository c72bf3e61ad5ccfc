//! Amazon SageMaker: endpoints of one's own with models behind them.
//!
//! What an endpoint is told is up to its container. Those that serve language models (vLLM, TGI,
//! DJL's LMI) take OpenAI's chat completions, and vLLM's takes embeddings at the same address.
//! <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html>

use url::Url;

use super::{endpoints::join, handle::Asked};
use crate::wire::Dialect;

/// The service in whose name endpoints are asked.
pub(super) const SERVICE: &str = "sagemaker";
/// Its name in addresses.
pub(super) const HOST: &str = "runtime.sagemaker";

/// The dialect in which an endpoint is asked; none for what it cannot be expected to have.
pub(super) const fn dialect_for(inbound: Dialect) -> Option<Dialect> {
    match inbound {
        Dialect::OpenAiEmbeddings => Some(Dialect::OpenAiEmbeddings),
        Dialect::Relayed(_) => None,
        _ => Some(Dialect::OpenAiChat),
    }
}

/// Where an endpoint is asked.
pub(super) fn url(base: &Url, asked: &Asked<'_>) -> Url {
    let verb = if asked.is_streaming { "invocations-response-stream" } else { "invocations" };
    let (endpoint, _) = parts_of(asked.model);
    join(base, &["endpoints", endpoint, verb])
}

/// What the container calls the model: what is behind the endpoint's name, as in
/// `my-endpoint/meta-llama/Llama-3.1-8B-Instruct`; most take any name where nothing is.
pub(super) fn model_in_container(model: &str) -> &str {
    let (endpoint, served) = parts_of(model);
    served.unwrap_or(endpoint)
}

/// The name of an endpoint has no slash.
fn parts_of(model: &str) -> (&str, Option<&str>) {
    match model.split_once('/') {
        Some((endpoint, served)) => (endpoint, Some(served)),
        None => (model, None),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("llama", false, "llama/invocations", "llama")]
    #[case("llama/meta/Llama-3", true, "llama/invocations-response-stream", "meta/Llama-3")]
    fn an_endpoint_has_an_address_and_its_model_a_name(
        #[case] model: &str,
        #[case] is_streaming: bool,
        #[case] path: &str,
        #[case] served: &str,
    ) {
        let base = Url::parse("https://runtime.sagemaker.eu-central-1.amazonaws.com").unwrap();
        let url = url(&base, &Asked { dialect: Dialect::OpenAiChat, model, is_streaming });
        assert_eq!(url, base.join(&format!("endpoints/{path}")).unwrap());
        assert_eq!(model_in_container(model), served);
    }
}
