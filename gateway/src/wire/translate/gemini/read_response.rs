//! A provider's answer, into the internal representation.

mod body;
mod stop;

pub(super) use self::{
    body::{Body, ErrorObject, Piece, counts_of},
    stop::read_stop,
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        gemini::{code::CodeRuns, grounding::Grounds},
        ir::{AssistantPart, Response, Signature, Stop, Thought, ToolCall, Vendor},
        nonsense,
    },
};

/// Reads a whole answer.
///
/// # Errors
///
/// `Nonsense` where it is none, or the model broke off in a call.
pub(in crate::wire::translate) fn read_response(
    body: &[u8],
    context: &TranslationContext,
) -> Result<Response, WireError> {
    let mut body: Body = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is not an answer of Gemini ({error})")))?;
    let usage = body.take_usage().and_then(|usage| counts_of(&usage)).unwrap_or_default();
    let is_blocked = body.is_blocked();
    let Some(mut candidate) = body.into_candidate() else {
        if is_blocked {
            let (parts, stop) = (Vec::new(), Stop::Refusal);
            let likelihoods = Vec::new();
            return Ok(Response { parts, likelihoods, stop, stop_sequence: None, usage });
        }
        return Err(nonsense("it has no candidates"));
    };
    let reason = candidate.finish_reason.clone();
    let likelihoods = candidate.likelihoods();
    let mut parts = Vec::new();
    let mut calls = 0;
    let (mut runs, mut said, mut texts) = (CodeRuns::default(), String::new(), Vec::new());
    let told = candidate.grounds();
    for piece in candidate.into_pieces()? {
        match piece {
            Piece::Thought(text) => parts.push(unsigned(text)),
            Piece::Signature(opaque) => sign(&mut parts, opaque),
            Piece::Text { text, signature } => {
                said.push_str(&text);
                say(&mut parts, text, signature);
            }
            Piece::Image(image) => parts.push(AssistantPart::Image(image)),
            Piece::Speech(speech) => parts.push(AssistantPart::Speech(speech)),
            Piece::NextPart => texts.push(said.len()),
            Piece::Code(code) => {
                let before = runs.begin(code, &context.id);
                parts.extend(before.map(AssistantPart::ServerToolUse));
            }
            Piece::CodeOutcome(outcome) => {
                let used = runs.end(Some(outcome), &context.id);
                parts.extend(used.map(AssistantPart::ServerToolUse));
            }
            Piece::Call { id, name, arguments } => {
                let id = context.tool_call_id(id.as_deref(), calls);
                calls += 1;
                parts.push(AssistantPart::ToolCall(ToolCall { id, name, arguments }));
            }
        }
    }
    parts.extend(runs.end(None, &context.id).map(AssistantPart::ServerToolUse));
    let mut grounds = Grounds::default();
    grounds.add(&told, &said, &texts);
    // It searched before it spoke.
    let used = grounds.uses(&context.id).into_iter().map(AssistantPart::ServerToolUse);
    parts.splice(0..0, used);
    parts.extend(grounds.into_citations().into_iter().map(AssistantPart::Citation));
    let stop = read_stop(reason.as_deref(), calls > 0)?;
    Ok(Response { parts, likelihoods, stop, stop_sequence: None, usage })
}

fn unsigned(text: String) -> AssistantPart {
    AssistantPart::Thought(Thought { text, signature: None, is_redacted: false })
}

/// A signature without a text is that of the text before, and stands before it.
fn say(parts: &mut Vec<AssistantPart>, text: String, signature: Option<String>) {
    let said = if text.is_empty() {
        parts.pop_if(|part| matches!(part, AssistantPart::Text(_)))
    } else {
        Some(AssistantPart::Text(text))
    };
    if let Some(opaque) = signature {
        sign(parts, opaque);
    }
    parts.extend(said);
}

/// The thought that came last is proved by this; without one, it is a thought without text.
fn sign(parts: &mut Vec<AssistantPart>, opaque: String) {
    let signature = Some(Signature { vendor: Vendor::Google, opaque });
    match parts.last_mut() {
        Some(AssistantPart::Thought(last)) if last.signature.is_none() => {
            last.signature = signature;
        }
        _ => parts.push(AssistantPart::Thought(Thought {
            text: String::new(),
            signature,
            is_redacted: false,
        })),
    }
}
