//! The events of Replicate's predictions. Their data is the text itself, not JSON.

use super::{
    super::{
        SseEvent, UsageReport,
        usage::{cut_off_reason, replicate_report},
    },
    Progress, StreamEnd, Watch,
};

#[derive(Debug, Default)]
pub(super) struct ReplicateWatch {
    progress: Progress,
    report: Option<UsageReport>,
}

impl Watch for ReplicateWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        match event.event {
            "output" => {
                let quoted = serde_json::Value::from(event.data).to_string();
                self.progress.write(&quoted[1..quoted.len() - 1]);
            }
            "error" => self.progress.end = StreamEnd::Error,
            "done" if cut_off_reason(event.data).is_some() => {
                self.progress.end = StreamEnd::Error;
            }
            "done" => self.progress.has_finished = true,
            "prediction" => {
                self.report = replicate_report(event.data);
                self.progress.complete();
            }
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
    use super::super::tests::meter;
    use crate::wire::{Dialect, StreamEnd};

    const STREAM: &str = "event: output\nid: 1\ndata: Hi \n\nevent: output\nid: 2\ndata: \"you\"\n\n\
        event: done\nid: 3\ndata: {}\n\n";
    const PREDICTION: &str = "event: prediction\n\
        data: {\"metrics\":{\"input_token_count\":9,\"output_token_count\":3}}\n\n";

    #[test]
    fn a_prediction_behind_the_stream_tells_its_usage_whatever_the_chunks() {
        let stream = format!("{STREAM}{PREDICTION}");
        for chunk in 1..=stream.len() {
            let meter = meter(Dialect::Replicate, &stream, chunk);
            let tokens = meter.report().unwrap().tokens;
            assert_eq!((tokens.input, tokens.output), (9, 3), "chunks of {chunk}");
            assert_eq!((meter.ended(), &*meter.beginning()), (StreamEnd::Complete, "Hi \"you\""));
        }
    }

    #[test]
    fn without_it_an_answer_that_is_done_is_whole_all_the_same() {
        let mut open = meter(Dialect::Replicate, STREAM, 7);
        assert_eq!((open.closed(), open.report()), (StreamEnd::Complete, None));
        let canceled = "event: done\ndata: {\"reason\":\"canceled\"}\n\n";
        assert_eq!(meter(Dialect::Replicate, canceled, 3).ended(), StreamEnd::Error);
        let failed = "event: error\ndata: out of memory\n\n";
        assert_eq!(meter(Dialect::Replicate, failed, 3).ended(), StreamEnd::Error);
    }
}
