//! Edits a body in place: what is not edited stays byte for byte.

mod cuts;
mod fields;
mod hosted;

use std::{borrow::Cow, fmt::Write, ops::Range};

use bytes::{Bytes, BytesMut};

pub use self::{
    fields::{FieldRules, FittedBody},
    hosted::{AllowedBetas, AllowedFields, HostedBody, HostedForm, HostedRules, SentBetas},
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
    /// That of Google, within `generationConfig`.
    GenerationConfig,
}

impl LimitField {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::GenerationConfig => "maxOutputTokens",
        }
    }

    /// Whether a provider that wants this field heeds the other one as well. OpenAI heeds both
    /// but refuses to be given both; a compatible server may know the older one alone.
    fn is_satisfied_by(self, name: &str) -> bool {
        let has_older = matches!(self, Self::MaxTokens | Self::MaxCompletionTokens);
        (has_older && name == Self::MaxTokens.as_str()) || name == self.as_str()
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
        changes.name(dialect, facts, model);
    }
    if let Some((field, limit)) = edits.output_limit {
        changes.limit(body, facts, field, limit);
    }
    if edits.include_usage
        && !facts.asks_for_usage
        && matches!(dialect, Dialect::OpenAiChat | Dialect::OpenAiCompletions)
    {
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

    /// Names the model as the provider does. Google's is in the path, and in the body only where the
    /// caller has it there, too.
    fn name(&mut self, dialect: Dialect, facts: &RequestFacts, model: &str) {
        let model = match dialect {
            Dialect::Gemini => Cow::Owned(format!("models/{model}")),
            _ => Cow::Borrowed(model),
        };
        let model = serde_json::Value::from(model).to_string();
        match &facts.model_span {
            Some(span) => self.replace(span, model),
            None if dialect == Dialect::Gemini => {}
            None => self.members = format!("\"model\":{model},"),
        }
    }

    fn insert(&mut self, at: usize, text: &str) {
        self.replacements.push((at..at, text.to_owned()));
    }

    fn limit(&mut self, body: &[u8], facts: &RequestFacts, field: LimitField, limit: i64) {
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
            None if field == LimitField::GenerationConfig => {
                self.limit_generation(body, facts, &format!("\"{}\":{limit}", field.as_str()));
            }
            None => {
                // Writing to a string cannot fail.
                let _ = write!(self.members, "\"{}\":{limit},", field.as_str());
            }
        }
    }

    /// Adds the limit to the object in which it has to be.
    fn limit_generation(&mut self, body: &[u8], facts: &RequestFacts, limit: &str) {
        match &facts.generation_config {
            None => self.members = format!("\"generationConfig\":{{{limit}}},"),
            Some(null) if null.is_null => self.replace(&null.span, format!("{{{limit}}}")),
            Some(config) => self.add_member(body, &config.span, limit),
        }
    }

    /// Adds a member right behind the opening brace of an object.
    fn add_member(&mut self, body: &[u8], object: &Range<usize>, member: &str) {
        let inner = &body[object.start + 1..object.end];
        let is_empty = inner.trim_ascii_start().starts_with(b"}");
        let comma = if is_empty { "" } else { "," };
        self.insert(object.start + 1, &format!("{member}{comma}"));
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
            self.add_member(body, &options.span, "\"include_usage\":true");
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
