//! The internal representation, into the chat request that Cohere reads.

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    messages::{Conversation, Message, SourceDocument, write_conversation},
    thinking::{ThinkingConfig, write_thinking},
};
use crate::wire::{
    WireError,
    translate::{
        Target,
        ir::{AnswerFormat, Asked, Request, Settings, Tool, ToolChoice},
        json,
        losses::Losses,
    },
};

/// The least and the largest share of likely tokens that this API takes.
const P_BOUNDS: (f64, f64) = (0.01, 0.99);

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<SourceDocument<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolDefinition<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict_tools: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_sequences: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    stream: bool,
}

#[derive(Serialize)]
struct ToolDefinition<'a> {
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: Parameters<'a>,
}

/// They have to be there, also where a tool takes none.
#[derive(Serialize)]
#[serde(untagged)]
enum Parameters<'a> {
    Given(&'a RawValue),
    None { r#type: &'static str, properties: NoProperties },
}

#[derive(Serialize)]
struct NoProperties {}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_schema: Option<&'a RawValue>,
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
        top_k,
        seed,
        frequency_penalty,
        presence_penalty,
        log_probabilities,
        media: _,
        voice: _,
        demands: _,
        hints: _,
    } = &request.settings;
    let tools = offered_tools(request)?;
    let may_call = !tools.is_empty() && !matches!(request.tool_choice, Some(ToolChoice::None));
    if request.parallel_tool_calls == Some(false) && may_call {
        losses.demand_field("parallel_tool_calls".into())?;
    }
    if request.tools.iter().any(|tool| tool.cache_mark.is_some()) {
        losses.hint_field("cache_control".into());
    }
    if let Some(asked) = log_probabilities {
        losses.demand(asked.value.alternatives.as_ref())?;
    }
    losses.hint(request.user.as_ref());
    let is_told_to_think = target.reasoning.is_some();
    let has_format = answer_format.is_some();
    let Conversation { messages, documents } =
        write_conversation(&request.turns, is_told_to_think, has_format, losses)?;
    json(&Body {
        model: target.model,
        messages,
        documents,
        strict_tools: are_strict(&tools, losses),
        tool_choice: write_tool_choice(request.tool_choice.as_ref()).filter(|_| !tools.is_empty()),
        tools: tools.into_iter().map(write_tool).collect(),
        response_format: answer_format.as_ref().map(|asked| write_answer_format(&asked.value)),
        thinking: write_thinking(request, target, losses),
        max_tokens: request.output_limit,
        stop_sequences: (!request.stop.is_empty()).then_some(&request.stop),
        temperature: request.temperature,
        p: request.top_p.map(|share| share.clamp(P_BOUNDS.0, P_BOUNDS.1)),
        k: top_k.as_ref().map(|asked| asked.value),
        seed: seed.as_ref().map(|asked| asked.value),
        frequency_penalty: penalty(frequency_penalty.as_ref(), losses)?,
        presence_penalty: penalty(presence_penalty.as_ref(), losses)?,
        logprobs: log_probabilities.as_ref().map(|_| true),
        stream: request.stream,
    })
}

/// Only the named tool where one is named: the API has no other way to say which.
///
/// # Errors
///
/// `Invalid` where there is no such tool.
fn offered_tools(request: &Request) -> Result<Vec<&Tool>, WireError> {
    let Some(ToolChoice::Named(name)) = &request.tool_choice else {
        return Ok(request.tools.iter().collect());
    };
    let named = request.tools.iter().find(|tool| tool.name == *name);
    named.map(|tool| vec![tool]).ok_or_else(|| {
        WireError::invalid("tool_choice", "`tool_choice` names a tool that is not in `tools`")
    })
}

/// One word for all tools, and each of them must have a parameter that is required.
/// <https://docs.cohere.com/docs/tool-use-parameter-types>
fn are_strict(tools: &[&Tool], losses: &mut Losses) -> bool {
    let is_strict = |tool: &&Tool| tool.strict == Some(true);
    if !tools.iter().any(is_strict) {
        return false;
    }
    let can_be = tools.iter().all(|tool| is_strict(tool) && requires_a_parameter(tool));
    if !can_be {
        losses.hint_field("strict".into());
    }
    can_be
}

fn requires_a_parameter(tool: &Tool) -> bool {
    #[derive(Deserialize)]
    struct Schema {
        #[serde(default)]
        required: Vec<IgnoredAny>,
    }
    let schema = tool.schema.as_ref().map(|schema| serde_json::from_str(schema.get()));
    matches!(schema, Some(Ok(Schema { required })) if !required.is_empty())
}

fn write_tool(tool: &Tool) -> ToolDefinition<'_> {
    ToolDefinition {
        r#type: "function",
        function: Function {
            name: &tool.name,
            description: tool.description.as_deref(),
            parameters: tool.schema.as_deref().map_or(
                Parameters::None { r#type: "object", properties: NoProperties {} },
                Parameters::Given,
            ),
        },
    }
}

fn write_tool_choice(choice: Option<&ToolChoice>) -> Option<&'static str> {
    match choice {
        None | Some(ToolChoice::Auto) => None,
        Some(ToolChoice::None) => Some("NONE"),
        Some(ToolChoice::Any | ToolChoice::Named(_)) => Some("REQUIRED"),
    }
}

/// A schema is always followed strictly here.
fn write_answer_format(format: &AnswerFormat) -> ResponseFormat<'_> {
    let json_schema = match format {
        AnswerFormat::JsonObject => None,
        AnswerFormat::Schema { schema, .. } => Some(&**schema),
    };
    ResponseFormat { r#type: "json_object", json_schema }
}

/// Penalties are between 0 and 1 here, elsewhere between -2 and 2.
fn penalty(asked: Option<&Asked<f64>>, losses: &mut Losses) -> Result<Option<f64>, WireError> {
    let Some(asked) = asked else { return Ok(None) };
    if (0.0..=1.0).contains(&asked.value) {
        return Ok(Some(asked.value));
    }
    losses.demand(Some(asked)).map(|()| None).map_err(|_| {
        let Asked { field, value } = asked;
        let detail = format!(
            "`{field}` is {value}, but this model's provider takes 0 to 1; send a value in between"
        );
        WireError::unsupported(*field, detail)
    })
}
