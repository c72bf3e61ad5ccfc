//! The events of OpenAI's Responses API.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{
        Dialect, SseEvent, UsageReport,
        usage::{searches_in_output, tier_name, usage_of_object},
    },
    Progress, StreamEnd, Watch,
    written::Written,
};
use crate::kernel::config::UsageShape;

#[derive(Debug)]
pub(super) struct ResponsesWatch {
    progress: Progress,
    report: Option<UsageReport>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    delta: Written<'a>,
    #[serde(borrow)]
    item: Option<Item<'a>>,
    #[serde(borrow)]
    response: Option<Answer<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    name: Written<'a>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
}

impl ResponsesWatch {
    pub(super) fn new() -> Self {
        Self { progress: Progress::default(), report: None }
    }

    fn read_report(&mut self, answer: Option<&Answer<'_>>) {
        let Some(Answer { usage: Some(usage), service_tier, output }) = answer else { return };
        let report = usage_of_object(Dialect::OpenAiResponses, UsageShape::default(), usage.get());
        self.report = report.map(|mut report| {
            report.units.searches = output.map_or(0, searches_in_output);
            UsageReport { service_tier: service_tier.and_then(tier_name), ..report }
        });
    }
}

impl Watch for ResponsesWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        if event.data.starts_with("[DONE]") {
            return;
        }
        let Ok(event) = serde_json::from_str::<Event<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        match &*event.kind {
            "response.output_item.added" => {
                if let Some(item) = &event.item {
                    self.progress.write(&item.name.0);
                }
            }
            "response.completed" | "response.incomplete" => {
                self.read_report(event.response.as_ref());
                self.progress.complete();
            }
            "response.failed" | "response.cancelled" => {
                self.read_report(event.response.as_ref());
                self.progress.end = StreamEnd::Error;
            }
            "error" => self.progress.end = StreamEnd::Error,
            // Only events named after a delta have one, and all of them are parts of the answer.
            _ => self.progress.write(&event.delta.0),
        }
    }

    /// The report is in the last event, with the whole answer.
    fn report(&self) -> Option<UsageReport> {
        self.report.clone()
    }

    fn progress(&self) -> &Progress {
        &self.progress
    }

    fn progress_mut(&mut self) -> &mut Progress {
        &mut self.progress
    }
}
