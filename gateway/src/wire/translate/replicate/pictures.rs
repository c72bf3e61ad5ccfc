//! Pictures: OpenAI's request into the input of a model at Replicate, and its prediction back.
//!
//! | OpenAI | `input` | |
//! |---|---|---|
//! | `prompt`, `seed` and what the model alone knows | the same | as it is written |
//! | `n` | `num_outputs` | where more than one is wanted |
//! | `size` | `width`, `height`, `aspect_ratio` | models have one or the other |
//! | `output_format` | `output_format` | `jpeg` is `jpg` |
//! | `response_format` `url` | | outputs are addresses; `b64_json` is refused |
//! | `quality`, `style`, `background`, `moderation`, `stream` | | refused |
//! | `user` | | dropped |

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::wire::{
    WireError,
    translate::{TranslationContext, json as written, losses::Losses, nonsense},
    usage::addresses_in,
};

/// What would change the picture, or how it comes, and cannot be said.
const REFUSED: [&str; 7] =
    ["quality", "style", "background", "moderation", "stream", "partial_images", "response_format"];
/// Values of them that ask for nothing.
const ASKING_NOTHING: [&str; 3] = ["auto", "url", "standard"];

/// The body of a request.
///
/// # Errors
///
/// `Invalid` where the client's body is no request for pictures, `Unsupported` naming the field
/// that cannot be said.
pub(in crate::wire::translate) fn write_request(
    body: &[u8],
    losses: &mut Losses,
) -> Result<Vec<u8>, WireError> {
    let mut input: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| WireError::invalid(None, format!("the body is not valid: {error}")))?;
    input.remove("model");
    for field in REFUSED {
        if input.remove(field).is_some_and(|value| asks_for_something(&value)) {
            losses.demand_field(field.into())?;
        }
    }
    if input.remove("user").is_some() {
        losses.hint_field("user".into());
    }
    if let Some(count) = input.remove("n").as_ref().and_then(Value::as_i64).filter(|n| *n > 1) {
        input.insert("num_outputs".to_owned(), json!(count));
    }
    if let Some(size) = input.remove("size") {
        write_size(&size, &mut input)?;
    }
    if input.get("output_format").and_then(Value::as_str) == Some("jpeg") {
        input.insert("output_format".to_owned(), json!("jpg"));
    }
    written(&json!({ "input": input }))
}

fn asks_for_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(word) => !ASKING_NOTHING.contains(&word.as_str()),
        Value::Number(number) => number.as_i64() != Some(0),
        _ => true,
    }
}

/// `1536x1024`, in pixels.
fn write_size(size: &Value, input: &mut Map<String, Value>) -> Result<(), WireError> {
    let text = size.as_str().unwrap_or_default();
    if size.is_null() || text == "auto" {
        return Ok(());
    }
    let parsed = text.split_once('x').and_then(|(width, height)| {
        Some((width.parse::<u32>().ok()?, height.parse::<u32>().ok()?))
    });
    let Some((width, height)) = parsed.filter(|(width, height)| *width > 0 && *height > 0) else {
        let detail = "`size` must be a width and a height in pixels, such as 1024x1024, or auto";
        return Err(WireError::invalid("size", detail));
    };
    let common = greatest_common_divisor(width, height);
    let ratio = format!("{}:{}", width / common, height / common);
    for (name, value) in
        [("width", json!(width)), ("height", json!(height)), ("aspect_ratio", json!(ratio))]
    {
        // What the client says in the model's own words counts.
        input.entry(name).or_insert(value);
    }
    Ok(())
}

const fn greatest_common_divisor(mut larger: u32, mut smaller: u32) -> u32 {
    while smaller > 0 {
        (larger, smaller) = (smaller, larger % smaller);
    }
    larger
}

#[derive(Serialize)]
struct Pictures {
    created: i64,
    data: Vec<Picture>,
}

#[derive(Serialize)]
struct Picture {
    url: String,
}

/// A prediction's pictures in OpenAI's words.
///
/// # Errors
///
/// [`WireError::Nonsense`] where it has none.
pub fn translate_pictures(body: &[u8], context: &TranslationContext) -> Result<Vec<u8>, WireError> {
    let addresses =
        addresses_in(body).ok_or_else(|| nonsense("it is no prediction of pictures"))?;
    let data = addresses.into_iter().map(|url| Picture { url }).collect();
    written(&Pictures { created: context.created_at_seconds, data })
}
