//! OpenAI's chunks.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    super::{
        Dialect, SseEvent, UsageReport,
        usage::{tier_name, usage_of_object},
    },
    Progress, StreamEnd,
    written::{Sum, SumOf, Written},
};

#[derive(Debug)]
pub(super) struct OpenAiWatch {
    pub(super) progress: Progress,
    report: Option<UsageReport>,
    /// How much of the answer had passed when the report came.
    reported_bytes: u64,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(default)]
    choices: SumOf<Choice>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Choice {
    delta: Option<Delta>,
    #[serde(default)]
    finish_reason: Written,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta {
    content: Written,
    refusal: Written,
    /// Compatible servers name it one way or the other, and some both ways at once.
    reasoning_content: Written,
    reasoning: Written,
    tool_calls: SumOf<ToolCall>,
    function_call: Option<Function>,
}

#[derive(Default, Deserialize)]
struct ToolCall {
    function: Option<Function>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function {
    name: Written,
    arguments: Written,
}

impl OpenAiWatch {
    pub(super) const fn new() -> Self {
        Self { progress: Progress::new(), report: None, reported_bytes: 0 }
    }

    pub(super) fn report(&self) -> Option<UsageReport> {
        self.report.clone().filter(|_| self.reported_bytes == self.progress.output_bytes)
    }

    pub(super) fn event(&mut self, event: SseEvent<'_>) {
        if event.data.starts_with("[DONE]") {
            self.progress.complete();
            return;
        }
        let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.output_bytes += event.data.len() as u64;
            return;
        };
        let choices = chunk.choices.0;
        self.progress.output_bytes += choices.written();
        self.progress.has_finished |= choices.finish_reason.0 > 0;
        if chunk.error.is_some() {
            self.progress.end = StreamEnd::Error;
        }
        let report = chunk.usage.and_then(|raw| usage_of_object(Dialect::OpenAiChat, raw.get()));
        if let Some(report) = report {
            self.report = Some(UsageReport {
                service_tier: chunk.service_tier.and_then(tier_name),
                ..report
            });
            self.reported_bytes = self.progress.output_bytes;
        }
    }
}

impl Choice {
    fn written(&self) -> u64 {
        let Some(delta) = &self.delta else { return 0 };
        let function = delta.function_call.as_ref().map_or(0, Function::written);
        let called = delta.tool_calls.0.function.as_ref().map_or(0, Function::written);
        let reasoning = delta.reasoning_content.0.max(delta.reasoning.0);
        delta.content.0 + delta.refusal.0 + reasoning + called + function
    }
}

impl Function {
    const fn written(&self) -> u64 {
        self.name.0 + self.arguments.0
    }
}

impl Sum for Choice {
    fn add(&mut self, other: Self) {
        let content = Written(self.written() + other.written());
        self.delta = Some(Delta { content, ..Delta::default() });
        self.finish_reason.0 += other.finish_reason.0;
    }
}

impl Sum for ToolCall {
    fn add(&mut self, other: Self) {
        let sum = self.function.get_or_insert_default();
        sum.arguments.0 += other.function.as_ref().map_or(0, Function::written);
    }
}
