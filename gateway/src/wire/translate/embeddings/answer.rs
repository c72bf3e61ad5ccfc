//! A provider's embeddings, as a client of OpenAI's API reads them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::clouds;
use crate::{
    kernel::config::UsageShape,
    wire::{
        Dialect, WireError,
        translate::{json, nonsense, not_a_conversation},
        usage::usage_of_response,
    },
};

/// A list of numbers, as the provider wrote them.
type Vector = Box<RawValue>;

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Item<'a>>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
struct Item<'a> {
    object: &'static str,
    index: usize,
    embedding: Numbers<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Numbers<'a> {
    Listed(&'a RawValue),
    Packed(String),
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: i64,
    total_tokens: i64,
}

/// What of the client's request decides how it is answered.
#[derive(Deserialize)]
struct AskedFor {
    encoding_format: Option<String>,
}

/// The provider's embeddings in OpenAI's words, for a client that has sent `asked` and calls the
/// model `model`.
///
/// # Errors
///
/// [`WireError::Nonsense`] where the body is no answer of `from`.
pub fn translate_embeddings(
    from: Dialect,
    body: &[u8],
    asked: &[u8],
    model: &str,
) -> Result<Vec<u8>, WireError> {
    let vectors = vectors_of(from, body)?;
    let asked = serde_json::from_slice(asked).ok();
    let is_packed =
        asked.and_then(|AskedFor { encoding_format }| encoding_format).as_deref() == Some("base64");
    let data = vectors.iter().enumerate().map(|(index, vector)| {
        let embedding =
            if is_packed { Numbers::Packed(packed(vector)?) } else { Numbers::Listed(vector) };
        Ok(Item { object: "embedding", index, embedding })
    });
    let report = usage_of_response(from, UsageShape::default(), body);
    let prompt_tokens = report.map_or(0, |report| report.tokens.total());
    json(&List {
        object: "list",
        data: data.collect::<Result<_, WireError>>()?,
        model,
        usage: Usage { prompt_tokens, total_tokens: prompt_tokens },
    })
}

fn vectors_of(from: Dialect, body: &[u8]) -> Result<Vec<Vector>, WireError> {
    #[derive(Deserialize)]
    struct Cohere {
        embeddings: ByType,
    }
    #[derive(Deserialize)]
    struct ByType {
        float: Vec<Vector>,
    }
    #[derive(Deserialize)]
    struct Ollama {
        embeddings: Vec<Vector>,
    }
    #[derive(Deserialize)]
    struct Gemini {
        embeddings: Vec<Values>,
    }
    #[derive(Deserialize)]
    struct Values {
        values: Vector,
    }
    #[derive(Deserialize)]
    struct WorkersAi {
        result: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        data: Vec<Vector>,
    }
    let read = match from {
        Dialect::CohereEmbed => {
            serde_json::from_slice(body).map(|answer: Cohere| answer.embeddings.float)
        }
        Dialect::OllamaEmbed => {
            serde_json::from_slice(body).map(|answer: Ollama| answer.embeddings)
        }
        Dialect::GeminiEmbeddings => serde_json::from_slice(body).map(|answer: Gemini| {
            answer.embeddings.into_iter().map(|embedding| embedding.values).collect()
        }),
        Dialect::WorkersAiEmbeddings => {
            serde_json::from_slice(body).map(|answer: WorkersAi| answer.result.data)
        }
        Dialect::BedrockEmbeddings => clouds::read_bedrock(body),
        Dialect::VertexEmbeddings => clouds::read_vertex(body),
        _ => return Err(not_a_conversation()),
    };
    read.map_err(|error| nonsense(format!("it is no list of embeddings ({error})")))
}

/// The numbers as OpenAI packs them: 32-bit floats, the lowest byte first, in base64.
fn packed(vector: &RawValue) -> Result<String, WireError> {
    let numbers: Vec<f32> = serde_json::from_str(vector.get())
        .map_err(|error| nonsense(format!("an embedding is no list of numbers ({error})")))?;
    let bytes: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
    Ok(STANDARD.encode(bytes))
}
