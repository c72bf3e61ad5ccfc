//! Anthropic's events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::TokenCounts;

use super::{
    super::{SseEvent, UsageReport, usage::AnthropicUsage},
    Progress, StreamEnd, Watch,
    written::Written,
};

#[derive(Debug)]
pub(super) struct AnthropicWatch {
    progress: Progress,
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
    #[serde(borrow, default)]
    delta: Piece<'a>,
    #[serde(borrow, default)]
    content_block: Piece<'a>,
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
struct Piece<'a> {
    #[serde(borrow)]
    text: Written<'a>,
    #[serde(borrow)]
    thinking: Written<'a>,
    #[serde(borrow)]
    name: Written<'a>,
    #[serde(borrow)]
    partial_json: Written<'a>,
    #[serde(borrow)]
    stop_reason: Written<'a>,
}

impl AnthropicWatch {
    pub(super) fn new() -> Self {
        Self { progress: Progress::default(), usage: AnthropicUsage::default(), is_reported: false }
    }

    fn lay(&mut self, usage: Option<&RawValue>) {
        if let Some(raw) = usage {
            self.usage.lay(raw.get());
        }
    }
}

impl Watch for AnthropicWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        if event.event == "ping" {
            return;
        }
        let Ok(told) = serde_json::from_str::<Event<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        let kind = if event.event.is_empty() {
            told.kind.as_deref().unwrap_or_default()
        } else {
            event.event
        };
        match kind {
            "content_block_delta" => told.delta.write_to(&mut self.progress),
            "content_block_start" => told.content_block.write_to(&mut self.progress),
            "message_start" => self.lay(told.message.and_then(|message| message.usage)),
            "message_delta" => {
                self.progress.has_finished |= !told.delta.stop_reason.is_empty();
                self.is_reported |= told.usage.is_some();
                self.lay(told.usage);
            }
            "message_stop" => self.progress.complete(),
            "error" => self.progress.end = StreamEnd::Error,
            _ => {}
        }
    }

    fn report(&self) -> Option<UsageReport> {
        self.is_reported.then(|| self.usage.report())?
    }

    fn prompt(&self) -> Option<TokenCounts> {
        self.usage.prompt()
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}

impl Piece<'_> {
    fn write_to(&self, progress: &mut Progress) {
        for written in [&self.text, &self.thinking, &self.name, &self.partial_json] {
            progress.write(&written.0);
        }
    }
}
