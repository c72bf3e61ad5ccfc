//! What a client's own dialect calls a field that a writer knows by one name for all of them: a
//! client is told the name that it wrote.

use std::borrow::Cow;

use crate::wire::{Dialect, WireError};

const OF_ANTHROPIC: [(&str, &str); 2] =
    [("stop", "stop_sequences"), ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use")];
const OF_GEMINI: [(&str, &str); 6] = [
    ("messages", "contents"),
    ("stop", "generationConfig.stopSequences"),
    ("temperature", "generationConfig.temperature"),
    ("top_p", "generationConfig.topP"),
    ("tool_choice", "toolConfig"),
    ("tools", "tools.functionDeclarations"),
];
const OF_RESPONSES: [(&str, &str); 1] = [("messages", "input")];
const OF_COMPLETIONS: [(&str, &str); 1] = [("messages", "prompt")];

/// The name of `field` in a request of `from`.
pub(super) fn named_in(from: Dialect, field: Cow<'static, str>) -> Cow<'static, str> {
    let names: &[(&str, &'static str)] = match from {
        Dialect::AnthropicMessages => &OF_ANTHROPIC,
        Dialect::Gemini => &OF_GEMINI,
        Dialect::OpenAiResponses => &OF_RESPONSES,
        Dialect::OpenAiCompletions => &OF_COMPLETIONS,
        _ => &[],
    };
    let known = names.iter().find(|(name, _)| *name == field);
    known.map_or(field, |(_, own)| Cow::Borrowed(own))
}

/// The same error, at the field as the client knows it.
pub(super) fn at_its_own_field(from: Dialect, error: WireError) -> WireError {
    match error {
        WireError::Unsupported { pointer, detail } => {
            WireError::Unsupported { pointer: named_in(from, pointer), detail }
        }
        other => other,
    }
}
