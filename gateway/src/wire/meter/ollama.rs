//! Ollama's lines, each of which is an event here.

use serde::{Deserialize, de::IgnoredAny};

use super::{
    super::{SseEvent, UsageReport, usage::ollama_report},
    Progress, StreamEnd, Watch,
    written::{Sum, SumOf, Written},
};

#[derive(Debug, Default)]
pub(super) struct OllamaWatch {
    progress: Progress,
    report: Option<UsageReport>,
    /// How much of the answer had passed when the report came.
    reported_bytes: u64,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    message: Message<'a>,
    #[serde(default)]
    done: bool,
    error: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    thinking: Written<'a>,
    #[serde(borrow)]
    content: Written<'a>,
    #[serde(borrow)]
    tool_calls: SumOf<Call<'a>>,
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
    /// An object, all of it.
    #[serde(borrow)]
    arguments: Written<'a>,
}

impl Sum for Call<'_> {
    fn add(&mut self, other: Self) {
        let written = self.function.arguments.0.to_mut();
        written.push_str(&other.function.name.0);
        written.push_str(&other.function.arguments.0);
    }
}

impl Watch for OllamaWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        let Ok(Line { message, done, error }) = serde_json::from_str::<Line<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        let Function { name, arguments } = message.tool_calls.0.function;
        for written in [message.thinking, message.content, name, arguments] {
            self.progress.write(&written.0);
        }
        if error.is_some() {
            self.progress.end = StreamEnd::Error;
        }
        if done {
            self.report = ollama_report(event.data);
            self.reported_bytes = self.progress.output_bytes;
            self.progress.has_finished = true;
            self.progress.complete();
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

#[cfg(test)]
mod tests {
    use super::super::tests::meter;
    use crate::wire::{Dialect, StreamEnd};

    const STREAM: &str = include_str!("../translate/tests/ollama_streams/tools.sse");

    #[test]
    fn everything_that_is_said_and_called_counts_whatever_the_chunks() {
        for chunk in [1, 7, 64, STREAM.len()] {
            let meter = meter(Dialect::OllamaChat, STREAM, chunk);
            let report = meter.report().unwrap();
            assert_eq!((report.tokens.input, report.tokens.output), (169, 15));
            assert_eq!(meter.ended(), StreamEnd::Complete);
            assert_eq!(
                meter.beginning(),
                r#"Both.weather{"city":"Rome"}now{}weather{"city":"Oslo"}"#
            );
        }
    }

    #[test]
    fn an_error_in_the_stream_ends_it() {
        let stream = "data: {\"message\":{\"content\":\"a\"},\"done\":false}\n\n\
            data: {\"error\":\"out of memory\"}\n\n";
        let mut meter = meter(Dialect::OllamaChat, stream, 5);
        assert_eq!((meter.ended(), meter.report()), (StreamEnd::Error, None));
        assert_eq!((meter.closed(), meter.output_bytes()), (StreamEnd::Error, 1));
    }
}
