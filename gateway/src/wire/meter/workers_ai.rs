//! Workers AI's events: most models' own, and OpenAI's chunks from the others.

use serde::{Deserialize, de::IgnoredAny};

use super::{
    super::{SseEvent, UsageReport},
    Progress, StreamEnd, Watch,
    openai::OpenAiWatch,
    written::{Sum, SumOf, Written},
};
use crate::kernel::config::UsageShape;

/// Usage, errors and the end are written as in OpenAI's chunks; only the answer is not.
#[derive(Debug)]
pub(super) struct WorkersAiWatch(OpenAiWatch);

impl Default for WorkersAiWatch {
    fn default() -> Self {
        Self(OpenAiWatch::new(UsageShape::default()))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    response: Written<'a>,
    #[serde(borrow)]
    tool_calls: SumOf<Call<'a>>,
    #[serde(borrow)]
    finish_reason: Written<'a>,
    errors: Option<Vec<IgnoredAny>>,
}

/// A whole call, or a part of one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Call<'a> {
    #[serde(borrow)]
    name: Written<'a>,
    #[serde(borrow)]
    arguments: Written<'a>,
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

impl Call<'_> {
    fn each(&self, mut take: impl FnMut(&str)) {
        take(&self.name.0);
        take(&self.arguments.0);
        if let Some(function) = &self.function {
            take(&function.name.0);
            take(&function.arguments.0);
        }
    }
}

impl Sum for Call<'_> {
    fn add(&mut self, other: Self) {
        let mut written = String::new();
        self.each(|piece| written.push_str(piece));
        other.each(|piece| written.push_str(piece));
        *self = Self { arguments: Written(written.into()), ..Self::default() };
    }
}

impl Watch for WorkersAiWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        if let Ok(told) = serde_json::from_str::<Event<'_>>(event.data) {
            let progress = self.0.progress_mut();
            progress.write(&told.response.0);
            told.tool_calls.0.each(|written| progress.write(written));
            progress.has_finished |= !told.finish_reason.is_empty();
            if told.errors.is_some_and(|errors| !errors.is_empty()) {
                progress.end = StreamEnd::Error;
            }
        }
        self.0.event(event);
    }

    fn report(&self) -> Option<UsageReport> {
        self.0.report()
    }

    fn progress(&self) -> &Progress {
        self.0.progress()
    }

    fn progress_mut(&mut self) -> &mut Progress {
        self.0.progress_mut()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::tests::meter;
    use crate::wire::{Dialect, StreamEnd};

    macro_rules! stream {
        ($case:literal) => {
            include_str!(concat!("../translate/tests/workers_ai_streams/", $case, ".sse"))
        };
    }

    #[rstest]
    #[case(stream!("tools"), (58, 21), r#"weather{"city":"Rome"}now{}"#)]
    #[case(stream!("tool_deltas"), (58, 21), r#"weather{"city":"Rome"}now"#)]
    #[case(stream!("chat"), (12, 9), "HmHello there")]
    fn everything_that_is_said_and_called_counts_whatever_the_chunks(
        #[case] stream: &str,
        #[case] usage: (i64, i64),
        #[case] beginning: &str,
    ) {
        for chunk in [1, 7, 64, stream.len()] {
            let meter = meter(Dialect::WorkersAi, stream, chunk);
            let report = meter.report().unwrap();
            assert_eq!((report.tokens.input, report.tokens.output), usage);
            assert_eq!((meter.ended(), &*meter.beginning()), (StreamEnd::Complete, beginning));
        }
    }

    #[rstest]
    #[case(r#"{"error":"no"}"#)]
    #[case(r#"{"errors":[{"code":3040,"message":"Capacity"}],"success":false}"#)]
    fn an_error_in_the_stream_ends_it(#[case] data: &str) {
        let stream = format!("data: {data}\n\ndata: [DONE]\n\n");
        assert_eq!(meter(Dialect::WorkersAi, &stream, 5).ended(), StreamEnd::Error);
    }
}
