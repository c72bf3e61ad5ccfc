//! Edits a body in place: what is not edited stays byte for byte.

mod bedrock;
mod fields;

use std::ops::Range;

use bytes::{Bytes, BytesMut};

pub use self::{
    bedrock::for_bedrock,
    fields::{FieldRules, FittedBody},
};
use super::{Dialect, RequestFacts, facts::WrittenLimit};

/// The name of the field that limits an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitField {
    /// The older name, which compatible servers know.
    MaxTokens,
    /// The newer name of OpenAI.
    MaxCompletionTokens,
    /// That of the Responses API.
    MaxOutputTokens,
}

impl LimitField {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxOutputTokens => "max_output_tokens",
        }
    }

    /// Whether a provider that wants this field heeds the other one as well. OpenAI heeds both
    /// but refuses to be given both; a compatible server may know the older one alone.
    fn is_satisfied_by(self, name: &str) -> bool {
        let is_older = name == Self::MaxTokens.as_str() && self != Self::MaxOutputTokens;
        is_older || name == self.as_str()
    }
}

/// What has to change for the provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Edits<'a> {
    /// What the provider calls the model.
    pub model: Option<&'a str>,
    /// The longest answer that is paid for. The caller's limits are lowered to it; where there
    /// is none that the provider heeds, the named field is added.
    pub output_limit: Option<(LimitField, i64)>,
    /// Usage is wanted at the end of the stream.
    pub include_usage: bool,
}

/// Applies the edits; where nothing changes, the body itself is given back, uncopied.
#[must_use]
pub fn rewrite(dialect: Dialect, body: &Bytes, facts: &RequestFacts, edits: &Edits<'_>) -> Bytes {
    let mut changes = Changes::default();
    if let Some(model) = edits.model {
        changes.replace(&facts.model_span, serde_json::Value::from(model).to_string());
    }
    if let Some((field, limit)) = edits.output_limit {
        changes.limit(facts, field, limit);
    }
    if edits.include_usage && !facts.asks_for_usage && dialect == Dialect::OpenAiChat {
        changes.ask_for_usage(body, facts);
    }
    changes.apply(body)
}

#[derive(Default)]
struct Changes {
    replacements: Vec<(Range<usize>, String)>,
    /// Members to add, each with its comma.
    members: String,
}

impl Changes {
    fn replace(&mut self, span: &Range<usize>, text: String) {
        self.replacements.push((span.clone(), text));
    }

    fn insert(&mut self, at: usize, text: &str) {
        self.replacements.push((at..at, text.to_owned()));
    }

    fn limit(&mut self, facts: &RequestFacts, field: LimitField, limit: i64) {
        for written in &facts.limits {
            if written.value.is_some_and(|value| value > limit) {
                self.replace(&written.span, limit.to_string());
            }
        }
        let stands = |written: &&WrittenLimit| {
            written.value.is_some() && field.is_satisfied_by(written.name)
        };
        if facts.limits.iter().any(|written| stands(&written)) {
            return;
        }
        // A null left behind an added limit would win with most readers.
        match facts.limits.iter().find(|written| written.name == field.as_str()) {
            Some(null) => self.replace(&null.span, limit.to_string()),
            None => self.members = format!("\"{}\":{limit},", field.as_str()),
        }
    }

    fn ask_for_usage(&mut self, body: &[u8], facts: &RequestFacts) {
        let Some(options) = &facts.stream_options else {
            self.members.push_str("\"stream_options\":{\"include_usage\":true},");
            return;
        };
        if options.is_null {
            self.replace(&options.span, "{\"include_usage\":true}".to_owned());
        } else if let Some(span) = &options.include_usage_span {
            self.replace(span, "true".to_owned());
        } else {
            let inner = &body[options.span.start + 1..options.span.end];
            let is_empty = inner.trim_ascii_start().starts_with(b"}");
            let member =
                if is_empty { "\"include_usage\":true" } else { "\"include_usage\":true," };
            self.insert(options.span.start + 1, member);
        }
    }

    fn apply(mut self, body: &Bytes) -> Bytes {
        if !self.members.is_empty() {
            // Right behind the opening brace; a body with a model is never empty, so the comma of
            // the last member fits.
            let brace = body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
            let members = std::mem::take(&mut self.members);
            self.insert(brace, &members);
        }
        if self.replacements.is_empty() {
            return body.clone();
        }
        self.replacements.sort_by_key(|(span, _)| span.start);
        let added: usize = self.replacements.iter().map(|(_, text)| text.len()).sum();
        let mut out = BytesMut::with_capacity(body.len() + added);
        let mut from = 0;
        for (span, text) in self.replacements {
            out.extend_from_slice(&body[from..span.start]);
            out.extend_from_slice(text.as_bytes());
            from = span.end;
        }
        out.extend_from_slice(&body[from..]);
        out.freeze()
    }
}

#[cfg(test)]
mod tests;
