//! The bill as it is shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the provider has seen and billed since its start or its last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// Requests that arrived at a billable endpoint, failed ones included.
    pub arrived: u64,
    /// Calls whose answer has begun.
    pub calls: u64,
    /// Those of them that were streamed.
    pub streamed: u64,
    /// Calls whose client went away before the end, before or after the first byte.
    pub cancelled: u64,
    /// Calls that went wrong because the model's name asked for it.
    pub failed: u64,
    /// Access tokens that were handed out since its start.
    #[serde(default)]
    pub tokens: u64,
    /// What each model's calls came to.
    pub bill: Vec<BillLine>,
    /// The headers of the last request, credentials included, by lower-case name.
    pub last_headers: BTreeMap<String, String>,
    /// The body of the last request; bytes that are no UTF-8 are replaced.
    pub last_body: String,
}

/// What one model's calls came to, in tokens and in what is no token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    /// The whole name, directives included.
    pub model: String,
    /// Whether these calls came in batches, which vendors bill at a lower price.
    #[serde(default, skip_serializing_if = "is_false")]
    pub batch: bool,
    /// How many calls.
    pub count: u64,
    /// All input, cached reads and writes included.
    pub input: u64,
    /// Input read from the cache.
    pub cached: u64,
    /// Input written to the cache.
    pub cache_write: u64,
    /// All output, reasoning included.
    pub output: u64,
    /// Output that was reasoning.
    pub reasoning: u64,
    /// Pictures that were made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub images: u64,
    /// Seconds of sound that were listened to.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seconds: u64,
    /// Characters that were read aloud.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub characters: u64,
    /// Searches of a reranker.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub searches: u64,
    /// Input that was sound, of sessions; cached reads aside.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub audio_input: u64,
    /// Output that was sound, of sessions.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub audio_output: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field by reference")]
fn is_false(truth: &bool) -> bool {
    !*truth
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field by reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What one call came to, by the id that its caller gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The caller's `x-client-request-id`.
    pub request: String,
    /// The whole name of the model, directives included; empty until the answer begins.
    pub model: String,
    /// How often it arrived.
    pub arrived: u64,
    /// How often it was billed.
    pub billed: u64,
    /// Whether all of the answer went out, the last time it was billed.
    pub is_whole: bool,
    /// All input.
    pub input: u64,
    /// All output.
    pub output: u64,
}

impl Calls {
    /// The lines of the bill of models whose name contains `part`, added up.
    #[must_use]
    pub fn billed_to(&self, part: &str) -> BillLine {
        let mut sum = BillLine { model: part.to_owned(), ..BillLine::default() };
        for line in self.bill.iter().filter(|line| line.model.contains(part)) {
            sum.count += line.count;
            sum.input += line.input;
            sum.cached += line.cached;
            sum.cache_write += line.cache_write;
            sum.output += line.output;
            sum.reasoning += line.reasoning;
            sum.images += line.images;
            sum.seconds += line.seconds;
            sum.characters += line.characters;
            sum.searches += line.searches;
            sum.audio_input += line.audio_input;
            sum.audio_output += line.audio_output;
        }
        sum
    }
}
