//! What a call has used, where its provider did not say: estimated from what was asked and what
//! was answered, beside the threads that serve, because counting takes milliseconds.

use bytes::Bytes;
use shared::receipt::TokenCounts;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::{
    metering::{MEDIA_TOKENS, TokenEstimate},
    wire::{self, BesideText, StreamMeter},
};

/// Larger prompts are not kept until the end of their answer, only measured.
const KEPT_BYTES: usize = 256 * 1024;
/// What providers put around a message: its role, and where it begins and ends.
const MESSAGE_TOKENS: i64 = 4;
/// What they put around all messages.
const FRAMING_TOKENS: i64 = 3;

/// Where calls are settled whose usage has to be estimated.
pub(crate) struct Estimates {
    running: TaskTracker,
    runtime: Handle,
}

/// The prompt of a call, until its end.
#[derive(Debug)]
pub(super) enum Prompt {
    Kept(Bytes),
    Measured(i64),
    /// By the provider, before it broke off.
    Told(TokenCounts),
}

/// What was answered.
#[derive(Debug)]
pub(super) enum Said {
    Whole(Bytes),
    Stream { beginning: String, rest_bytes: u64, least_tokens: i64 },
}

impl Estimates {
    /// On the runtime of the one who calls this.
    pub(crate) fn new() -> Self {
        Self { running: TaskTracker::new(), runtime: Handle::current() }
    }

    pub(super) fn run(&self, task: impl FnOnce() + Send + 'static) {
        self.running.spawn_blocking_on(task, &self.runtime);
    }

    /// The tokens of a prompt.
    pub(super) async fn count(&self, body: Bytes) -> i64 {
        let counting = move || Prompt::of(&body).tokens().input;
        // Counting does not panic; on a runtime that is going down, nobody waits for the answer.
        self.running.spawn_blocking_on(counting, &self.runtime).await.unwrap_or(0)
    }

    /// Waits for the last one; nobody serves any more.
    pub(crate) async fn end(&self) {
        self.running.close();
        self.running.wait().await;
    }
}

/// The tokens of both.
pub(super) fn tokens(prompt: &Prompt, said: &Said) -> TokenCounts {
    TokenCounts { output: said.tokens(), ..prompt.tokens() }
}

impl Prompt {
    pub(super) fn of(body: &Bytes) -> Self {
        if body.len() <= KEPT_BYTES {
            return Self::Kept(body.clone());
        }
        let mut estimate = TokenEstimate::default();
        let add = &mut |text: &str| estimate.add_bytes(text.len() as u64);
        let beside = wire::texts_of_request(body, add);
        Self::Measured(estimate.tokens() + tokens_beside(beside))
    }

    fn tokens(&self) -> TokenCounts {
        let input = match self {
            Self::Told(tokens) => return *tokens,
            Self::Measured(tokens) => *tokens,
            Self::Kept(body) => {
                let mut estimate = TokenEstimate::default();
                let beside = wire::texts_of_request(body, &mut |text| estimate.add(text));
                estimate.tokens() + tokens_beside(beside)
            }
        };
        TokenCounts { input, ..TokenCounts::default() }
    }
}

fn tokens_beside(beside: BesideText) -> i64 {
    let BesideText { messages, media, numbers } = beside;
    let framing = if messages > 0 { messages * MESSAGE_TOKENS + FRAMING_TOKENS } else { 0 };
    framing + media * MEDIA_TOKENS + numbers
}

impl Said {
    pub(super) fn by(meter: &StreamMeter) -> Self {
        Self::Stream {
            beginning: meter.beginning().into_owned(),
            rest_bytes: meter.output_bytes() - meter.beginning_bytes(),
            least_tokens: meter.least_output_tokens(),
        }
    }

    fn tokens(&self) -> i64 {
        let mut estimate = TokenEstimate::default();
        match self {
            Self::Whole(body) => {
                let beside = wire::texts_of_response(body, &mut |text| estimate.add(text));
                estimate.tokens() + beside.numbers
            }
            Self::Stream { beginning, rest_bytes, least_tokens } => {
                estimate.add(beginning);
                estimate.add_bytes(*rest_bytes);
                estimate.tokens().max(*least_tokens)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::Dialect;

    fn prompt(content: &serde_json::Value) -> TokenCounts {
        let body = json!({ "model": "gpt", "messages": [{"role": "user", "content": content}] });
        Prompt::of(&Bytes::from(body.to_string())).tokens()
    }

    #[test]
    fn a_prompt_has_the_tokens_of_its_texts_and_what_is_put_around_them() {
        // As OpenAI reports it for this request.
        assert_eq!(prompt(&json!("hello")).input, 8);
        let image = json!([{"type": "image_url", "image_url": {"url": "https://example.com/a"}}]);
        assert_eq!(prompt(&image).input, 1_007);
    }

    #[test]
    fn a_long_prompt_is_measured_and_an_image_in_it_is_no_text() {
        let text = "The quick brown fox. ".repeat(20_000);
        let measured = prompt(&json!(text)).input;
        assert!((90_000..=110_000).contains(&measured), "{measured}");
        let data = format!("data:image/png;base64,{}", "iVBO".repeat(100_000));
        let image = json!([{"type": "image_url", "image_url": {"url": data}}]);
        assert_eq!(prompt(&image).input, 1_007);
    }

    #[test]
    fn what_the_provider_told_of_the_prompt_counts_and_the_answer_is_estimated() {
        let told = TokenCounts { input: 9, cached_input: 4, ..TokenCounts::default() };
        let mut meter = StreamMeter::new(Dialect::AnthropicMessages);
        meter.push(
            b"event: content_block_delta\ndata: {\"delta\":{\"text\":\"tiktoken is\\n\"}}\n\n\
              event: content_block_delta\ndata: {\"delta\":{\"text\":\"\\\"great\\\"!\"}}\n\n",
        );
        let found = tokens(&Prompt::Told(told), &Said::by(&meter));
        assert_eq!((found.input, found.cached_input), (9, 4));
        assert_eq!(found.output, {
            let mut exact = TokenEstimate::default();
            exact.add("tiktoken is\n\"great\"!");
            exact.tokens()
        });
    }

    #[test]
    fn a_whole_answer_has_the_tokens_of_what_was_written_in_it() {
        let body = json!({"id": "chatcmpl-1", "model": "gpt", "choices": [{"index": 0,
            "finish_reason": "stop", "message": {"role": "assistant", "content": "2 + 2 = 4"}}]});
        assert_eq!(Said::Whole(Bytes::from(body.to_string())).tokens(), 7);
    }
}
