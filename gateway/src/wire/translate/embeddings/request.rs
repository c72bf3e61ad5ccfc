//! OpenAI's request for embeddings, into the one that a provider reads.

use serde::{Deserialize, Serialize};

use super::clouds;
use crate::wire::{
    Dialect, WireError,
    translate::{
        Target,
        content::Content,
        ir::{Asked, Settings},
        json,
        losses::Losses,
        not_a_conversation, other_fields,
    },
};

const TAKEN: [&str; 6] = ["model", "input", "dimensions", "encoding_format", "user", "input_type"];
/// What a text is embedded for, where the client does not say: to be found.
const DEFAULT_INPUT_TYPE: &str = "search_document";

/// Takes texts alone: tokens are one model's own.
#[derive(Deserialize)]
struct Body {
    input: Content<serde_json::Value>,
    dimensions: Option<i64>,
    user: Option<String>,
    input_type: Option<String>,
}

/// What is asked for, as far as every vendor has a word for it.
pub(super) struct Wishes<'a> {
    pub(super) texts: &'a [String],
    pub(super) dimensions: Option<i64>,
    pub(super) input_type: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct CohereBody<'a> {
    /// Not where it is in the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    texts: &'a [String],
    input_type: &'a str,
    embedding_types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimension: Option<i64>,
    truncate: &'static str,
}

impl<'a> CohereBody<'a> {
    pub(super) fn of(asked: &Wishes<'a>, model: Option<&'a str>) -> Self {
        Self {
            model,
            texts: asked.texts,
            input_type: asked.input_type.unwrap_or(DEFAULT_INPUT_TYPE),
            embedding_types: ["float"],
            output_dimension: asked.dimensions,
            truncate: "NONE",
        }
    }
}

#[derive(Serialize)]
struct OllamaBody<'a> {
    model: &'a str,
    input: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<i64>,
    truncate: bool,
}

#[derive(Serialize)]
struct GeminiBody<'a> {
    requests: Vec<GeminiRequest<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GeminiRequest<'a> {
    model: String,
    content: GeminiContent<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimensionality: Option<i64>,
}

#[derive(Serialize)]
struct GeminiContent<'a> {
    parts: [GeminiPart<'a>; 1],
}

#[derive(Serialize)]
struct GeminiPart<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct WorkersAiBody<'a> {
    text: &'a [String],
}

/// The body of a request.
///
/// # Errors
///
/// `Invalid` where the client's body is no request for embeddings, `Unsupported` naming the field
/// that cannot be said.
pub(in crate::wire::translate) fn write_request(
    body: &[u8],
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let read: Body = serde_json::from_slice(body)
        .map_err(|error| WireError::invalid(None, format!("the body is not valid: {error}")))?;
    let mut settings = Settings::default();
    other_fields::note(body, &TAKEN, &[], &mut settings);
    for field in settings.demands {
        losses.demand_field(field)?;
    }
    losses.hint(read.user.map(|user| Asked::new("user", user)).as_ref());
    let texts = texts_of(read.input)?;
    let dimensions = read.dimensions;
    let input_type = read.input_type;
    if !clouds::takes_input_type(target) && input_type.is_some() {
        losses.demand_field("input_type".into())?;
    }
    let asked = Wishes { texts: &texts, dimensions, input_type: input_type.as_deref() };
    match target.dialect {
        Dialect::CohereEmbed => json(&CohereBody::of(&asked, Some(target.model))),
        Dialect::BedrockEmbeddings => clouds::write_bedrock(&asked, target, losses),
        Dialect::VertexEmbeddings => clouds::write_vertex(&asked),
        Dialect::OllamaEmbed => {
            json(&OllamaBody { model: target.model, input: &texts, dimensions, truncate: false })
        }
        Dialect::GeminiEmbeddings => json(&GeminiBody {
            requests: texts
                .iter()
                .map(|text| GeminiRequest {
                    model: format!("models/{}", target.model),
                    content: GeminiContent { parts: [GeminiPart { text }] },
                    output_dimensionality: dimensions,
                })
                .collect(),
        }),
        Dialect::WorkersAiEmbeddings => {
            losses.demand(dimensions.map(|count| Asked::new("dimensions", count)).as_ref())?;
            json(&WorkersAiBody { text: &texts })
        }
        _ => Err(not_a_conversation()),
    }
}

fn texts_of(input: Content<serde_json::Value>) -> Result<Vec<String>, WireError> {
    let items = match input {
        Content::Text(text) => return Ok(vec![text]),
        Content::Parts(items) => items,
    };
    let texts: Option<Vec<String>> =
        items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    texts.ok_or_else(|| {
        WireError::unsupported(
            "input",
            "`input` must be a text or a list of texts for this model's provider; tokens are \
             another model's own",
        )
    })
}
