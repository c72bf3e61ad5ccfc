//! Thoughts in chat completions: `reasoning_details`, in which clients keep what a vendor signed
//! and send it back with the conversation.
//!
//! OpenAI's API has no place for them; this is the form that most clients know:
//! <https://openrouter.ai/docs/guides/best-practices/reasoning-tokens>

use serde::{Deserialize, Serialize};

use super::ir::{Signature, Thought, Vendor};

/// One entry, as a client or a provider wrote it.
#[derive(Deserialize)]
pub(super) struct ReadDetail {
    text: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    format: Option<String>,
}

/// The thoughts of a message; without any that is signed, what was thought in plain text.
///
/// A client may send the pieces of a streamed thought as they came: texts, then the signature.
pub(super) fn thoughts_of(details: Vec<ReadDetail>, unsigned: Option<String>) -> Vec<Thought> {
    let mut thoughts = Vec::new();
    let mut text = String::new();
    for detail in details {
        text.push_str(&detail.text.unwrap_or_default());
        let vendor = detail.format.as_deref().and_then(Vendor::of_format);
        let signed = |opaque| vendor.map(|vendor| Signature { vendor, opaque });
        let is_redacted = detail.signature.is_none();
        // A thought that no known vendor signed proves nothing to anyone.
        if let Some(signature) = detail.signature.or(detail.data).and_then(signed) {
            let text = if is_redacted { String::new() } else { std::mem::take(&mut text) };
            thoughts.push(Thought { text, signature: Some(signature), is_redacted });
        }
    }
    let unsigned = unsigned.filter(|text| !text.is_empty() && thoughts.is_empty());
    thoughts.extend(unsigned.map(|text| Thought { text, signature: None, is_redacted: false }));
    thoughts
}

/// One entry, as a client reads it; in a stream, a part of one.
#[derive(Serialize)]
pub(super) struct WrittenDetail<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    index: usize,
}

impl<'a> WrittenDetail<'a> {
    /// The entry of a thought that somebody signed.
    pub(super) fn of(thought: &'a Thought, index: usize) -> Option<Self> {
        let Signature { vendor, opaque } = thought.signature.as_ref()?;
        let signed = Self::signed(*vendor, opaque, thought.is_redacted, index);
        Some(Self { text: Some(&*thought.text).filter(|_| !thought.is_redacted), ..signed })
    }

    /// A piece of a thought in a stream; its signature follows.
    pub(super) fn text(text: &'a str, index: usize) -> Self {
        let text = Some(text);
        let r#type = "reasoning.text";
        Self { r#type, text, signature: None, data: None, format: None, index }
    }

    /// What proves a thought, or is one.
    pub(super) fn signed(vendor: Vendor, opaque: &'a str, is_redacted: bool, index: usize) -> Self {
        Self {
            r#type: if is_redacted { "reasoning.encrypted" } else { "reasoning.text" },
            text: None,
            signature: Some(opaque).filter(|_| !is_redacted),
            data: Some(opaque).filter(|_| is_redacted),
            format: Some(vendor.format()),
            index,
        }
    }
}
