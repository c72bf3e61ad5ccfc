//! A client's `generateContent` request, into the internal representation.
//!
//! The model, and whether the answer is streamed, are not in it: the path has them. Every field is
//! known by two names, as protobuf's JSON has it: `topK` and `top_k`. The source is the official
//! SDK's types (google-genai 3.6).
//!
//! | field | here |
//! |---|---|
//! | `systemInstruction` | the system's, one part for each text |
//! | contents in a row of role `model` | one turn: clients keep what was streamed in pieces |
//! | roles `function` and `tool` | the user's |
//! | `text` with `thought`, `thoughtSignature` | a thought, with the signature of its vendor ([`super::thought_signature`]) |
//! | `thoughtSignature` of any other part | a thought without text before it |
//! | `functionCall`, `functionResponse` | calls and results; ids are made up where there are none |
//! | `response` of `output` or `error` alone | a result, or a failed one; any other object as it is |
//! | `inlineData` | an image, a sound, a document; a film is refused |
//! | `fileData` | an image or a document by its address; what Google keeps is refused |
//! | `functionDeclarations` | tools, their schemas as JSON schemas |
//! | `googleSearch`, `urlContext`, `codeExecution` | tools that the provider runs |
//! | `executableCode`, `codeExecutionResult` | a run of code |
//! | every other tool | a demand: `tools.fileSearch` |
//! | `toolConfig` mode `ANY` with names | the named tool, or some tool of these |
//! | `responseSchema`, `responseJsonSchema` | the answer's schema; strict where every property is required |
//! | `responseMimeType` `application/json` alone | some JSON object |
//! | `thinkingBudget`, `thinkingLevel` | a budget (0: no thoughts, -1: as the model likes), an effort |
//! | `responseLogprobs`, `logprobs` | log probabilities |
//! | `responseModalities`, `speechConfig` of one voice | media and voice |
//! | `candidateCount` above 1, several voices, `cachedContent`, `safetySettings` that block | demands |
//! | `labels`, `serviceTier`, `store`, `mediaResolution`, `partMetadata` | hints |
//! | every other field | a demand, unless it asks for nothing |

mod calls;
mod contents;
mod generation;
mod media;
mod model_turn;
mod repeated;
mod schema;
mod speech;
mod tools;
mod within;

use serde::Deserialize;
use serde_json::value::RawValue;

use self::{
    contents::{Content, read_contents, read_system},
    generation::{Generation, read_generation},
    repeated::Repeated,
    tools::{read_choice, read_tools},
};
use crate::wire::{
    WireError,
    translate::{
        ir::{Request, Settings, Turn},
        other_fields,
    },
};

/// The fields that are read here, and those that are the transport's.
const TAKEN: [&str; 11] = [
    "model",
    "contents",
    "systemInstruction",
    "system_instruction",
    "tools",
    "toolConfig",
    "tool_config",
    "generationConfig",
    "generation_config",
    "safetySettings",
    "safety_settings",
];
/// What changes nothing but cost, speed or bookkeeping.
const HINTS: [&str; 4] = ["labels", "serviceTier", "service_tier", "store"];
/// Thresholds that let everything pass.
const OPEN_THRESHOLDS: [&str; 4] = ["", "OFF", "BLOCK_NONE", "HARM_BLOCK_THRESHOLD_UNSPECIFIED"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    contents: Repeated<Content>,
    #[serde(alias = "system_instruction")]
    system_instruction: Option<Content>,
    #[serde(default)]
    tools: Repeated<Box<RawValue>>,
    #[serde(alias = "tool_config")]
    tool_config: Option<Box<RawValue>>,
    #[serde(alias = "generation_config")]
    generation_config: Option<Box<RawValue>>,
    #[serde(default, alias = "safety_settings")]
    safety_settings: Repeated<SafetySetting>,
}

#[derive(Deserialize)]
struct SafetySetting {
    #[serde(default)]
    threshold: String,
}

/// Reads the body of a request.
///
/// # Errors
///
/// `Invalid`, naming the field, where it is none.
pub(in crate::wire::translate) fn read_request(body: &[u8]) -> Result<Request, WireError> {
    let read: Body = serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a generateContent request: {error}"))
    })?;
    let mut settings = Settings::default();
    other_fields::note(body, &TAKEN, &HINTS, &mut settings);
    read_safety(&read.safety_settings, &mut settings);
    let mut turns = Vec::with_capacity(read.contents.0.len() + 1);
    if let Some(content) = read.system_instruction {
        turns.push(Turn::System(read_system(content, &mut settings)?));
    }
    read_contents(read.contents.0, &mut settings, &mut turns)?;
    let (mut tools, server_tools) = read_tools(read.tools, &mut settings)?;
    let choice = read.tool_config;
    let choice = choice.map(|raw| read_choice(&raw, &mut tools, &mut settings)).transpose()?;
    let generation = read.generation_config;
    let generation = generation.map(|raw| read_generation(&raw, &mut settings)).transpose()?;
    let Generation { stop, temperature, top_p, output_limit } = generation.unwrap_or_default();
    Ok(Request {
        verbosity: None,
        turns,
        tools,
        server_tools,
        tool_choice: choice.flatten(),
        parallel_tool_calls: None,
        stop,
        temperature,
        top_p,
        output_limit,
        stream: false,
        user: None,
        settings,
    })
}

/// Another vendor has no such filters, so one that lets everything pass asks for nothing more.
fn read_safety(safety: &Repeated<SafetySetting>, settings: &mut Settings) {
    let is_open = |setting: &SafetySetting| OPEN_THRESHOLDS.contains(&&*setting.threshold);
    if safety.0.iter().all(is_open) {
        settings.hints.extend((!safety.0.is_empty()).then_some("safetySettings".into()));
    } else {
        settings.demands.push("safetySettings".into());
    }
}
