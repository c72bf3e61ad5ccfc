//! OpenAI's chunks.

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    super::{
        Dialect, SseEvent, UsageReport,
        usage::{tier_name, usage_of_object},
    },
    Progress, StreamEnd, Watch,
    written::{Sum, SumOf, Written},
};
use crate::kernel::config::{UsagePlace, UsageShape};

#[derive(Debug)]
pub(super) struct OpenAiWatch {
    progress: Progress,
    shape: UsageShape,
    report: Option<UsageReport>,
    /// How much of the answer had passed when the report came.
    reported_bytes: u64,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    choices: SumOf<Choice<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    /// Groq's own place.
    #[serde(borrow, default)]
    x_groq: MaybeUsage<'a>,
}

/// An object that may have a usage object in it; anything else has none.
#[derive(Default)]
struct MaybeUsage<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for MaybeUsage<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct WithUsage<'a> {
            #[serde(borrow)]
            usage: Option<&'a RawValue>,
        }
        let raw = <&'a RawValue>::deserialize(deserializer)?;
        let read: Option<WithUsage<'a>> = serde_json::from_str(raw.get()).ok();
        Ok(Self(read.and_then(|read| read.usage)))
    }
}

#[derive(Default, Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    finish_reason: Written<'a>,
    /// Moonshot's own place.
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Written<'a>,
    #[serde(borrow)]
    refusal: Written<'a>,
    /// Compatible servers name it one way or the other, and some both ways at once.
    #[serde(borrow)]
    reasoning_content: Written<'a>,
    #[serde(borrow)]
    reasoning: Written<'a>,
    #[serde(borrow)]
    tool_calls: SumOf<ToolCall<'a>>,
    #[serde(borrow)]
    function_call: Option<Function<'a>>,
}

#[derive(Default, Deserialize)]
struct ToolCall<'a> {
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Written<'a>,
    #[serde(borrow)]
    arguments: Written<'a>,
}

impl OpenAiWatch {
    pub(super) fn new(shape: UsageShape) -> Self {
        Self { progress: Progress::default(), shape, report: None, reported_bytes: 0 }
    }
}

impl Watch for OpenAiWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        if event.data.starts_with("[DONE]") {
            self.progress.complete();
            return;
        }
        let Ok(chunk) = serde_json::from_str::<Chunk<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        let choices = chunk.choices.0;
        choices.each(|written| self.progress.write(written));
        self.progress.has_finished |= !choices.finish_reason.is_empty();
        if chunk.error.is_some() {
            self.progress.end = StreamEnd::Error;
        }
        let elsewhere = match self.shape.stream {
            UsagePlace::Chunk => None,
            UsagePlace::XGroq => chunk.x_groq.0,
            UsagePlace::Choice => choices.usage,
        };
        let read = |raw: &RawValue| usage_of_object(Dialect::OpenAiChat, self.shape, raw.get());
        let report = chunk.usage.or(elsewhere).and_then(read);
        if let Some(report) = report {
            self.report = Some(UsageReport {
                service_tier: chunk.service_tier.and_then(tier_name),
                ..report
            });
            self.reported_bytes = self.progress.output_bytes;
        }
    }

    fn report(&self) -> Option<UsageReport> {
        self.report.clone().filter(|_| self.reported_bytes == self.progress.output_bytes)
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}

impl Choice<'_> {
    /// Everything that is of the answer.
    fn each(&self, mut take: impl FnMut(&str)) {
        let Some(delta) = &self.delta else { return };
        let reasoning = [&delta.reasoning_content, &delta.reasoning];
        let reasoning = reasoning.into_iter().max_by_key(|written| written.0.len());
        for written in reasoning.into_iter().chain([&delta.content, &delta.refusal]) {
            take(&written.0);
        }
        for function in delta.tool_calls.0.function.iter().chain(&delta.function_call) {
            take(&function.name.0);
            take(&function.arguments.0);
        }
    }
}

impl Sum for Choice<'_> {
    fn add(&mut self, other: Self) {
        let mut content = String::new();
        self.each(|written| content.push_str(written));
        other.each(|written| content.push_str(written));
        self.delta = Some(Delta { content: Written(content.into()), ..Delta::default() });
        if self.finish_reason.is_empty() {
            self.finish_reason = other.finish_reason;
        }
        self.usage = other.usage.or(self.usage);
    }
}

impl Sum for ToolCall<'_> {
    fn add(&mut self, other: Self) {
        let sum = self.function.get_or_insert_default();
        if let Some(Function { name, arguments }) = other.function {
            let written = sum.arguments.0.to_mut();
            written.push_str(&name.0);
            written.push_str(&arguments.0);
        }
    }
}
