//! What is answered, and what it comes to, before it is told in events.

use serde_json::{Value, json};

use super::conversation::Conversation;
use crate::fake_provider::{
    answer::{Answer, Content, Question, Tool, ToolChoice, last_user_text},
    directives::Directives,
    ledger::{Sound, Usage},
};

/// One answer, ready to be told.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) content: Content,
    pub(super) is_spoken: bool,
    pub(super) is_cut_at_limit: bool,
    pub(super) usage: Usage,
    cached_sound: u64,
    sound: Sound,
    pub(super) max_output_tokens: Value,
}

impl Said {
    /// The answer to a conversation; `wishes` are those of the event that asks for it.
    pub(super) fn to(conversation: &Conversation, wishes: &Value, directives: &Directives) -> Self {
        let configuration = &conversation.configuration;
        let wish = |name: &str| {
            if wishes[name].is_null() { &configuration[name] } else { &wishes[name] }
        };
        let limit = wish("max_output_tokens");
        let items = wishes["input"].as_array().map_or_else(
            || Value::from(conversation.items.clone()),
            |input| Value::from(input.clone()),
        );
        let tools = wish("tools").as_array().cloned().unwrap_or_default();
        let text_bytes = items.to_string().len()
            + wish("instructions").to_string().len()
            + json!(tools).to_string().len();
        let question = Question {
            body_bytes: text_bytes,
            output_limit: limit.as_u64(),
            tools: tools.iter().filter_map(tool).collect(),
            choice: choice(wish("tool_choice")),
            last_user_text: last_user_text(&items),
            ..Question::default()
        };
        let Answer { content, mut usage, is_cut_at_limit } = Answer::to(&question, directives);
        let is_text = matches!(&content, Content::Calls(_));
        let is_spoken = !is_text && modalities(configuration, wishes).contains("audio");
        let heard = conversation.heard_tokens();
        if directives.input_tokens.is_none() {
            usage.input += heard;
        }
        let heard = heard.min(usage.input);
        // Text is cached before sound.
        let cached_sound = usage.cached.saturating_sub(usage.input - heard);
        let output = if is_spoken { usage.output - usage.output / 5 } else { 0 };
        let sound = Sound { input: heard - cached_sound, output };
        let max_output_tokens = limit.clone();
        Self { content, is_spoken, is_cut_at_limit, usage, cached_sound, sound, max_output_tokens }
    }

    /// What it comes to once so many of its parts have been told.
    pub(super) fn share(&self, told: usize, parts: usize) -> (Usage, Sound) {
        let share = |tokens: u64| tokens * told.min(parts) as u64 / parts.max(1) as u64;
        let usage = Usage { output: share(self.usage.output), ..self.usage };
        (usage, Sound { output: share(self.sound.output), ..self.sound })
    }

    /// Usage as the API tells it.
    pub(super) fn told(&self, (usage, sound): (Usage, Sound)) -> Value {
        let heard = sound.input + self.cached_sound;
        json!({
            "total_tokens": usage.input + usage.output,
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "input_token_details": {
                "text_tokens": usage.input - heard, "audio_tokens": heard, "image_tokens": 0,
                "cached_tokens": usage.cached,
                "cached_tokens_details": {
                    "text_tokens": usage.cached - self.cached_sound,
                    "audio_tokens": self.cached_sound, "image_tokens": 0,
                },
            },
            "output_token_details": {
                "text_tokens": usage.output - sound.output, "audio_tokens": sound.output,
            },
        })
    }
}

/// In which ways it is answered; the beta's name comes first, as the other one is always there.
fn modalities(configuration: &Value, wishes: &Value) -> String {
    [wishes, configuration]
        .into_iter()
        .flat_map(|of| [&of["modalities"], &of["output_modalities"]])
        .find(|modalities| !modalities.is_null())
        .map(Value::to_string)
        .unwrap_or_default()
}

fn tool(tool: &Value) -> Option<Tool> {
    Some(Tool { name: tool["name"].as_str()?.to_owned(), schema: tool["parameters"].clone() })
}

fn choice(choice: &Value) -> ToolChoice {
    match (choice.as_str(), choice["name"].as_str()) {
        (Some("none"), _) => ToolChoice::Forbidden,
        (Some("required"), _) => ToolChoice::Required,
        (_, Some(name)) => ToolChoice::Named(name.to_owned()),
        _ => ToolChoice::Auto,
    }
}
