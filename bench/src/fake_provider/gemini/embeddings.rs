//! `:embedContent` and `:batchEmbedContents`

use serde_json::{Value, json};

use super::{
    conversation, message,
    request_fields::{BATCH_EMBED_CONTENTS, EMBED_CONTENT},
    service::Service,
    settings::whole,
    usage::text_tokens,
};
use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    openai::embeddings::embedding,
    reply::{Payload, Prepared},
};

/// The embedding of one content.
pub(super) fn prepare_one(model: String, body: &[u8], service: Service) -> Result<Prepared, Fault> {
    let request = message::read(body, &EMBED_CONTENT, service)?;
    let directives = Directives::of(&model)?;
    let text = text_of(&request, "EmbedContentRequest")?;
    let vector = json!({ "values": embedding(&text, dimensions(&request, &directives)) });
    Ok(prepared(model, directives, text.len(), json!({ "embedding": vector })))
}

/// The embeddings of several contents.
pub(super) fn prepare_batch(
    model: String,
    body: &[u8],
    service: Service,
) -> Result<Prepared, Fault> {
    let batch = message::read(body, &BATCH_EMBED_CONTENTS, service)?;
    let directives = Directives::of(&model)?;
    let requests = batch["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    if requests.is_empty() {
        return Err(Fault::Invalid(
            "* BatchEmbedContentsRequest.requests: requests is not specified\n".to_owned(),
        ));
    }
    let mut bytes = 0;
    let mut vectors = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        let place = format!("BatchEmbedContentsRequest.requests[{index}]");
        if service == Service::AiStudio && request["model"] != format!("models/{model}") {
            return Err(Fault::Invalid(format!(
                "* {place}.model: expected the model of the batch, models/{model}\n"
            )));
        }
        let text = text_of(request, &place)?;
        bytes += text.len();
        vectors.push(json!({ "values": embedding(&text, dimensions(request, &directives)) }));
    }
    Ok(prepared(model, directives, bytes, json!({ "embeddings": vectors })))
}

fn prepared(model: String, directives: Directives, bytes: usize, mut answer: Value) -> Prepared {
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    if !directives.is_without_usage {
        answer["usageMetadata"] =
            json!({ "promptTokenCount": input, "promptTokensDetails": text_tokens(input) });
    }
    let usage = Usage { input, ..Usage::default() };
    Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) }
}

fn text_of(request: &Value, place: &str) -> Result<String, Fault> {
    match request.get("content") {
        Some(content) => Ok(conversation::texts(std::slice::from_ref(content))),
        None => Err(Fault::Invalid(format!("* {place}.content: content is not specified\n"))),
    }
}

fn dimensions(request: &Value, directives: &Directives) -> usize {
    let own = whole(&request["outputDimensionality"]);
    let asked = own.or_else(|| whole(&request["embedContentConfig"]["outputDimensionality"]));
    asked.and_then(|length| usize::try_from(length).ok()).unwrap_or(directives.dimensions)
}
