//! What a caller asks of the fake by the name of the model: `fake@chunks=20,gap_ms=5`.
//!
//! Everything after the `@` is a comma-separated list. A directive that is not known is an error,
//! so that a misspelt test fails instead of testing nothing.

use std::time::Duration;

use http::StatusCode;

use super::{
    batch::{Course, End},
    gemini,
    openai::likeness::Likeness,
};

const DEFAULT_ANSWER_BYTES: usize = 500;
const DEFAULT_CHUNKS: usize = 20;
const DEFAULT_DIMENSIONS: usize = 16;

/// What a call is to be answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive of its own")]
pub(super) struct Directives {
    /// How long the provider thinks before it answers.
    pub(super) latency: Duration,
    /// The time between two chunks of a stream.
    pub(super) gap: Duration,
    /// In how many pieces a streamed text comes.
    pub(super) chunks: usize,
    /// The length of the answer's text.
    pub(super) answer_bytes: usize,
    /// All input tokens, cached ones included; a quarter of the body's bytes if not said.
    pub(super) input_tokens: Option<u64>,
    /// All output tokens, reasoning included; a quarter of the answer's bytes if not said.
    pub(super) output_tokens: Option<u64>,
    /// Input tokens that came from the vendor's own tools, as Gemini tells them apart.
    pub(super) tool_prompt_tokens: u64,
    /// Input tokens read from the vendor's cache.
    pub(super) cached_tokens: u64,
    /// Input tokens written to the vendor's cache.
    pub(super) cache_write_tokens: u64,
    /// Output tokens that were reasoning.
    pub(super) reasoning_tokens: u64,
    /// How long an embedding is.
    pub(super) dimensions: usize,
    /// Whose manner the answer has, of the vendors that speak OpenAI's API.
    pub(super) likeness: Likeness,
    /// The model searches the web where the request lets it.
    pub(super) searches: bool,
    /// The answer goes on beyond the caller's limit.
    pub(super) ignores_limit: bool,
    /// The answer says nothing of usage.
    pub(super) is_without_usage: bool,
    /// Each piece of a streamed text begins with the clock's nanoseconds at its sending.
    pub(super) is_stamped: bool,
    /// What the filter of Gemini or Azure does.
    pub(super) intervention: Option<Intervention>,
    /// What goes wrong.
    pub(super) failure: Option<Failure>,
    /// The `retry-after` of a failure, in seconds.
    pub(super) retry_after_seconds: Option<u64>,
    /// Only so many calls of the same tag go wrong.
    pub(super) fail_first: Option<u64>,
    /// How a batch goes whose first request is for this model.
    pub(super) batch: Course,
    /// Tells apart what is otherwise named alike: counts of `fail_first`, lines of the bill.
    pub(super) tag: String,
}

/// How a vendor's filter can intervene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intervention {
    /// The prompt is not let through.
    BlocksPrompt,
    /// A candidate of Gemini's ends for this reason.
    EndsAnswer(&'static str),
}

/// A way to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// An error in the vendor's shape.
    Status(StatusCode),
    /// An HTML page, as a proxy in between would send.
    Html(StatusCode),
    /// Success, with a body that is not JSON.
    Garbage,
    /// No answer, ever.
    Hang,
    /// The connection is reset before an answer.
    Reset,
    /// The connection is reset after so many chunks.
    ResetAfter(usize),
    /// Nothing more comes after so many chunks.
    StallAfter(usize),
    /// The stream ends properly, in the middle of the event after so many chunks.
    CutEventAfter(usize),
    /// The stream reports an error after so many chunks.
    ErrorEventAfter(usize),
}

/// A model's name asks for something that the fake does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DirectiveError {
    #[error("the fake provider knows no directive `{0}`; see the bench's README for the list")]
    Unknown(String),
    #[error("the fake provider's directive `{name}` expects {expected}, not `{value}`")]
    Value { name: String, expected: &'static str, value: String },
}

impl Default for Directives {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            gap: Duration::ZERO,
            chunks: DEFAULT_CHUNKS,
            answer_bytes: DEFAULT_ANSWER_BYTES,
            input_tokens: None,
            output_tokens: None,
            tool_prompt_tokens: 0,
            cached_tokens: 0,
            cache_write_tokens: 0,
            reasoning_tokens: 0,
            dimensions: DEFAULT_DIMENSIONS,
            likeness: Likeness::default(),
            searches: false,
            ignores_limit: false,
            is_without_usage: false,
            is_stamped: false,
            intervention: None,
            failure: None,
            retry_after_seconds: None,
            fail_first: None,
            batch: Course::default(),
            tag: String::new(),
        }
    }
}

impl Directives {
    /// Reads what stands after the `@` of a model's name.
    pub(super) fn of(model: &str) -> Result<Self, DirectiveError> {
        let mut directives = Self::default();
        if let Some((_, list)) = model.split_once('@') {
            for directive in list.split(',').filter(|directive| !directive.is_empty()) {
                directives.take(directive)?;
            }
        }
        if directives.fail_first.is_some() && directives.failure.is_none() {
            directives.failure = Some(Failure::Status(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(directives)
    }

    /// Whether the prompt is not let through.
    pub(super) fn is_blocked(&self) -> bool {
        self.intervention == Some(Intervention::BlocksPrompt)
    }

    /// Why an answer ends, where a filter ends it.
    pub(super) fn finish(&self) -> Option<&'static str> {
        match self.intervention {
            Some(Intervention::EndsAnswer(reason)) => Some(reason),
            _ => None,
        }
    }

    fn take(&mut self, directive: &str) -> Result<(), DirectiveError> {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (directive, None),
        };
        let argument = Argument { name, value };
        match name {
            "latency_ms" => self.latency = argument.milliseconds()?,
            "gap_ms" => self.gap = argument.milliseconds()?,
            "chunks" => self.chunks = argument.count()?.max(1),
            "answer_bytes" => self.answer_bytes = argument.count()?,
            "input_tokens" => self.input_tokens = Some(argument.number()?),
            "output_tokens" => self.output_tokens = Some(argument.number()?),
            "tool_prompt_tokens" => self.tool_prompt_tokens = argument.number()?,
            "cached_tokens" => self.cached_tokens = argument.number()?,
            "cache_write_tokens" => self.cache_write_tokens = argument.number()?,
            "reasoning_tokens" => self.reasoning_tokens = argument.number()?,
            "dimensions" => self.dimensions = argument.count()?.max(1),
            "as" => self.likeness = argument.likeness()?,
            "web_search" => self.searches = true,
            "ignore_limit" => self.ignores_limit = true,
            "no_usage" => self.is_without_usage = true,
            "stamp" => self.is_stamped = true,
            "finish" => self.intervention = Some(argument.finish()?),
            "block" => self.intervention = Some(Intervention::BlocksPrompt),
            "retry_after" => self.retry_after_seconds = Some(argument.number()?),
            "fail_first" => self.fail_first = Some(argument.number()?),
            "batch_polls" => self.batch.polls = argument.number()?,
            "batch_end" => self.batch.end = argument.end()?,
            "batch_errors" => self.batch.errors = argument.count()?,
            "batch_cuts" => self.batch.cuts = argument.number()?,
            "batch_status" => self.batch.refusal = Some(argument.parsed("an HTTP status")?),
            "tag" => value.unwrap_or_default().clone_into(&mut self.tag),
            _ => self.failure = Some(argument.failure()?),
        }
        Ok(())
    }
}

struct Argument<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl Argument<'_> {
    fn number(&self) -> Result<u64, DirectiveError> {
        self.parsed("a whole number")
    }

    fn count(&self) -> Result<usize, DirectiveError> {
        self.parsed("a whole number")
    }

    fn milliseconds(&self) -> Result<Duration, DirectiveError> {
        self.parsed("milliseconds").map(Duration::from_millis)
    }

    fn failure(&self) -> Result<Failure, DirectiveError> {
        Ok(match self.name {
            "status" => Failure::Status(self.parsed("an HTTP status")?),
            "html" if self.value.is_none() => Failure::Html(StatusCode::BAD_GATEWAY),
            "html" => Failure::Html(self.parsed("an HTTP status")?),
            "garbage" => Failure::Garbage,
            "hang" => Failure::Hang,
            "reset" => Failure::Reset,
            "reset_after" => Failure::ResetAfter(self.count()?),
            "stall_after" => Failure::StallAfter(self.count()?),
            "cut_event" => Failure::CutEventAfter(self.count_or_one()?),
            "error_event" => Failure::ErrorEventAfter(self.count_or_one()?),
            unknown => return Err(DirectiveError::Unknown(unknown.to_owned())),
        })
    }

    fn end(&self) -> Result<End, DirectiveError> {
        let value = self.value.unwrap_or_default();
        End::named(value).ok_or_else(|| DirectiveError::Value {
            name: self.name.to_owned(),
            expected: "completed, expired, cancelled or failed",
            value: value.to_owned(),
        })
    }

    fn likeness(&self) -> Result<Likeness, DirectiveError> {
        let value = self.value.unwrap_or_default();
        Likeness::named(value).ok_or_else(|| DirectiveError::Value {
            name: self.name.to_owned(),
            expected: "deepseek, groq, mistral, moonshot or xai",
            value: value.to_owned(),
        })
    }

    fn finish(&self) -> Result<Intervention, DirectiveError> {
        let value = self.value.unwrap_or_default();
        let reason = gemini::finish::named(value).map(Intervention::EndsAnswer);
        reason.ok_or_else(|| DirectiveError::Value {
            name: self.name.to_owned(),
            expected: "a reason of Gemini's such as SAFETY",
            value: value.to_owned(),
        })
    }

    fn count_or_one(&self) -> Result<usize, DirectiveError> {
        if self.value.is_none() { Ok(1) } else { self.count() }
    }

    fn parsed<T: std::str::FromStr>(&self, expected: &'static str) -> Result<T, DirectiveError> {
        let value = self.value.unwrap_or_default();
        value.parse().map_err(|_| DirectiveError::Value {
            name: self.name.to_owned(),
            expected,
            value: value.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_asks_for_nothing() {
        assert_eq!(Directives::of("fake"), Ok(Directives::default()));
        assert_eq!(Directives::of("fake@"), Ok(Directives::default()));
    }

    #[test]
    fn pace_and_usage_are_read_from_the_name() {
        let directives = Directives::of(
            "fake@chunks=3,gap_ms=5,latency_ms=60,input_tokens=100,output_tokens=50,\
             cached_tokens=10,cache_write_tokens=7,reasoning_tokens=4,answer_bytes=1000,no_usage",
        );
        let expected = Directives {
            chunks: 3,
            gap: Duration::from_millis(5),
            latency: Duration::from_millis(60),
            input_tokens: Some(100),
            output_tokens: Some(50),
            cached_tokens: 10,
            cache_write_tokens: 7,
            reasoning_tokens: 4,
            answer_bytes: 1000,
            is_without_usage: true,
            ..Directives::default()
        };
        assert_eq!(directives, Ok(expected));
    }

    #[test]
    fn how_a_batch_goes_is_read_from_the_name() {
        let name =
            "fake@batch_polls=2,batch_end=expired,batch_errors=1,batch_cuts=3,batch_status=503";
        let expected = Course {
            polls: 2,
            end: End::Expired,
            errors: 1,
            cuts: 3,
            refusal: Some(StatusCode::SERVICE_UNAVAILABLE),
        };
        assert_eq!(Directives::of(name).unwrap().batch, expected);
        let error = Directives::of("fake@batch_end=soon").unwrap_err().to_string();
        assert!(error.contains("expects completed, expired, cancelled or failed"), "{error}");
    }

    #[test]
    fn every_failure_has_a_name() {
        let failure = |name: &str| Directives::of(&format!("fake@{name}")).unwrap().failure;
        assert_eq!(failure("status=429"), Some(Failure::Status(StatusCode::TOO_MANY_REQUESTS)));
        assert_eq!(failure("html"), Some(Failure::Html(StatusCode::BAD_GATEWAY)));
        assert_eq!(failure("html=200"), Some(Failure::Html(StatusCode::OK)));
        assert_eq!(failure("garbage"), Some(Failure::Garbage));
        assert_eq!(failure("hang"), Some(Failure::Hang));
        assert_eq!(failure("reset"), Some(Failure::Reset));
        assert_eq!(failure("reset_after=3"), Some(Failure::ResetAfter(3)));
        assert_eq!(failure("stall_after=3"), Some(Failure::StallAfter(3)));
        assert_eq!(failure("cut_event"), Some(Failure::CutEventAfter(1)));
        assert_eq!(failure("error_event=2"), Some(Failure::ErrorEventAfter(2)));
    }

    #[test]
    fn failing_first_without_a_way_to_fail_is_a_500() {
        let directives = Directives::of("fake@fail_first=2,tag=abc").unwrap();
        assert_eq!(directives.failure, Some(Failure::Status(StatusCode::INTERNAL_SERVER_ERROR)));
        assert_eq!((directives.fail_first, directives.tag.as_str()), (Some(2), "abc"));
    }

    #[test]
    fn a_misspelt_directive_or_value_is_refused() {
        assert_eq!(
            Directives::of("fake@chunk=3"),
            Err(DirectiveError::Unknown("chunk".to_owned()))
        );
        let error = Directives::of("fake@gap_ms=soon").unwrap_err().to_string();
        assert!(error.contains("`gap_ms` expects milliseconds, not `soon`"), "{error}");
    }
}
