//! The events of Amazon Bedrock's Converse, which are known by their names.

use serde::Deserialize;

use super::{
    super::{SseEvent, UsageReport, usage::usage_of_converse},
    Progress, StreamEnd, Watch,
    written::Written,
};

#[derive(Debug, Default)]
pub(super) struct BedrockWatch {
    progress: Progress,
    report: Option<UsageReport>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    start: Start<'a>,
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Start<'a> {
    #[serde(borrow)]
    tool_use: Piece<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Delta<'a> {
    #[serde(borrow)]
    text: Written<'a>,
    #[serde(borrow)]
    tool_use: Piece<'a>,
    #[serde(borrow)]
    reasoning_content: Piece<'a>,
}

/// A part of a call or of a thought.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow)]
    name: Written<'a>,
    #[serde(borrow)]
    input: Written<'a>,
    #[serde(borrow)]
    text: Written<'a>,
}

impl BedrockWatch {
    fn read_part(&mut self, event: SseEvent<'_>) {
        // Whatever was reported before does not count this part.
        self.report = None;
        let Ok(Event { start, delta }) = serde_json::from_str(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        self.progress.write(&delta.text.0);
        for Piece { name, input, text } in
            [&start.tool_use, &delta.tool_use, &delta.reasoning_content]
        {
            for written in [name, input, text] {
                self.progress.write(&written.0);
            }
        }
    }
}

impl Watch for BedrockWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        match event.event {
            "contentBlockStart" | "contentBlockDelta" => self.read_part(event),
            "messageStop" => self.progress.has_finished = true,
            "metadata" => {
                self.report = usage_of_converse(event.data.as_bytes());
                self.progress.complete();
            }
            "error" => self.progress.end = StreamEnd::Error,
            _ => {}
        }
    }

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

#[cfg(test)]
mod tests {
    use super::super::StreamMeter;
    use super::*;
    use crate::wire::Dialect;

    const STREAM: &str = "event: messageStart\ndata: {\"role\":\"assistant\"}\n\n\
        event: contentBlockDelta\ndata: {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":\"hm\"}}}\n\n\
        event: contentBlockDelta\ndata: {\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"signature\":\"EqMB\"}}}\n\n\
        event: contentBlockDelta\ndata: {\"contentBlockIndex\":1,\"delta\":{\"text\":\"h\\u00e9\"}}\n\n\
        event: contentBlockStart\ndata: {\"contentBlockIndex\":2,\"start\":{\"toolUse\":{\"toolUseId\":\"t\",\"name\":\"look\"}}}\n\n\
        event: contentBlockDelta\ndata: {\"contentBlockIndex\":2,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}\n\n\
        event: messageStop\ndata: {\"stopReason\":\"tool_use\"}\n\n\
        event: metadata\ndata: {\"usage\":{\"inputTokens\":9,\"outputTokens\":7,\"cacheReadInputTokens\":4},\"metrics\":{\"latencyMs\":1},\"serviceTier\":{\"type\":\"flex\"}}\n\n";

    fn meter(stream: &str, chunk: usize) -> StreamMeter {
        let mut meter = StreamMeter::new(Dialect::BedrockConverse);
        stream.as_bytes().chunks(chunk).for_each(|bytes| meter.push(bytes));
        meter
    }

    #[test]
    fn the_usage_is_in_the_last_event_whatever_the_chunks() {
        for chunk in 1..STREAM.len() {
            let meter = meter(STREAM, chunk);
            let report = meter.report().unwrap();
            let tokens = report.tokens;
            assert_eq!((tokens.input, tokens.cached_input, tokens.output), (9, 4, 7));
            assert_eq!(report.service_tier.as_deref(), Some("flex"));
            assert_eq!(
                report.raw,
                r#"{"inputTokens":9,"outputTokens":7,"cacheReadInputTokens":4}"#
            );
            assert_eq!(meter.ended(), StreamEnd::Complete);
            assert_eq!(meter.beginning(), "hmhélook{}");
        }
    }

    #[test]
    fn an_answer_without_its_usage_has_ended_all_the_same() {
        let cut = &STREAM[..STREAM.find("event: metadata").unwrap()];
        let mut meter = meter(cut, 11);
        assert_eq!((meter.report(), meter.ended()), (None, StreamEnd::Open));
        assert_eq!(meter.closed(), StreamEnd::Complete);
    }

    #[test]
    fn a_report_that_more_of_the_answer_has_followed_does_not_count() {
        let more = "event: contentBlockDelta\ndata: {\"delta\":{\"text\":\"more\"}}\n\n";
        assert_eq!(meter(&format!("{STREAM}{more}"), 50).report(), None);
    }

    #[test]
    fn an_error_ends_the_stream() {
        let error = "event: error\ndata: {\"type\":\"error\",\"error\":{}}\n\n";
        assert_eq!(meter(error, 5).ended(), StreamEnd::Error);
        assert_eq!(meter("event: contentBlockDelta\ndata: no JSON\n\n", 5).output_bytes(), 7);
    }
}
