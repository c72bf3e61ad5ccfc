//! Embeddings in the clouds of Amazon and Google: requests into their words, and their answers.
//!
//! Sources: "Amazon Titan Embeddings Text" and "Cohere Embed" in the user guide of Bedrock, "Text
//! embeddings API" in the reference of Vertex AI.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::request::{CohereBody, Wishes};
use crate::wire::{
    Dialect, WireError,
    translate::{Target, ir::Asked, json, losses::Losses},
};

/// What the names of models have that embed: by id, inference profile or ARN.
const TITAN: &str = "titan-embed";
const COHERE: &str = "cohere.embed";
/// Titan's models that make vectors of the one length that they have.
const OF_ONE_LENGTH: [&str; 2] = ["titan-embed-text-v1", "titan-embed-g1"];

/// Whether a model of Bedrock's embeds, in words that are known here.
#[must_use]
pub fn is_there_on_bedrock(model: &str) -> bool {
    model.contains(TITAN) || model.contains(COHERE)
}

/// Whether a model can be told what a text is embedded for, in Cohere's words.
pub(super) fn takes_input_type(target: &Target<'_>) -> bool {
    match target.dialect {
        Dialect::CohereEmbed => true,
        Dialect::BedrockEmbeddings => target.model.contains(COHERE),
        _ => false,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TitanBody<'a> {
    input_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<i64>,
}

pub(super) fn write_bedrock(
    asked: &Wishes<'_>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    if target.model.contains(COHERE) {
        return json(&CohereBody::of(asked, None));
    }
    let [input_text] = asked.texts else {
        return Err(WireError::unsupported(
            "input",
            "Amazon's Titan embeds one text with each request; send the texts one by one, or              choose a model of Cohere's, which takes several",
        ));
    };
    let mut dimensions = asked.dimensions;
    if OF_ONE_LENGTH.iter().any(|model| target.model.contains(model)) {
        losses.demand(dimensions.map(|count| Asked::new("dimensions", count)).as_ref())?;
        dimensions = None;
    }
    json(&TitanBody { input_text, dimensions })
}

#[derive(Serialize)]
struct VertexBody<'a> {
    instances: Vec<Instance<'a>>,
    parameters: Parameters,
}

#[derive(Serialize)]
struct Instance<'a> {
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    auto_truncate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimensionality: Option<i64>,
}

pub(super) fn write_vertex(asked: &Wishes<'_>) -> Result<Vec<u8>, WireError> {
    let instances = asked.texts.iter().map(|content| Instance { content }).collect();
    let output_dimensionality = asked.dimensions;
    json(&VertexBody {
        instances,
        parameters: Parameters { auto_truncate: false, output_dimensionality },
    })
}

/// The vectors of an answer of Bedrock's: one of Titan's, or Cohere's list in either form.
pub(super) fn read_bedrock(body: &[u8]) -> serde_json::Result<Vec<Box<RawValue>>> {
    #[derive(Deserialize)]
    struct Answer {
        embedding: Option<Box<RawValue>>,
        #[serde(default)]
        embeddings: Box<RawValue>,
    }
    #[derive(Deserialize)]
    struct Typed {
        float: Vec<Box<RawValue>>,
    }
    let Answer { embedding, embeddings } = serde_json::from_slice(body)?;
    if let Some(embedding) = embedding {
        return Ok(vec![embedding]);
    }
    if embeddings.get().starts_with('[') {
        return serde_json::from_str(embeddings.get());
    }
    serde_json::from_str(embeddings.get()).map(|Typed { float }| float)
}

/// The vectors of an answer of Vertex AI's.
pub(super) fn read_vertex(body: &[u8]) -> serde_json::Result<Vec<Box<RawValue>>> {
    #[derive(Deserialize)]
    struct Answer {
        predictions: Vec<Prediction>,
    }
    #[derive(Deserialize)]
    struct Prediction {
        embeddings: Values,
    }
    #[derive(Deserialize)]
    struct Values {
        values: Box<RawValue>,
    }
    let Answer { predictions } = serde_json::from_slice(body)?;
    Ok(predictions.into_iter().map(|prediction| prediction.embeddings.values).collect())
}
