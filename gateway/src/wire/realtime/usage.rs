//! Usage of answers and of transcriptions in disjoint token classes.
//!
//! Sources: `RealtimeResponseUsage` and
//! `ConversationItemInputAudioTranscriptionCompletedEvent.usage` (openai). OpenAI counts cached
//! tokens of each kind within the tokens of that kind.

use serde::Deserialize;
use shared::receipt::{TokenCounts, Units};

use crate::wire::usage::{count, details};

/// As much of the provider's own usage objects as is kept, in bytes.
const KEPT_BYTES: usize = 32 * 1024;

/// What a session has used so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionUsage {
    /// Tokens by disjoint class.
    pub tokens: TokenCounts,
    /// What is billed beside them.
    pub units: Units,
    /// The longest answer's prompt: what a price by the length of the prompt goes by.
    pub longest_prompt: TokenCounts,
    /// Whether the provider has not told a part of it.
    pub is_estimated: bool,
    /// The provider's own usage objects, the oldest first.
    raw: Vec<String>,
    raw_bytes: usize,
    /// How many of them there are, with those that are not kept.
    told: usize,
}

/// The most that what is under way can still use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MostUsed {
    /// Prompt tokens, over all answers.
    pub input_tokens: i64,
    /// Answer tokens, over all answers.
    pub output_tokens: i64,
    /// How many answers and transcriptions there are: each may be rounded up.
    pub count: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<i64>,
    #[serde(deserialize_with = "details")]
    input_token_details: InputDetails,
    #[serde(deserialize_with = "details")]
    output_token_details: Kinds,
    seconds: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    #[serde(deserialize_with = "count")]
    audio_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    image_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<i64>,
    #[serde(deserialize_with = "details")]
    cached_tokens_details: Kinds,
}

#[derive(Default, Clone, Copy, Deserialize)]
#[serde(default)]
struct Kinds {
    #[serde(deserialize_with = "count")]
    audio_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    image_tokens: Option<i64>,
}

impl SessionUsage {
    /// Adds what the provider has told of an answer; gives the tokens of the answer itself. None
    /// where that is no usage.
    pub(super) fn add_answer(&mut self, raw: &str) -> Option<i64> {
        let tokens = answer_tokens(raw)?;
        self.keep(raw);
        self.add(&tokens);
        Some(tokens.answer())
    }

    /// Adds what the provider has told of a transcription; false where that is no usage.
    pub(super) fn add_transcription(&mut self, raw: &str) -> bool {
        let Ok(written) = serde_json::from_str::<Written>(raw) else { return false };
        match (written.seconds, written.input_tokens) {
            (Some(seconds), _) => self.units.audio_seconds += whole_seconds(seconds),
            (None, Some(input)) => {
                let audio = written.input_token_details.audio_tokens.unwrap_or(0).min(input);
                let output = written.output_tokens.unwrap_or(0);
                let tokens = TokenCounts {
                    input: input - audio,
                    audio_input: audio,
                    output,
                    ..TokenCounts::default()
                };
                self.sum(&tokens);
            }
            (None, None) => return false,
        }
        self.keep(raw);
        true
    }

    /// Adds what nobody has told.
    pub(super) fn add_estimate(&mut self, tokens: &TokenCounts) {
        self.is_estimated = true;
        self.add(tokens);
    }

    /// The provider's own usage objects as a list, as far as they are kept; none where there is
    /// none.
    #[must_use]
    pub fn raw(&self) -> Option<String> {
        if self.told == 0 {
            return None;
        }
        let mut list = self.raw.clone();
        if self.told > list.len() {
            list.push(format!("{{\"left_out\":{}}}", self.told - self.raw.len()));
        }
        Some(format!("[{}]", list.join(",")))
    }

    fn add(&mut self, tokens: &TokenCounts) {
        if tokens.prompt() > self.longest_prompt.prompt() {
            self.longest_prompt = *tokens;
        }
        self.sum(tokens);
    }

    fn sum(&mut self, tokens: &TokenCounts) {
        let sum = &mut self.tokens;
        sum.input += tokens.input;
        sum.cached_input += tokens.cached_input;
        sum.audio_input += tokens.audio_input;
        sum.image_input += tokens.image_input;
        sum.output += tokens.output;
        sum.audio_output += tokens.audio_output;
        sum.image_output += tokens.image_output;
    }

    fn keep(&mut self, raw: &str) {
        self.told += 1;
        let is_unbroken = self.raw.len() + 1 == self.told;
        if is_unbroken && self.raw_bytes + raw.len() <= KEPT_BYTES {
            self.raw_bytes += raw.len();
            self.raw.push(raw.to_owned());
        }
    }
}

/// Each kind's tokens apart from its cached ones; what no kind is told of is text. A cached token
/// costs the same whatever its kind.
fn answer_tokens(raw: &str) -> Option<TokenCounts> {
    let written: Written = serde_json::from_str(raw).ok()?;
    let input = written.input_tokens?;
    let output = written.output_tokens.unwrap_or(0);
    let kinds = written.input_token_details;
    let cached = kinds.cached_tokens_details;
    let all_cached = kinds.cached_tokens.unwrap_or(0).min(input);
    let of = |tokens: Option<i64>, most: i64| tokens.unwrap_or(0).min(most);
    let audio = of(kinds.audio_tokens, input);
    let image = of(kinds.image_tokens, input - audio);
    let text = input - audio - image;
    // Where the kinds of what is cached are not told, it is text as far as there is text.
    let cached_image = of(cached.image_tokens, image.min(all_cached));
    let least_audio = all_cached - cached_image - text;
    let cached_audio =
        of(cached.audio_tokens, audio.min(all_cached - cached_image)).max(least_audio.min(audio));
    let cached_text = (all_cached - cached_image - cached_audio).min(text);
    let audio_output = of(written.output_token_details.audio_tokens, output);
    Some(TokenCounts {
        input: text - cached_text,
        cached_input: cached_text + cached_audio + cached_image,
        audio_input: audio - cached_audio,
        image_input: image - cached_image,
        output: output - audio_output,
        audio_output,
        ..TokenCounts::default()
    })
}

/// A second that has begun counts whole.
fn whole_seconds(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let whole = seconds.ceil() as i64;
    whole.clamp(0, i64::from(u32::MAX))
}
