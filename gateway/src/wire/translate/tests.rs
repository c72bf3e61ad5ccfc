//! What is translated, case by case: the input is in a folder of fixtures, the output a snapshot.

mod bedrock;
mod cohere;
mod embeddings;
mod embeddings_in_clouds;
mod gemini_clients;
mod gemini_provider;
mod matrix;
mod ollama;
mod openai_responses;
mod refusals;
mod replicate;
mod requests;
mod responses;
mod responses_outbound;
mod server_tools;
mod split_streams;
mod streams;
mod workers_ai;

use super::{Target, TranslationContext};
use crate::{
    kernel::config::UnsupportedFields,
    wire::{Dialect, LimitField},
};

/// Takes every limit, cannot be told how hard to think, refuses what it does not know.
fn target(dialect: Dialect) -> Target<'static> {
    Target {
        dialect,
        model: "upstream-model",
        output_limit: None,
        limit_field: LimitField::MaxCompletionTokens,
        reasoning: None,
        unsupported_fields: UnsupportedFields::Refuse,
        is_streaming: false,
    }
}

fn context() -> TranslationContext {
    TranslationContext {
        model: "house-model".to_owned(),
        id: "req_1".to_owned(),
        created_at_seconds: 1_700_000_000,
        echo: None,
    }
}

/// Indented, with the text of numbers and the order of fields left as they are.
fn indented(json: &[u8]) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    let text = std::str::from_utf8(json).unwrap();
    serde_json::from_str::<serde::de::IgnoredAny>(text).expect("the output is JSON");
    for character in text.chars() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '{' | '[' => {
                depth += 1;
                out.push(character);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                new_line(&mut out, depth);
            }
            _ => {
                in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}
