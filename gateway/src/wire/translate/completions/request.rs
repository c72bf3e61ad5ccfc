//! A client's completion request, into the internal representation.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{Asked, LogProbabilities, Request, Settings, Turn, UserPart},
        openai_settings, other_fields,
    },
};

/// How long an answer is where nothing is said.
const USUAL_TOKENS: i64 = 16;
/// The fields that are read here, and those that are the transport's.
const TAKEN: [&str; 16] = [
    "model",
    "prompt",
    "stop",
    "temperature",
    "top_p",
    "max_tokens",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "n",
    "best_of",
    "stream",
    "stream_options",
    "user",
    "logit_bias",
    "logprobs",
];

#[derive(Deserialize)]
struct Body {
    prompt: Prompt,
    stop: Option<Content<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_tokens: Option<i64>,
    seed: Option<i64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    n: Option<i64>,
    best_of: Option<i64>,
    logit_bias: Option<Map<String, Value>>,
    logprobs: Option<i64>,
    stream: Option<bool>,
    user: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Prompt {
    Text(String),
    Texts(Vec<String>),
    Other(Value),
}

/// # Errors
///
/// `Invalid` where the body is not a completion request, `Unsupported` naming the field that no
/// chat could carry.
pub(in crate::wire::translate) fn read(body: &[u8]) -> Result<Request, WireError> {
    let read: Body = serde_json::from_slice(body).map_err(|error| {
        WireError::invalid(None, format!("the body is not a completion request: {error}"))
    })?;
    let prompt = one_text(read.prompt)?;
    let mut settings = Settings {
        seed: read.seed.map(|value| Asked::new("seed", value)),
        frequency_penalty: openai_settings::penalty("frequency_penalty", read.frequency_penalty),
        presence_penalty: openai_settings::penalty("presence_penalty", read.presence_penalty),
        log_probabilities: read.logprobs.map(log_probabilities),
        ..Settings::default()
    };
    for (field, count) in [("n", read.n), ("best_of", read.best_of)] {
        if count.is_some_and(|count| count > 1) {
            settings.demands.push(field.into());
        }
    }
    if read.logit_bias.is_some_and(|bias| !bias.is_empty()) {
        settings.demands.push("logit_bias".into());
    }
    other_fields::note(body, &TAKEN, &[], &mut settings);
    Ok(Request {
        turns: vec![Turn::User(vec![UserPart::Text(prompt)])],
        tools: Vec::new(),
        server_tools: Vec::new(),
        tool_choice: None,
        parallel_tool_calls: None,
        verbosity: None,
        stop: read.stop.map(openai_settings::stops).unwrap_or_default(),
        temperature: read.temperature,
        top_p: read.top_p,
        output_limit: Some(read.max_tokens.unwrap_or(USUAL_TOKENS)),
        stream: read.stream.unwrap_or(false),
        user: openai_settings::person(read.user, None),
        settings,
    })
}

/// Zero asks for those of the tokens that are told alone.
fn log_probabilities(alternatives: i64) -> Asked<LogProbabilities> {
    let alternatives = (alternatives > 0).then(|| Asked::new("logprobs", alternatives));
    Asked::new("logprobs", LogProbabilities { alternatives })
}

fn one_text(prompt: Prompt) -> Result<String, WireError> {
    let refused = |what: &str| {
        WireError::unsupported(
            "prompt",
            format!(
                "{what} cannot be translated for this model's provider; send one text, or choose a \
                 model whose provider has completions"
            ),
        )
    };
    match prompt {
        Prompt::Text(text) => Ok(text),
        Prompt::Texts(mut texts) if texts.len() == 1 => Ok(texts.swap_remove(0)),
        Prompt::Texts(_) => Err(refused("a list of several prompts")),
        Prompt::Other(Value::Array(_)) => Err(refused("a prompt of tokens")),
        Prompt::Other(_) => Err(WireError::invalid("prompt", "`prompt` must be a text.")),
    }
}
