//! Contents, into turns.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    calls::Calls,
    media::{Blob, FileData, Media, by_address, inline},
    model_turn::ModelTurn,
    repeated::Repeated,
    within,
};
use crate::wire::{
    WireError,
    translate::gemini::code::{ReadCode, ReadOutcome},
    translate::ir::{ResultPart, Settings, SystemPart, ToolResult, Turn, UserPart},
};

/// The fields of a part that are read.
const TAKEN: [&str; 16] = [
    "text",
    "thought",
    "thoughtSignature",
    "thought_signature",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
    "functionCall",
    "function_call",
    "functionResponse",
    "function_response",
    "executableCode",
    "executable_code",
    "codeExecutionResult",
    "code_execution_result",
];
/// What a client keeps with a part for itself, and how closely a part is looked at.
const HINTS: [&str; 4] = ["partMetadata", "part_metadata", "mediaResolution", "media_resolution"];

#[derive(Deserialize)]
pub(super) struct Content {
    role: Option<String>,
    #[serde(default)]
    parts: Repeated<Box<RawValue>>,
}

/// A part of any kind: what kind it is, is told by the field that is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    thought: Option<bool>,
    #[serde(alias = "thought_signature")]
    thought_signature: Option<String>,
    #[serde(alias = "inline_data")]
    inline_data: Option<Blob>,
    #[serde(alias = "file_data")]
    file_data: Option<FileData>,
    #[serde(alias = "function_call")]
    function_call: Option<FunctionCall>,
    #[serde(alias = "function_response")]
    function_response: Option<FunctionResponse>,
    #[serde(alias = "executable_code")]
    executable_code: Option<ReadCode>,
    #[serde(alias = "code_execution_result")]
    code_execution_result: Option<ReadOutcome>,
}

#[derive(Deserialize)]
struct FunctionCall {
    id: Option<String>,
    name: String,
    args: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct FunctionResponse {
    id: Option<String>,
    name: String,
    response: Option<Box<RawValue>>,
    #[serde(default)]
    parts: Repeated<ResponsePart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponsePart {
    #[serde(alias = "inline_data")]
    inline_data: Option<Blob>,
    #[serde(alias = "file_data")]
    file_data: Option<FileData>,
}

/// What a function gave back, where it says which of both it is.
#[derive(Default, Deserialize)]
struct Outcome {
    output: Option<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

/// # Errors
///
/// `Invalid` where a content breaks its own dialect, `Unsupported` where no other has its like.
pub(super) fn read_contents(
    contents: Vec<Content>,
    settings: &mut Settings,
    turns: &mut Vec<Turn>,
) -> Result<(), WireError> {
    let mut calls = Calls::default();
    let mut model: Option<ModelTurn> = None;
    for Content { role, parts } in contents {
        let parts = read_parts(parts, settings)?;
        match role.as_deref() {
            Some("model") => {
                let turn = model.get_or_insert_with(|| {
                    calls.next_turn();
                    ModelTurn::default()
                });
                for part in parts {
                    read_model_part(part, turn, &mut calls)?;
                }
            }
            // Older clients give the results of functions a role of their own.
            None | Some("" | "user" | "function" | "tool") => {
                turns.extend(model.take().map(ModelTurn::end));
                let mut said = Vec::with_capacity(parts.len());
                for part in parts {
                    said.extend(read_user_part(part, &mut calls)?);
                }
                turns.push(Turn::User(said));
            }
            Some(_) => return Err(invalid("the `role` of a content must be `user` or `model`")),
        }
    }
    turns.extend(model.map(ModelTurn::end));
    Ok(())
}

/// # Errors
///
/// `Invalid` where a part is no text.
pub(super) fn read_system(
    content: Content,
    settings: &mut Settings,
) -> Result<Vec<SystemPart>, WireError> {
    let parts = read_parts(content.parts, settings)?;
    let text = |part: Part| {
        let detail = "`systemInstruction` must be text";
        part.text.ok_or_else(|| WireError::invalid("systemInstruction", detail))
    };
    parts.into_iter().map(|part| text(part).map(SystemPart::Text)).collect()
}

fn read_parts(
    parts: Repeated<Box<RawValue>>,
    settings: &mut Settings,
) -> Result<Vec<Part>, WireError> {
    let read = |raw: Box<RawValue>| {
        within::note("contents.parts", &raw, &TAKEN, &HINTS, settings);
        serde_json::from_str(raw.get())
            .map_err(|error| invalid(format!("a part of a content cannot be read: {error}")))
    };
    parts.0.into_iter().map(read).collect()
}

fn read_model_part(part: Part, turn: &mut ModelTurn, calls: &mut Calls) -> Result<(), WireError> {
    let Part { text, thought, thought_signature, inline_data, file_data, function_call, .. } = part;
    if part.function_response.is_some() {
        return Err(invalid("a `functionResponse` is the user's, not the model's"));
    }
    let media = match (inline_data, file_data) {
        (Some(blob), _) => Some(inline(blob)?),
        (None, Some(file)) => Some(by_address(file)?),
        (None, None) => None,
    };
    if thought == Some(true) {
        turn.think(&text.unwrap_or_default(), thought_signature);
        return Ok(());
    }
    turn.prove(thought_signature);
    if let Some(code) = part.executable_code {
        turn.run(code);
    }
    if let Some(outcome) = part.code_execution_result {
        turn.ran(Some(outcome));
    }
    turn.say(&text.unwrap_or_default());
    match media {
        None => {}
        Some(Media::Image(image)) => turn.draw(image),
        Some(_) => {
            let detail = "what a model has spoken cannot be translated for this provider";
            return Err(WireError::unsupported("contents", detail));
        }
    }
    if let Some(FunctionCall { id, name, args }) = function_call {
        turn.call(calls.call(id, &name), name, args)?;
    }
    Ok(())
}

fn read_user_part(part: Part, calls: &mut Calls) -> Result<Option<UserPart>, WireError> {
    let Part { text, inline_data, file_data, function_call, function_response, .. } = part;
    if function_call.is_some() {
        return Err(invalid("a `functionCall` is the model's; give its content the role `model`"));
    }
    let media = match (inline_data, file_data) {
        (Some(blob), _) => Some(inline(blob)?),
        (None, Some(file)) => Some(by_address(file)?),
        (None, None) => None,
    };
    Ok(match (function_response, media, text) {
        (Some(response), _, _) => Some(UserPart::ToolResult(read_response(response, calls)?)),
        (None, Some(Media::Image(image)), _) => Some(UserPart::Image(image)),
        (None, Some(Media::Document(document)), _) => Some(UserPart::Document(document)),
        (None, Some(Media::Audio(audio)), _) => Some(UserPart::Audio(audio)),
        (None, None, Some(text)) => Some(UserPart::Text(text)),
        // What else it was is noted already.
        (None, None, None) => None,
    })
}

/// What a function gave back is an object here. The one that says `output` or `error` alone is
/// told by what it says, as models read it.
fn read_response(response: FunctionResponse, calls: &mut Calls) -> Result<ToolResult, WireError> {
    let FunctionResponse { id, name, response, parts } = response;
    let call_id = calls.answer(id, &name)?;
    let whole = response.as_deref().map_or("{}", RawValue::get);
    if !whole.starts_with('{') {
        return Err(invalid("the `response` of a `functionResponse` must be an object"));
    }
    let has_one_member = serde_json::from_str::<serde_json::Map<_, _>>(whole)
        .is_ok_and(|members| members.len() == 1);
    let outcome: Outcome = if has_one_member {
        serde_json::from_str(whole).unwrap_or_default()
    } else {
        Outcome::default()
    };
    let is_error = outcome.error.is_some();
    let told = outcome.error.or(outcome.output);
    let text = told.as_deref().map_or_else(|| whole.to_owned(), text_or_json);
    let mut result = vec![ResultPart::Text(text)];
    for part in parts.0 {
        result.extend(read_response_part(part)?);
    }
    Ok(ToolResult { call_id, parts: result, is_error })
}

fn read_response_part(part: ResponsePart) -> Result<Option<ResultPart>, WireError> {
    let media = match (part.inline_data, part.file_data) {
        (Some(blob), _) => inline(blob)?,
        (None, Some(file)) => by_address(file)?,
        (None, None) => return Ok(None),
    };
    match media {
        Media::Image(image) => Ok(Some(ResultPart::Image(image))),
        Media::Document(document) => Ok(Some(ResultPart::Document(document))),
        Media::Audio(_) => {
            let detail = "the sound of a `functionResponse` cannot be translated for this provider";
            Err(WireError::unsupported("contents", detail))
        }
    }
}

fn text_or_json(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}

fn invalid(detail: impl Into<String>) -> WireError {
    WireError::invalid("contents", detail)
}
