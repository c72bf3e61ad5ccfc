//! Settings that OpenAI's APIs write alike; each reader says under which name.

use serde_json::value::RawValue;

use super::{
    content::Content,
    ir::{AnswerFormat, Asked, LogProbabilities},
};
use crate::wire::WireError;

/// A schema of the answer, with its name.
pub(super) struct WrittenSchema {
    pub(super) name: Option<String>,
    pub(super) description: Option<Asked<String>>,
    pub(super) schema: Option<Box<RawValue>>,
    pub(super) strict: Option<bool>,
}

/// In which form the answer has to be; nothing where it is any text.
///
/// # Errors
///
/// `Unsupported` where no other dialect has the form.
pub(super) fn answer_format(
    field: &'static str,
    kind: &str,
    written: Option<WrittenSchema>,
) -> Result<Option<Asked<AnswerFormat>>, WireError> {
    let asked = |format| Ok(Some(Asked::new(field, format)));
    match (kind, written) {
        ("text", _) => Ok(None),
        ("json_object", _) => asked(AnswerFormat::JsonObject),
        (
            "json_schema",
            Some(WrittenSchema { name, description, schema: Some(schema), strict }),
        ) => asked(AnswerFormat::Schema { name, description, schema, strict }),
        _ => Err(WireError::unsupported(
            field,
            format!(
                "`{field}` must be `text`, `json_object`, or a `json_schema` with its schema, to \
                 be translated"
            ),
        )),
    }
}

/// A penalty of zero asks for nothing.
pub(super) fn penalty(field: &'static str, value: Option<f64>) -> Option<Asked<f64>> {
    value.filter(|value| *value != 0.0).map(|value| Asked::new(field, value))
}

/// How likely tokens were, asked for by the field `asked`, and so many of the likeliest others.
pub(super) fn log_probabilities(
    asked: Option<&'static str>,
    alternatives: Option<i64>,
) -> Option<Asked<LogProbabilities>> {
    let alternatives = alternatives.filter(|count| *count > 0);
    let alternatives = alternatives.map(|count| Asked::new("top_logprobs", count));
    let field = asked.or(alternatives.map(|asked| asked.field))?;
    Some(Asked::new(field, LogProbabilities { alternatives }))
}

/// One text that ends the answer, or several.
pub(super) fn stops(stop: Content<String>) -> Vec<String> {
    match stop {
        Content::Text(text) => vec![text],
        Content::Parts(texts) => texts,
    }
}

/// Who is behind the call; the newer name stands where both are there.
pub(super) fn person(
    user: Option<String>,
    safety_identifier: Option<String>,
) -> Option<Asked<String>> {
    let newer = safety_identifier.map(|value| Asked::new("safety_identifier", value));
    newer.or_else(|| user.map(|value| Asked::new("user", value)))
}
