//! Anthropic's events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::TokenCounts;

use super::{
    super::{SseEvent, UsageReport, usage::AnthropicUsage},
    Progress, StreamEnd,
    written::Written,
};

#[derive(Debug)]
pub(super) struct AnthropicWatch {
    pub(super) progress: Progress,
    usage: AnthropicUsage,
    /// Whether the tokens of the answer were told; the first event tells of the prompt alone.
    is_reported: bool,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<WithUsage<'a>>,
    #[serde(default)]
    delta: Piece,
    #[serde(default)]
    content_block: Piece,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct WithUsage<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// A block, or a part of one, or the change of the message at its end.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece {
    text: Written,
    thinking: Written,
    name: Written,
    partial_json: Written,
    stop_reason: Written,
}

impl AnthropicWatch {
    pub(super) fn new() -> Self {
        Self { progress: Progress::new(), usage: AnthropicUsage::default(), is_reported: false }
    }

    pub(super) fn report(&self) -> Option<UsageReport> {
        self.is_reported.then(|| self.usage.report())?
    }

    pub(super) fn prompt(&self) -> Option<TokenCounts> {
        self.usage.prompt()
    }

    pub(super) fn event(&mut self, event: SseEvent<'_>) {
        if event.event == "ping" {
            return;
        }
        let Ok(told) = serde_json::from_str::<Event<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.output_bytes += event.data.len() as u64;
            return;
        };
        let kind = if event.event.is_empty() {
            told.kind.as_deref().unwrap_or_default()
        } else {
            event.event
        };
        match kind {
            "content_block_delta" => self.progress.output_bytes += told.delta.written(),
            "content_block_start" => self.progress.output_bytes += told.content_block.written(),
            "message_start" => self.lay(told.message.and_then(|message| message.usage)),
            "message_delta" => {
                self.progress.has_finished |= told.delta.stop_reason.0 > 0;
                self.is_reported |= told.usage.is_some();
                self.lay(told.usage);
            }
            "message_stop" => self.progress.complete(),
            "error" => self.progress.end = StreamEnd::Error,
            _ => {}
        }
    }

    fn lay(&mut self, usage: Option<&RawValue>) {
        if let Some(raw) = usage {
            self.usage.lay(raw.get());
        }
    }
}

impl Piece {
    const fn written(&self) -> u64 {
        self.text.0 + self.thinking.0 + self.name.0 + self.partial_json.0
    }
}
