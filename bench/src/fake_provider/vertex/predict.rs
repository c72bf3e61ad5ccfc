//! `:predict` of the text embedding models:
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fake_provider::{
    answer::tokens_in,
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    openai::embeddings::embedding,
    reply::{Payload, Prepared},
};

#[derive(Debug, Deserialize)]
struct PredictRequest {
    instances: Option<Vec<Instance>>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Deserialize)]
struct Instance {
    content: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    output_dimensionality: Option<usize>,
}

/// The embeddings of every instance.
pub(super) fn prepare(model: String, body: &[u8]) -> Result<Prepared, Fault> {
    let request: PredictRequest =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    let directives = Directives::of(&model)?;
    let instances = request.instances.filter(|instances| !instances.is_empty());
    let instances = instances.ok_or_else(|| Fault::Invalid("Empty instances.".to_owned()))?;
    let dimensions = request.parameters.output_dimensionality.unwrap_or(directives.dimensions);
    let mut texts = Vec::with_capacity(instances.len());
    for instance in instances {
        let missing = || Fault::Invalid("The text content is empty.".to_owned());
        texts.push(instance.content.filter(|text| !text.is_empty()).ok_or_else(missing)?);
    }
    let bytes = texts.iter().map(String::len).sum();
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(bytes));
    let shares = shares(input, texts.len());
    let predictions = texts.iter().zip(shares).map(|(text, tokens)| {
        let mut embeddings = json!({ "values": embedding(text, dimensions) });
        if !directives.is_without_usage {
            embeddings["statistics"] = json!({ "truncated": false, "token_count": tokens });
        }
        json!({ "embeddings": embeddings })
    });
    let answer = json!({
        "predictions": predictions.collect::<Vec<Value>>(),
        "metadata": { "billableCharacterCount": billable_characters(&texts) },
    });
    let usage = Usage { input, ..Usage::default() };
    Ok(Prepared { model, directives, usage, payload: Payload::Whole(answer.to_string()) })
}

/// The tokens of each text, so that they come to all of them.
fn shares(tokens: u64, texts: usize) -> impl Iterator<Item = u64> {
    let texts = u64::try_from(texts).unwrap_or(u64::MAX).max(1);
    (0..texts).map(move |index| tokens * (index + 1) / texts - tokens * index / texts)
}

fn billable_characters(texts: &[String]) -> usize {
    let letters = texts.iter().flat_map(|text| text.chars());
    letters.filter(|letter| !letter.is_whitespace()).count()
}
