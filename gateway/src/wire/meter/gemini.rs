//! Google's events.
//!
//! Each is a part of the answer with the usage so far; the last one has the reason of the stop,
//! and nothing follows it but the end of the connection.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use shared::receipt::TokenCounts;

use super::{
    super::{
        SseEvent, UsageReport,
        usage::{GeminiUsage, searches_in_grounds},
    },
    Progress, StreamEnd, Watch,
    written::{Sum, SumOf, Written},
};

#[derive(Debug, Default)]
pub(super) struct GeminiWatch {
    progress: Progress,
    /// The last usage, as it was told; empty where there was none. It is read when it is asked for:
    /// every event brings one, and only the last counts.
    usage: String,
    /// How much of the answer had passed when the usage came.
    reported_bytes: u64,
    /// The most that an event told; a later one repeats those before it.
    searches: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, default)]
    candidates: SumOf<Candidate<'a>>,
    #[serde(borrow)]
    prompt_feedback: Option<PromptFeedback<'a>>,
    #[serde(borrow)]
    usage_metadata: Option<&'a RawValue>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback<'a> {
    #[serde(borrow, default)]
    block_reason: Written<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    finish_reason: Written<'a>,
    #[serde(borrow)]
    grounding_metadata: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: SumOf<Part<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Written<'a>,
    #[serde(borrow)]
    function_call: Option<FunctionCall<'a>>,
    #[serde(borrow)]
    executable_code: Option<ExecutableCode<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FunctionCall<'a> {
    #[serde(borrow)]
    name: Written<'a>,
    #[serde(borrow)]
    args: Written<'a>,
    /// Vertex AI's pieces of the arguments, for a client that asked for them.
    #[serde(borrow)]
    partial_args: Written<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ExecutableCode<'a> {
    #[serde(borrow)]
    code: Written<'a>,
}

impl Watch for GeminiWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        let Ok(told) = serde_json::from_str::<Event<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        let candidates = told.candidates.0;
        candidates.each(|written| self.progress.write(written));
        let searches = candidates.grounding_metadata.map_or(0, searches_in_grounds);
        self.searches = self.searches.max(searches);
        let is_blocked = told.prompt_feedback.is_some_and(|it| !it.block_reason.is_empty());
        self.progress.has_finished |= is_blocked || !candidates.finish_reason.is_empty();
        if told.error.is_some() {
            self.progress.end = StreamEnd::Error;
        }
        let usage = told.usage_metadata.map(RawValue::get);
        if let Some(usage) = usage.filter(|usage| GeminiUsage::tells_of_prompt(usage)) {
            usage.clone_into(&mut self.usage);
            self.reported_bytes = self.progress.output_bytes;
        }
    }

    /// Before the last event, some models tell of the prompt alone.
    fn report(&self) -> Option<UsageReport> {
        let has_begun = self.progress.output_bytes > 0;
        let mut report = GeminiUsage::report(&self.usage)?;
        report.units.searches = self.searches;
        Some(report).filter(|report| {
            let is_of_the_prompt = has_begun && report.tokens.answer() == 0;
            let is_out_of_date = self.reported_bytes != self.progress.output_bytes;
            !is_out_of_date && (self.progress.has_finished || !is_of_the_prompt)
        })
    }

    fn prompt(&self) -> Option<TokenCounts> {
        let tokens = GeminiUsage::report(&self.usage)?.tokens;
        Some(TokenCounts { output: 0, reasoning: 0, audio_output: 0, image_output: 0, ..tokens })
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}

impl Candidate<'_> {
    /// Everything that is of the answer.
    fn each(&self, take: impl FnMut(&str)) {
        if let Some(content) = &self.content {
            content.parts.0.each(take);
        }
    }
}

impl Part<'_> {
    fn each(&self, mut take: impl FnMut(&str)) {
        take(&self.text.0);
        if let Some(FunctionCall { name, args, partial_args }) = &self.function_call {
            for written in [name, args, partial_args] {
                take(&written.0);
            }
        }
        if let Some(ExecutableCode { code }) = &self.executable_code {
            take(&code.0);
        }
    }
}

impl Sum for Candidate<'_> {
    fn add(&mut self, other: Self) {
        if let Some(content) = other.content {
            self.content.get_or_insert_default().parts.0.add(content.parts.0);
        }
        self.grounding_metadata = self.grounding_metadata.or(other.grounding_metadata);
        if self.finish_reason.is_empty() {
            self.finish_reason = other.finish_reason;
        }
    }
}

impl Sum for Part<'_> {
    fn add(&mut self, other: Self) {
        let mut text = String::new();
        self.each(|written| text.push_str(written));
        other.each(|written| text.push_str(written));
        *self = Self { text: Written(text.into()), ..Self::default() };
    }
}

#[cfg(test)]
mod tests;
