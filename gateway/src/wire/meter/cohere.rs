//! Cohere's events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    super::{SseEvent, UsageReport, usage::cohere_report},
    Progress, StreamEnd, Watch,
    written::Written,
};

#[derive(Debug, Default)]
pub(super) struct CohereWatch {
    progress: Progress,
    report: Option<UsageReport>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    delta: Delta<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta<'a> {
    /// Its form depends on the kind of the event.
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    finish_reason: Written<'a>,
    #[serde(borrow)]
    error: Written<'a>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// What any kind of event has of the answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    content: Content<'a>,
    #[serde(borrow)]
    tool_plan: Written<'a>,
    #[serde(borrow)]
    tool_calls: Call<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Content<'a> {
    #[serde(borrow)]
    text: Written<'a>,
    #[serde(borrow)]
    thinking: Written<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call<'a> {
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Written<'a>,
    #[serde(borrow)]
    arguments: Written<'a>,
}

impl Watch for CohereWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        if event.data.starts_with("[DONE]") {
            return;
        }
        let Ok(Event { kind, delta }) = serde_json::from_str::<Event<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        match &*kind {
            "content-start" | "content-delta" | "tool-plan-delta" | "tool-call-start"
            | "tool-call-delta" => self.write(&delta),
            "message-end" => self.end(&delta),
            _ => {}
        }
    }

    /// It is in the last event: nothing of the answer follows.
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

impl CohereWatch {
    fn write(&mut self, delta: &Delta<'_>) {
        let Some(raw) = delta.message else { return };
        let Ok(Message { content, tool_plan, tool_calls: Call { function } }) =
            serde_json::from_str::<Message<'_>>(raw.get())
        else {
            self.progress.write(raw.get());
            return;
        };
        let said = [content.thinking, content.text, tool_plan, function.name, function.arguments];
        for written in said {
            self.progress.write(&written.0);
        }
    }

    fn end(&mut self, delta: &Delta<'_>) {
        self.report = delta.usage.and_then(|raw| cohere_report(raw.get()));
        self.progress.has_finished = true;
        let has_failed =
            !delta.error.is_empty() || matches!(&*delta.finish_reason.0, "ERROR" | "TIMEOUT");
        if has_failed {
            self.progress.end = StreamEnd::Error;
        } else {
            self.progress.complete();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{StreamMeter, tests::meter};
    use crate::wire::{Dialect, StreamEnd};

    const STREAM: &str = include_str!("../translate/tests/cohere_streams/tools.sse");

    #[test]
    fn everything_that_is_said_and_called_counts_whatever_the_chunks() {
        for chunk in [1, 7, 64, STREAM.len()] {
            let meter = meter(Dialect::CohereChat, STREAM, chunk);
            let report = meter.report().unwrap();
            assert_eq!((report.tokens.input, report.tokens.output), (31, 44));
            assert!(report.raw.starts_with(r#"{"billed_units""#), "{}", report.raw);
            assert_eq!(meter.ended(), StreamEnd::Complete);
            assert_eq!(meter.beginning(), "I will look up both.weather{\"city\":\"Rome\"}now");
        }
    }

    #[test]
    fn a_stream_that_is_cut_has_no_report() {
        let mut meter = meter(Dialect::CohereChat, &STREAM[..STREAM.len() / 2], 9);
        assert_eq!((meter.report(), meter.closed()), (None, StreamEnd::Open));
        assert!(meter.output_bytes() > 0);
    }

    #[test]
    fn an_answer_that_fails_is_an_error_with_its_usage() {
        for ending in [r#""finish_reason":"ERROR""#, r#""error":"no","finish_reason":"COMPLETE""#] {
            let mut meter = StreamMeter::new(Dialect::CohereChat);
            let usage = r#"{"billed_units":{"input_tokens":3,"output_tokens":1}}"#;
            let end =
                format!(r#"data: {{"type":"message-end","delta":{{{ending},"usage":{usage}}}}}"#);
            meter.push(format!("{end}\n\ndata: [DONE]\n\n").as_bytes());
            assert_eq!(meter.ended(), StreamEnd::Error);
            assert_eq!(meter.report().unwrap().tokens.input, 3);
        }
    }
}
