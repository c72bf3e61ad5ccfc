//! The models that are asked: what the fake provider is to do, and by which names the gateway's
//! callers reach it.

use std::net::SocketAddr;

use crate::load::{
    client_dialect::ClientDialect,
    gateway::{INPUT_PRICE, OUTPUT_PRICE},
    provider_dialect::ProviderDialect,
};

/// An answer of a kilobyte; streamed, in a hundred pieces.
const CONVERSATION: &str = "fake@answer_bytes=1000,chunks=100,input_tokens=1000,output_tokens=250";
const EMBEDDING: &str = "fake-embedding@dimensions=256";

/// What the fake provider is named by whoever speaks its dialect.
pub(super) fn upstream(client: ClientDialect) -> String {
    match client {
        ClientDialect::OpenaiEmbeddings => format!("{EMBEDDING},input_tokens=600"),
        _ => CONVERSATION.to_owned(),
    }
}

/// The providers of the gateway's configuration.
pub(in crate::load) fn providers(fake: SocketAddr) -> String {
    ProviderDialect::ALL.map(|provider| provider.provider(fake)).concat()
}

/// The models of the gateway's configuration; `tag` tells their bill from that of others.
pub(in crate::load) fn models(tag: &str) -> String {
    let clients = [ClientDialect::OpenaiChat, ClientDialect::OpenaiEmbeddings];
    let pairs = clients.into_iter().flat_map(|client| {
        ProviderDialect::answering(client).map(move |provider| (client, provider))
    });
    pairs.map(|(client, provider)| model(client, provider, tag)).collect()
}

fn model(client: ClientDialect, provider: ProviderDialect, tag: &str) -> String {
    let name = provider.gateway_model(client);
    let (input, _) = INPUT_PRICE;
    let (output, _) = OUTPUT_PRICE;
    // Workers AI tells no usage of embeddings, so the gateway estimates it: it can be compared with
    // the fake provider's bill only where it costs nothing.
    let is_untold =
        client == ClientDialect::OpenaiEmbeddings && provider == ProviderDialect::WorkersAi;
    let (upstream, input) = if is_untold {
        (format!("{EMBEDDING},input_tokens=0"), "0")
    } else {
        (upstream(client), input)
    };
    let backend = provider.backend(&format!("{upstream},{tag}"));
    format!(
        "  - name: \"{name}\"\n    price: {{ input: \"{input}\", output: \"{output}\" }}\n    \
         backends: [ {backend} ]\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_its_models() {
        let models = models("tag=gateway");
        assert_eq!(models.matches("- name:").count(), ProviderDialect::ALL.len() + 5);
        assert!(models.contains("provider: openai-responses, model: \"fake@"), "{models}");
        assert!(models.contains("250,tag=gateway\", api: responses"), "{models}");
        assert!(models.contains("model: \"@cf/acme/fake-embedding@dimensions=256,input_tokens=0,"));
    }
}
