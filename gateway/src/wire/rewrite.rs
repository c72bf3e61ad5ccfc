//! Edits a body in place: what is not edited stays byte for byte.

use std::fmt::Write;

use bytes::{Bytes, BytesMut};

use super::{Dialect, RequestFacts};

/// The name of the field that limits an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitField {
    /// The older name, which compatible servers know.
    MaxTokens,
    /// The newer name of OpenAI.
    MaxCompletionTokens,
}

/// What has to change for the provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edits<'a> {
    /// What the provider calls the model.
    pub model: Option<&'a str>,
    /// The longest answer that is paid for, where the caller gave no limit.
    pub output_limit: Option<(LimitField, i64)>,
    /// Usage is wanted at the end of the stream.
    pub include_usage: bool,
}

/// Applies the edits; without any, the body itself is given back, uncopied.
#[must_use]
pub fn rewrite(dialect: Dialect, body: &Bytes, facts: &RequestFacts, edits: &Edits<'_>) -> Bytes {
    let adds_usage = edits.include_usage && !facts.asks_for_usage && dialect == Dialect::OpenAiChat;
    if edits.model.is_none() && edits.output_limit.is_none() && !adds_usage {
        return body.clone();
    }
    let mut replacements = Vec::with_capacity(3);
    if let Some(model) = edits.model {
        let text = serde_json::Value::from(model).to_string();
        replacements.push((facts.model_span.clone(), text));
    }
    let mut additions = String::new();
    if let Some((_, limit)) = edits.output_limit {
        let nulls = facts.null_limit_spans.iter().cloned();
        replacements.extend(nulls.map(|span| (span, limit.to_string())));
    }
    if let Some((field, limit)) = edits.output_limit
        && facts.null_limit_spans.is_empty()
    {
        let name = match field {
            LimitField::MaxTokens => "max_tokens",
            LimitField::MaxCompletionTokens => "max_completion_tokens",
        };
        let _ = write!(additions, "\"{name}\":{limit},");
    }
    if adds_usage {
        match &facts.stream_options_span {
            Some(span) => replacements.push((span.clone(), with_usage(&body[span.clone()]))),
            None => additions.push_str("\"stream_options\":{\"include_usage\":true},"),
        }
    }
    if !additions.is_empty() {
        // Right behind the opening brace; a body with a model is never empty, so a comma fits.
        let brace = body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
        replacements.push((brace..brace, additions));
    }
    splice(body, replacements)
}

/// The client's stream options with usage wanted.
fn with_usage(options: &[u8]) -> String {
    let mut options: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(options).unwrap_or_default();
    options.insert("include_usage".to_owned(), true.into());
    serde_json::Value::Object(options).to_string()
}

fn splice(body: &Bytes, mut replacements: Vec<(std::ops::Range<usize>, String)>) -> Bytes {
    replacements.sort_by_key(|(span, _)| span.start);
    let added: usize = replacements.iter().map(|(_, text)| text.len()).sum();
    let mut out = BytesMut::with_capacity(body.len() + added);
    let mut from = 0;
    for (span, text) in replacements {
        out.extend_from_slice(&body[from..span.start]);
        out.extend_from_slice(text.as_bytes());
        from = span.end;
    }
    out.extend_from_slice(&body[from..]);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(body: &'static str, edits: &Edits<'_>) -> String {
        let body = Bytes::from_static(body.as_bytes());
        let facts = RequestFacts::read(Dialect::OpenAiChat, &body).unwrap();
        let out = rewrite(Dialect::OpenAiChat, &body, &facts, edits);
        String::from_utf8(out.to_vec()).unwrap()
    }

    const ODD: &str = "{ \"a\":1.50e+1 ,\"model\" :  \"m\",\n\"a\":2,\"messages\":[ ]}";

    #[test]
    fn only_the_model_changes_and_odd_spelling_survives() {
        let edits = Edits { model: Some("o\"dd"), ..Edits::default() };
        assert_eq!(apply(ODD, &edits), ODD.replace("\"m\"", "\"o\\\"dd\""));
    }

    #[test]
    fn without_edits_the_body_is_not_copied() {
        let body = Bytes::from_static(ODD.as_bytes());
        let facts = RequestFacts::read(Dialect::OpenAiChat, &body).unwrap();
        let out = rewrite(Dialect::OpenAiChat, &body, &facts, &Edits::default());
        assert_eq!(out.as_ptr(), body.as_ptr());
    }

    #[test]
    fn limit_and_usage_are_added_once_and_the_result_is_valid() {
        let edits = Edits {
            output_limit: Some((LimitField::MaxTokens, 9)),
            include_usage: true,
            ..Edits::default()
        };
        let out = apply(ODD, &edits);
        let facts = RequestFacts::read(Dialect::OpenAiChat, out.as_bytes()).unwrap();
        assert_eq!((facts.output_limit, facts.asks_for_usage), (Some(9), true));
        let kept = "{\"model\":\"m\",\"messages\":[],\"stream_options\":{\"x\":1}}";
        assert!(apply(kept, &edits).contains("{\"x\":1,\"include_usage\":true}"));
    }

    #[test]
    fn a_null_limit_is_replaced_so_that_nobody_can_read_another() {
        let edits = Edits { output_limit: Some((LimitField::MaxTokens, 9)), ..Edits::default() };
        let out = apply("{\"model\":\"m\",\"messages\":[],\"max_tokens\": null}", &edits);
        assert_eq!(out, "{\"model\":\"m\",\"messages\":[],\"max_tokens\": 9}");
    }

    #[test]
    fn null_stream_options_are_replaced() {
        let edits = Edits { include_usage: true, ..Edits::default() };
        let out = apply("{\"model\":\"m\",\"messages\":[],\"stream_options\":null}", &edits);
        assert!(RequestFacts::read(Dialect::OpenAiChat, out.as_bytes()).unwrap().asks_for_usage);
    }
}
