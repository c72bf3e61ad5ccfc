//! Reads usage out of a stream as it passes, without touching it.

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Dialect, SseDecoder, SseEvent, UsageReport,
    usage::{AnthropicUsage, usage_of_object},
};

/// How a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// More is to come.
    Open,
    /// The dialect's own mark of the end was there.
    Complete,
    /// The provider told of an error in the stream.
    Error,
}

/// Watches one stream.
#[derive(Debug)]
pub struct StreamMeter {
    decoder: SseDecoder,
    seen: Seen,
    is_lost: bool,
}

#[derive(Debug)]
struct Seen {
    dialect: Dialect,
    report: Option<UsageReport>,
    anthropic: AnthropicUsage,
    output_bytes: u64,
    /// Whether the answer itself was finished; the mark of the end may still be missing.
    has_finished: bool,
    end: StreamEnd,
}

#[derive(Deserialize)]
struct WithUsage<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct MessageStart<'a> {
    #[serde(borrow)]
    message: WithUsage<'a>,
}

impl StreamMeter {
    /// A meter for a provider's stream.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        let seen = Seen {
            dialect,
            report: None,
            anthropic: AnthropicUsage::default(),
            output_bytes: 0,
            has_finished: false,
            end: StreamEnd::Open,
        };
        Self { decoder: SseDecoder::new(), seen, is_lost: false }
    }

    /// The next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.is_lost {
            return;
        }
        let Self { decoder, seen, .. } = self;
        // A stream that is no event stream is relayed all the same; its usage is estimated.
        self.is_lost = decoder.push(bytes, &mut |event| seen.event(event)).is_err();
    }

    /// What the provider has reported so far. Anthropic's first event tells of the prompt alone,
    /// so a report counts only once the answer's tokens are told.
    #[must_use]
    pub fn report(&self) -> Option<UsageReport> {
        self.seen.report.clone()
    }

    /// Bytes of answer that have passed: text, arguments of tools, reasoning, with their framing
    /// taken off roughly. For estimates.
    #[must_use]
    pub fn output_bytes(&self) -> u64 {
        self.seen.output_bytes
    }

    /// How the stream stands.
    #[must_use]
    pub fn ended(&self) -> StreamEnd {
        self.seen.end
    }

    /// How a stream stands that the provider has closed in good order. Some providers leave out
    /// the mark of the end behind a finished answer.
    #[must_use]
    pub fn closed(&self) -> StreamEnd {
        match self.seen.end {
            StreamEnd::Open if self.seen.has_finished => StreamEnd::Complete,
            end => end,
        }
    }
}

impl Seen {
    fn event(&mut self, event: SseEvent<'_>) {
        match self.dialect {
            Dialect::AnthropicMessages => self.anthropic_event(event),
            Dialect::OpenAiChat | Dialect::OpenAiEmbeddings => self.openai_event(event.data),
        }
    }

    fn openai_event(&mut self, data: &str) {
        if data == "[DONE]" {
            if self.end == StreamEnd::Open {
                self.end = StreamEnd::Complete;
            }
            return;
        }
        // Most chunks have no usage or a null one; only the others are parsed.
        if memmem::find(data.as_bytes(), b"\"usage\":{").is_some()
            || memmem::find(data.as_bytes(), b"\"usage\": {").is_some()
        {
            let usage = serde_json::from_str::<WithUsage<'_>>(data).ok().and_then(|it| it.usage);
            if let Some(report) =
                usage.and_then(|raw| usage_of_object(Dialect::OpenAiChat, raw.get()))
            {
                self.report = Some(report);
            }
        }
        if data.starts_with("{\"error\"") || data.starts_with("{ \"error\"") {
            self.end = StreamEnd::Error;
        }
        if memmem::find(data.as_bytes(), b"\"finish_reason\":\"").is_some() {
            self.has_finished = true;
        }
        for field in ["\"content\":", "\"arguments\":", "\"reasoning_content\":"] {
            self.output_bytes += string_after(data, field);
        }
    }

    fn anthropic_event(&mut self, event: SseEvent<'_>) {
        match event.event {
            "content_block_delta" => {
                for field in ["\"text\":", "\"partial_json\":", "\"thinking\":"] {
                    self.output_bytes += string_after(event.data, field);
                }
            }
            "message_start" => {
                if let Ok(start) = serde_json::from_str::<MessageStart<'_>>(event.data) {
                    self.lay(start.message.usage);
                    // The prompt is known now; the answer is not, so this is no report yet.
                    self.report = None;
                }
            }
            "message_delta" => {
                if let Ok(delta) = serde_json::from_str::<WithUsage<'_>>(event.data) {
                    self.lay(delta.usage);
                }
            }
            "message_stop" if self.end == StreamEnd::Open => self.end = StreamEnd::Complete,
            "error" => self.end = StreamEnd::Error,
            _ => {}
        }
    }

    fn lay(&mut self, usage: Option<&RawValue>) {
        let Some(raw) = usage else { return };
        let Ok(later) = serde_json::from_str::<AnthropicUsage>(raw.get()) else { return };
        self.anthropic.update(&later);
        self.report =
            Some(UsageReport { tokens: self.anthropic.tokens(), raw: raw.get().to_owned() });
    }
}

/// The length of the JSON string behind a key, escapes counted as written; zero where there is
/// none.
fn string_after(data: &str, key: &str) -> u64 {
    let Some(at) = memmem::find(data.as_bytes(), key.as_bytes()) else { return 0 };
    let rest = data[at + key.len()..].trim_start();
    let Some(rest) = rest.strip_prefix('"') else { return 0 };
    let mut is_escaped = false;
    let end = rest.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    });
    end.unwrap_or(rest.len()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENAI: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"a\\\"b\"}}],\"usage\":null}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\n\
        data: [DONE]\n\n";
    const ANTHROPIC: &str = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":9,\
        \"cache_read_input_tokens\":4,\"output_tokens\":1}}}\n\n\
        event: content_block_delta\ndata: {\"delta\":{\"text\":\"hello\"}}\n\n\
        event: message_delta\ndata: {\"usage\":{\"output_tokens\":7}}\n\n\
        event: message_stop\ndata: {}\n\n";

    fn meter(dialect: Dialect, stream: &str, chunk: usize) -> StreamMeter {
        let mut meter = StreamMeter::new(dialect);
        stream.as_bytes().chunks(chunk).for_each(|bytes| meter.push(bytes));
        meter
    }

    #[test]
    fn openai_usage_is_read_whatever_the_chunks() {
        for chunk in 1..OPENAI.len() {
            let meter = meter(Dialect::OpenAiChat, OPENAI, chunk);
            let tokens = meter.report().unwrap().tokens;
            assert_eq!((tokens.input, tokens.output), (3, 2));
            assert_eq!((meter.ended(), meter.output_bytes()), (StreamEnd::Complete, 4));
        }
    }

    #[test]
    fn anthropic_usage_adds_up_over_its_events() {
        for chunk in 1..ANTHROPIC.len() {
            let meter = meter(Dialect::AnthropicMessages, ANTHROPIC, chunk);
            let tokens = meter.report().unwrap().tokens;
            assert_eq!((tokens.input, tokens.cached_input, tokens.output), (9, 4, 7));
            assert_eq!((meter.ended(), meter.output_bytes()), (StreamEnd::Complete, 5));
        }
    }

    #[test]
    fn a_stream_cut_before_its_usage_has_no_report_but_its_bytes_are_counted() {
        let cut = &ANTHROPIC[..ANTHROPIC.find("event: message_delta").unwrap()];
        let meter = meter(Dialect::AnthropicMessages, cut, 10);
        assert_eq!((meter.report(), meter.ended()), (None, StreamEnd::Open));
        assert_eq!(meter.output_bytes(), 5);
    }
}
