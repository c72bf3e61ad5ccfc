//! The internal representation, into the chat request that Ollama reads.

use serde::Serialize;
use serde_json::value::RawValue;

use super::messages::{Message, write_messages};
use crate::{
    kernel::config::ReasoningControl,
    wire::{
        WireError,
        translate::{
            Target,
            ir::{
                AnswerFormat, Asked, Effort, LogProbabilities, Request, Settings, Thinking, Tool,
            },
            json,
            losses::Losses,
            offered_tools,
        },
    },
};

/// The largest budget for thoughts that is a low effort, in tokens; a middle one follows.
const LOW_EFFORT_TOKENS: i64 = 4_096;
const MEDIUM_EFFORT_TOKENS: i64 = 16_384;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolDefinition<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    #[serde(skip_serializing_if = "Options::is_empty")]
    options: Options<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<i64>,
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
#[serde(untagged)]
enum Format<'a> {
    Word(&'static str),
    Schema(&'a RawValue),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Think {
    Switch(bool),
    Level(&'static str),
}

#[derive(Default, PartialEq, Serialize)]
struct Options<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
}

impl Options<'_> {
    fn is_empty(&self) -> bool {
        *self == Options::default()
    }
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
        effort,
        thinking,
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
    losses.hint(request.user.as_ref());
    json(&Body {
        model: target.model,
        messages: write_messages(&request.turns, losses)?,
        tools: offered_tools::without_choice(request, losses)?.iter().map(write_tool).collect(),
        format: answer_format.as_ref().map(|asked| write_answer_format(&asked.value)),
        think: write_think(effort.as_ref(), thinking.as_ref(), target, losses),
        options: Options {
            num_predict: request.output_limit,
            temperature: request.temperature,
            top_p: request.top_p,
            top_k: Asked::value_of(top_k.as_ref()),
            stop: (!request.stop.is_empty()).then_some(&request.stop),
            seed: Asked::value_of(seed.as_ref()),
            frequency_penalty: Asked::value_of(frequency_penalty.as_ref()),
            presence_penalty: Asked::value_of(presence_penalty.as_ref()),
        },
        logprobs: log_probabilities.as_ref().map(|_| true),
        top_logprobs: LogProbabilities::alternatives_of(log_probabilities.as_ref()),
        stream: request.stream,
    })
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

/// A schema is always followed strictly here.
fn write_answer_format(format: &AnswerFormat) -> Format<'_> {
    match format {
        AnswerFormat::JsonObject => Format::Word("json"),
        AnswerFormat::Schema { schema, .. } => Format::Schema(schema),
    }
}

/// A model that cannot think refuses to be told to, and most others can only be told whether.
fn write_think(
    effort: Option<&Asked<Effort>>,
    thinking: Option<&Asked<Thinking>>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Option<Think> {
    let Some(control) = target.reasoning else {
        losses.hint(effort);
        losses.hint(thinking);
        return None;
    };
    match (control, Asked::value_of(effort), Asked::value_of(thinking)) {
        (_, None, None) => None,
        (_, Some(Effort::None), None) => Some(Think::Switch(false)),
        (ReasoningControl::Budget, ..) | (_, None, Some(Thinking::Adaptive)) => {
            Some(Think::Switch(true))
        }
        (ReasoningControl::Effort, Some(effort), _) => Some(Think::Level(level_of(effort))),
        (ReasoningControl::Effort, None, Some(Thinking::Budget(tokens))) => {
            Some(Think::Level(level_of_budget(tokens)))
        }
    }
}

const fn level_of(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::ExtraHigh | Effort::Maximal => "high",
    }
}

const fn level_of_budget(tokens: i64) -> &'static str {
    if tokens <= LOW_EFFORT_TOKENS {
        "low"
    } else if tokens <= MEDIUM_EFFORT_TOKENS {
        "medium"
    } else {
        "high"
    }
}
