//! The internal representation, into the request of Converse.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    fields::{ModelFields, write_fields},
    is_anthropic,
    messages::{Message, SystemBlock, write_messages, write_system},
    tools::{ToolConfig, write_tools},
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{AnswerFormat, Asked, Request, Settings},
        json,
        losses::Losses,
    },
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<SystemBlock<'a>>,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Inference::is_empty")]
    inference_config: Inference<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_request_fields: Option<ModelFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_model_response_field_paths: Option<[&'static str; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Inference<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
}

impl Inference<'_> {
    fn is_empty(&self) -> bool {
        let Self { max_tokens, temperature, top_p, stop_sequences } = self;
        max_tokens.is_none()
            && temperature.is_none()
            && top_p.is_none()
            && stop_sequences.is_empty()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text_format: Option<TextFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'static str>,
}

#[derive(Serialize)]
struct TextFormat<'a> {
    r#type: &'static str,
    structure: Structure<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Structure<'a> {
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    /// The schema as a text.
    schema: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

/// The body of a request.
///
/// # Errors
///
/// `Unsupported`, naming the field that cannot be said.
pub(in crate::wire::translate) fn write_request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let Settings {
        answer_format,
        effort: _,
        thinking: _,
        top_k: _,
        seed,
        frequency_penalty,
        presence_penalty,
        log_probabilities,
        media: _,
        voice: _,
        demands: _,
        hints: _,
    } = &request.settings;
    losses.demand(frequency_penalty.as_ref())?;
    losses.demand(presence_penalty.as_ref())?;
    losses.demand(log_probabilities.as_ref())?;
    losses.hint(seed.as_ref());
    losses.hint(request.user.as_ref());
    let (fields, effort) = write_fields(request, target, losses)?;
    let thinks = fields.thinks();
    let text_format = write_answer_format(answer_format.as_ref(), losses)?;
    let has_output_config = text_format.is_some() || effort.is_some();
    let temperature = unless(thinks, "temperature", request.temperature, losses);
    let stop_sequences: Vec<&str> =
        request.stop.iter().map(String::as_str).filter(|stop| !stop.is_empty()).collect();
    // Which of them has ended the answer, the model's own answer says.
    let wants_stop_sequence = !stop_sequences.is_empty() && is_anthropic(target.model);
    json(&Body {
        system: write_system(&request.turns, target.model, losses),
        messages: write_messages(&request.turns, target.model, losses)?,
        inference_config: Inference {
            max_tokens: request.output_limit,
            temperature: temperature.map(|value| at_most_one(value, losses)).transpose()?.flatten(),
            top_p: unless(thinks, "top_p", request.top_p, losses),
            stop_sequences,
        },
        tool_config: write_tools(request, target.model, losses),
        output_config: has_output_config.then_some(OutputConfig { text_format, effort }),
        additional_model_request_fields: Some(fields).filter(|fields| !fields.is_empty()),
        additional_model_response_field_paths: wants_stop_sequence.then_some(["/stop_sequence"]),
    })
}

/// A model that thinks samples in its own way, and refuses another.
fn unless<T>(
    thinks: bool,
    field: &'static str,
    value: Option<T>,
    losses: &mut Losses,
) -> Option<T> {
    if thinks && value.is_some() {
        losses.hint_field(field.into());
    }
    value.filter(|_| !thinks)
}

fn at_most_one(temperature: f64, losses: &mut Losses) -> Result<Option<f64>, WireError> {
    if temperature <= 1.0 {
        return Ok(Some(temperature));
    }
    losses.demand_field("temperature".into()).map(|()| None).map_err(|_| {
        let detail = format!(
            "`temperature` is {temperature}, but this model's provider takes 0 to 1; send 1 or less"
        );
        WireError::unsupported("temperature", detail)
    })
}

/// A schema is always followed strictly here; that the answer be some object cannot be asked.
fn write_answer_format<'a>(
    format: Option<&'a Asked<AnswerFormat>>,
    losses: &mut Losses,
) -> Result<Option<TextFormat<'a>>, WireError> {
    match format.map(|asked| &asked.value) {
        Some(AnswerFormat::Schema { schema, name, description, .. }) => {
            let description = description.as_ref().map(|asked| asked.value.as_str());
            let (schema, name) = (RawValue::get(schema), name.as_deref());
            let json_schema = JsonSchema { schema, name, description };
            Ok(Some(TextFormat { r#type: "json_schema", structure: Structure { json_schema } }))
        }
        Some(AnswerFormat::JsonObject) => losses.demand(format).map(|()| None),
        None => Ok(None),
    }
}
