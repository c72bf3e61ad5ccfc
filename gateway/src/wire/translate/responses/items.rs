//! The items of a request's `input`, into turns.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    encrypted_content,
    namespaces::joined,
    server_tools::{ReadUse, is_use},
};
use crate::wire::{
    WireError,
    translate::{
        content::Content,
        ir::{
            AssistantPart, Audio, Document, DocumentSource, Image, JsonObject, ResultPart,
            ServerToolUse, SystemPart, Thought, ToolCall, ToolResult, Turn, UserPart,
        },
        openai_annotations, openai_media,
    },
};

/// An item of any kind: what depends on the kind stays unread until the kind is known.
#[derive(Deserialize)]
pub(super) struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
    role: Option<String>,
    content: Option<Box<RawValue>>,
    summary: Option<Vec<Summary>>,
    encrypted_content: Option<String>,
    call_id: Option<String>,
    name: Option<String>,
    namespace: Option<String>,
    arguments: Option<String>,
    output: Option<Box<RawValue>>,
    status: Option<String>,
    action: Option<Box<RawValue>>,
    code: Option<String>,
    container_id: Option<String>,
    outputs: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Summary {
    text: String,
}

#[derive(Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    refusal: Option<String>,
    image_url: Option<String>,
    detail: Option<String>,
    file_data: Option<String>,
    file_url: Option<String>,
    filename: Option<String>,
    input_audio: Option<InputAudio>,
    annotations: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct InputAudio {
    data: String,
    format: String,
}

/// # Errors
///
/// `Invalid` where the item breaks its own dialect, `Unsupported` where no other has its like.
pub(super) fn read_item(item: Item) -> Result<Turn, WireError> {
    match (item.kind.as_deref(), item.role.as_deref()) {
        (None | Some("message"), Some(role)) => read_message(role, item.content),
        (Some("function_call"), _) => {
            Ok(Turn::Assistant(vec![AssistantPart::ToolCall(read_call(item)?)]))
        }
        (Some("function_call_output"), _) => {
            Ok(Turn::User(vec![UserPart::ToolResult(read_output(item)?)]))
        }
        (Some("reasoning"), _) => {
            Ok(Turn::Assistant(vec![AssistantPart::Thought(read_thought(item))]))
        }
        (Some(kind), _) if is_use(kind) => {
            let used = read_use(item).map(AssistantPart::ServerToolUse);
            Ok(Turn::Assistant(used.into_iter().collect()))
        }
        (Some(kind), _) => Err(unsupported(format!("an item of type `{kind}`"))),
        (None, None) => Err(invalid("an item needs its `type`, or a `role` if it is a message")),
    }
}

fn read_message(role: &str, content: Option<Box<RawValue>>) -> Result<Turn, WireError> {
    let content = read_content(content)?;
    match role {
        "system" | "developer" => {
            Ok(Turn::System(texts(content)?.into_iter().map(SystemPart::Text).collect()))
        }
        "assistant" => read_said(content).map(Turn::Assistant),
        "user" => match content {
            Content::Text(text) => Ok(Turn::User(vec![UserPart::Text(text)])),
            Content::Parts(parts) => {
                Ok(Turn::User(parts.into_iter().map(read_part).collect::<Result<_, _>>()?))
            }
        },
        role => Err(unsupported(format!("messages of role `{role}`"))),
    }
}

fn read_content(content: Option<Box<RawValue>>) -> Result<Content<Part>, WireError> {
    let Some(content) = content else { return Ok(Content::default()) };
    serde_json::from_str(content.get())
        .map_err(|error| invalid(format!("the content of an item cannot be read: {error}")))
}

fn texts(content: Content<Part>) -> Result<Vec<String>, WireError> {
    let parts = match content {
        Content::Text(text) => return Ok(vec![text]),
        Content::Parts(parts) => parts,
    };
    let text = |part: Part| part.text.or(part.refusal).ok_or_else(|| unsupported_part(&part.kind));
    parts.into_iter().map(text).collect()
}

/// What the model has said, each text with what it rests on.
fn read_said(content: Content<Part>) -> Result<Vec<AssistantPart>, WireError> {
    let parts = match content {
        Content::Text(text) => return Ok(vec![AssistantPart::Text(text)]),
        Content::Parts(parts) => parts,
    };
    let mut read = Vec::with_capacity(parts.len());
    let mut said = 0;
    for part in parts {
        let text = part.text.or(part.refusal).ok_or_else(|| unsupported_part(&part.kind))?;
        let begins_at = said;
        said += text.chars().count();
        read.push(AssistantPart::Text(text));
        let citations = openai_annotations::read(part.annotations.as_deref()).into_iter();
        let citations = citations.map(|citation| citation.moved_by(begins_at));
        read.extend(citations.map(AssistantPart::Citation));
    }
    Ok(read)
}

fn read_use(item: Item) -> Option<ServerToolUse> {
    let Item { id, status, action, code, container_id, outputs, encrypted_content, .. } = item;
    let kind = item.kind.unwrap_or_default();
    let used = ReadUse { kind, id, status, action, code, container_id, outputs, encrypted_content };
    used.used()
}

fn read_part(part: Part) -> Result<UserPart, WireError> {
    match part.kind.as_str() {
        "input_text" | "output_text" => {
            part.text.map(UserPart::Text).ok_or_else(|| invalid("a part of text needs its `text`"))
        }
        "input_image" => read_image(part.image_url, part.detail).map(UserPart::Image),
        "input_file" => read_file(part).map(UserPart::Document),
        "input_audio" => match part.input_audio {
            Some(InputAudio { data, format }) => Ok(UserPart::Audio(Audio { format, data })),
            None => Err(invalid("a part `input_audio` needs its `input_audio`")),
        },
        kind => Err(unsupported_part(kind)),
    }
}

fn read_image(url: Option<String>, detail: Option<String>) -> Result<Image, WireError> {
    let url = url.ok_or_else(|| unsupported("an image that is kept at a provider, by its id,"))?;
    openai_media::image("input", url, detail)
}

fn read_file(part: Part) -> Result<Document, WireError> {
    match (part.file_data, part.file_url) {
        (Some(data), _) => openai_media::file("input", &data, part.filename),
        (None, Some(url)) => {
            let source = DocumentSource::Url(url);
            Ok(Document { source, title: part.filename, context: None, is_cited: false })
        }
        (None, None) => Err(unsupported("a file that is kept at a provider, by its id,")),
    }
}

fn read_call(item: Item) -> Result<ToolCall, WireError> {
    let (Some(id), Some(name)) = (item.call_id, item.name) else {
        return Err(invalid("a `function_call` needs its `call_id` and `name`"));
    };
    let arguments = JsonObject::read(item.arguments.as_deref().unwrap_or_default());
    let arguments = arguments.ok_or_else(|| {
        invalid(format!("the arguments of function call `{id}` are not a JSON object"))
    })?;
    let name = joined(item.namespace.as_deref(), &name);
    Ok(ToolCall { id, name, arguments })
}

fn read_output(item: Item) -> Result<ToolResult, WireError> {
    let call_id =
        item.call_id.ok_or_else(|| invalid("a `function_call_output` needs its `call_id`"))?;
    let parts = match read_content(item.output)? {
        Content::Text(text) => vec![ResultPart::Text(text)],
        Content::Parts(parts) => {
            parts.into_iter().map(read_result_part).collect::<Result<_, _>>()?
        }
    };
    Ok(ToolResult { call_id, parts, is_error: false })
}

fn read_result_part(part: Part) -> Result<ResultPart, WireError> {
    match read_part(part)? {
        UserPart::Text(text) => Ok(ResultPart::Text(text)),
        UserPart::Image(image) => Ok(ResultPart::Image(image)),
        UserPart::Document(document) => Ok(ResultPart::Document(document)),
        UserPart::Audio(_) | UserPart::ToolResult(_) | UserPart::CacheMark(_) => {
            Err(unsupported("audio in the output of a function"))
        }
    }
}

fn read_thought(item: Item) -> Thought {
    let summary = item.summary.into_iter().flatten().map(|part| part.text);
    let text = summary.collect::<Vec<_>>().join("\n\n");
    let encrypted = item.encrypted_content.filter(|content| !content.is_empty());
    let signed = encrypted.map(|content| {
        let own = || (encrypted_content::own(item.id.as_deref(), &content), text.is_empty());
        encrypted_content::read(&content).unwrap_or_else(own)
    });
    let (signature, is_redacted) =
        signed.map_or((None, false), |(signature, is_redacted)| (Some(signature), is_redacted));
    Thought { text, signature, is_redacted }
}

fn unsupported_part(kind: &str) -> WireError {
    unsupported(format!("content parts of type `{kind}` in this place"))
}

fn unsupported(what: impl std::fmt::Display) -> WireError {
    WireError::unsupported("input", format!("{what} cannot be translated for this provider"))
}

fn invalid(detail: impl Into<String>) -> WireError {
    WireError::invalid(Some("input"), detail)
}
