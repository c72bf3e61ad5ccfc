//! What Azure's content filter adds to an answer of OpenAI's, and how it stops a prompt.
//! <https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter>

use serde_json::{Value, json};

use crate::fake_provider::{
    fault::Fault,
    reply::{Payload, Prepared},
};

/// The answer with the filter's findings; a stream begins with them, in a chunk without choices.
pub(super) fn applied_to(mut prepared: Prepared) -> Result<Prepared, Fault> {
    if prepared.directives.is_blocked() {
        return Err(Fault::Filtered);
    }
    match &mut prepared.payload {
        Payload::Whole(text) => *text = with_findings(text),
        Payload::Stream(script) => script.push_first(format!("data: {}\n\n", first_chunk())),
        Payload::Array(_) | Payload::Text(_) | Payload::Media { .. } => {}
    }
    Ok(prepared)
}

fn with_findings(text: &str) -> String {
    let mut answer: Value = serde_json::from_str(text).unwrap_or_default();
    for choice in answer["choices"].as_array_mut().into_iter().flatten() {
        let has_calls = choice["message"]["tool_calls"].is_array();
        choice["content_filter_results"] = if has_calls { json!({}) } else { findings() };
    }
    answer["prompt_filter_results"] = prompt_findings();
    answer.to_string()
}

fn first_chunk() -> Value {
    json!({
        "choices": [], "created": 0, "id": "", "model": "", "object": "",
        "prompt_filter_results": prompt_findings(),
    })
}

fn prompt_findings() -> Value {
    let mut findings = findings();
    findings["jailbreak"] = json!({ "detected": false, "filtered": false });
    json!([{ "prompt_index": 0, "content_filter_results": findings }])
}

fn findings() -> Value {
    let safe = json!({ "filtered": false, "severity": "safe" });
    json!({ "hate": safe, "self_harm": safe, "sexual": safe, "violence": safe })
}
