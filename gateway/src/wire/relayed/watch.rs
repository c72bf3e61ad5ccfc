//! Events of pictures and of sound on their way: partial pictures, texts that grow, usage at the end.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{RelayedApi, usage::of_object};
use crate::wire::{
    SseEvent, UsageReport,
    meter::{Progress, StreamEnd, Watch, Written},
};

#[derive(Debug)]
pub(in crate::wire) struct RelayedWatch {
    api: RelayedApi,
    progress: Progress,
    report: Option<UsageReport>,
    pictures: i64,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    delta: Written<'a>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl RelayedWatch {
    pub(in crate::wire) fn new(api: RelayedApi) -> Self {
        Self { api, progress: Progress::default(), report: None, pictures: 0 }
    }
}

impl Watch for RelayedWatch {
    fn event(&mut self, event: SseEvent<'_>) {
        if event.data.starts_with("[DONE]") {
            self.progress.complete();
            return;
        }
        let Ok(event) = serde_json::from_str::<Event<'_>>(event.data) else {
            // It is relayed all the same, so it counts whole rather than not at all.
            self.progress.write(event.data);
            return;
        };
        self.progress.write(&event.delta.0);
        if event.error.is_some() || event.kind == "error" {
            self.progress.end = StreamEnd::Error;
            return;
        }
        let is_picture = event.kind.ends_with(".completed");
        self.pictures += i64::from(is_picture);
        if let Some(raw) = event.usage {
            self.report = of_object(self.api, raw.get());
        }
        // The last event says that all is there; several pictures have one each.
        self.progress.has_finished |= is_picture || event.kind.ends_with(".done");
        if event.kind.ends_with(".done") {
            self.progress.complete();
        }
    }

    fn report(&self) -> Option<UsageReport> {
        let mut report = self.report.clone()?;
        report.units.images += self.pictures;
        Some(report)
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
    use crate::wire::{Dialect, StreamEnd, StreamMeter, relayed::RelayedApi};

    fn meter(api: RelayedApi, stream: &str, chunk: usize) -> StreamMeter {
        let mut meter = StreamMeter::new(Dialect::Relayed(api));
        stream.as_bytes().chunks(chunk).for_each(|bytes| meter.push(bytes));
        meter
    }

    #[test]
    fn a_text_that_grows_tells_its_usage_at_the_end_whatever_the_chunks() {
        let stream = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hi\"}\n\n\
            data: {\"type\":\"transcript.text.done\",\"text\":\"hi\",\"usage\":{\"type\":\
            \"tokens\",\"input_tokens\":14,\"input_token_details\":{\"audio_tokens\":14},\
            \"output_tokens\":2}}\n\n";
        for chunk in 1..stream.len() {
            let meter = meter(RelayedApi::Transcriptions, stream, chunk);
            let report = meter.report().unwrap();
            assert_eq!((report.tokens.audio_input, report.tokens.output), (14, 2));
            assert_eq!(meter.ended(), StreamEnd::Complete);
        }
    }

    #[test]
    fn a_picture_is_one_however_often_it_was_shown_on_its_way() {
        let stream = "event: image_generation.partial_image\ndata: {\"type\":\
            \"image_generation.partial_image\",\"b64_json\":\"AA\"}\n\n\
            event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\
            \"b64_json\":\"AAAA\",\"usage\":{\"input_tokens\":9,\"output_tokens\":300}}\n\n";
        let mut meter = meter(RelayedApi::ImageGenerations, stream, 7);
        assert_eq!(meter.closed(), StreamEnd::Complete);
        let report = meter.report().unwrap();
        assert_eq!((report.units.images, report.tokens.image_output), (1, 300));
    }

    #[test]
    fn an_error_event_ends_the_stream() {
        let stream = "data: {\"error\":{\"message\":\"no\"}}\n\n";
        assert_eq!(meter(RelayedApi::Speech, stream, 5).ended(), StreamEnd::Error);
    }
}
