//! Writes a request to Anthropic as another host of its models takes it.
//!
//! The model is in the address there, the version of the API in the body, and of what is in beta a
//! host takes less than Anthropic itself. What it does not take is cut and told; every other byte
//! stays.

mod allowed;
mod betas;
mod walk;

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use self::walk::Walk;
pub use self::{
    allowed::AllowedFields,
    betas::{AllowedBetas, SentBetas},
};

/// How a host wants a body to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostedForm {
    /// The `anthropic_version` of the body; none where a header says it.
    pub version: Option<&'static str>,
    /// Members that the address says instead.
    pub elsewhere: &'static [&'static str],
    /// Whether betas are in the body's `anthropic_beta` instead of a header.
    pub has_betas_in_body: bool,
}

impl HostedForm {
    /// Anthropic's own.
    pub const ANTHROPIC: Self = Self { version: None, elsewhere: &[], has_betas_in_body: false };
    /// Google's Vertex AI.
    /// <https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai>
    pub const VERTEX: Self = Self {
        version: Some("vertex-2023-10-16"),
        elsewhere: &["model", "anthropic_version"],
        has_betas_in_body: false,
    };
    /// Amazon Bedrock, asked to invoke a model.
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html>
    pub const BEDROCK: Self = Self {
        version: Some("bedrock-2023-05-31"),
        elsewhere: &["model", "stream", "anthropic_version"],
        has_betas_in_body: true,
    };
}

/// How a host is asked for a message.
#[derive(Debug, Clone)]
pub struct HostedRules {
    /// How it wants a body to be written.
    pub form: HostedForm,
    /// Which betas it takes.
    pub betas: AllowedBetas,
    /// Which fields it takes.
    pub fields: AllowedFields,
}

/// A body that a host takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedBody {
    /// The body; the one that was given, uncopied, where nothing had to change.
    pub body: Bytes,
    /// Fields that were cut, each once.
    pub dropped: Vec<String>,
}

impl HostedRules {
    /// Fits a body, which must be one JSON object, to the host; `sent` are the betas that go with
    /// it.
    #[must_use]
    pub fn fit(&self, body: &Bytes, sent: &[String]) -> HostedBody {
        let added = self.added_members(sent);
        // A body that is no object was refused before; here it passes as it is.
        let Some(walk) = std::str::from_utf8(body)
            .ok()
            .and_then(|text| Walk::through(text, &self.fields, self.form.elsewhere, sent))
        else {
            return HostedBody { body: body.clone(), dropped: Vec::new() };
        };
        let Walk { mut changes, dropped, is_emptied, .. } = walk;
        if !added.is_empty() {
            let brace = body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
            let comma = if is_emptied { "" } else { "," };
            changes.push((brace..brace, format!("{}{comma}", added.join(","))));
        }
        if changes.is_empty() {
            return HostedBody { body: body.clone(), dropped };
        }
        // What is added comes before what is cut at the same place.
        changes.sort_by_key(|(span, _)| (span.start, span.end));
        let mut out = BytesMut::with_capacity(body.len() + 64);
        let mut from = 0;
        for (span, text) in changes {
            out.extend_from_slice(&body[from..span.start]);
            out.extend_from_slice(text.as_bytes());
            from = span.end;
        }
        out.extend_from_slice(&body[from..]);
        HostedBody { body: out.freeze(), dropped }
    }

    fn added_members(&self, sent: &[String]) -> Vec<String> {
        let version =
            self.form.version.map(|version| format!("\"anthropic_version\":\"{version}\""));
        let betas = (self.form.has_betas_in_body && !sent.is_empty())
            .then(|| format!("\"anthropic_beta\":{}", Value::from(sent)));
        version.into_iter().chain(betas).collect()
    }
}

#[cfg(test)]
mod tests;
