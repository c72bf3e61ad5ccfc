//! How many tokens a text has, where no provider has said.
//!
//! By the vocabulary `o200k_base` of OpenAI's models: exact for these, and off by a tenth or a
//! quarter for others. It is loaded when it is needed first, which takes some 50 ms and 70 MB.

use bpe_openai::o200k_base;

/// How much of a text is counted; what a longer one has is judged by that. A page of text takes
/// a third of a millisecond.
const COUNTED_BYTES: usize = 32 * 1024;
/// Bytes that a token stands for where nothing was counted: English prose and code have three to
/// five.
const BYTES_PER_TOKEN: u64 = 4;

/// What an image, a sound or a page has; usual are a few hundred to one and a half thousand.
pub const MEDIA_TOKENS: i64 = 1_000;

/// Adds up the tokens of texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenEstimate {
    counted_tokens: u64,
    counted_bytes: u64,
    bytes: u64,
}

impl TokenEstimate {
    /// Adds a text.
    pub fn add(&mut self, text: &str) {
        let room = COUNTED_BYTES.saturating_sub(usize::try_from(self.counted_bytes).unwrap_or(0));
        let counted = &text[..text.floor_char_boundary(room)];
        if !counted.is_empty() {
            self.counted_tokens += o200k_base().count(counted) as u64;
            self.counted_bytes += counted.len() as u64;
        }
        self.bytes += text.len() as u64;
    }

    /// Adds a text that is not at hand, by its length.
    pub fn add_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// The tokens of all texts. Something is never nothing.
    #[must_use]
    pub fn tokens(&self) -> i64 {
        let Self { counted_tokens, counted_bytes, bytes } = *self;
        let tokens = if counted_bytes == 0 {
            bytes.div_ceil(BYTES_PER_TOKEN)
        } else {
            // Neither is longer than what a body may have, so this is far from any overflow.
            let tokens = u128::from(counted_tokens) * u128::from(bytes);
            u64::try_from(tokens.div_ceil(u128::from(counted_bytes))).unwrap_or(u64::MAX)
        };
        i64::try_from(tokens).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> i64 {
        let mut estimate = TokenEstimate::default();
        estimate.add(text);
        estimate.tokens()
    }

    #[test]
    fn tokens_are_those_of_the_vocabulary() {
        // OpenAI's own examples (OpenAI Cookbook, "How to count tokens with tiktoken").
        assert_eq!(tokens("tiktoken is great!"), 6);
        assert_eq!(tokens("antidisestablishmentarianism"), 6);
        assert_eq!(tokens("2 + 2 = 4"), 7);
        assert_eq!(tokens("お誕生日おめでとう"), 8);
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn a_long_text_is_judged_by_its_beginning() {
        let page = "The quick brown fox jumps over the lazy dog. ".repeat(10);
        let long = tokens(&page.repeat(2_000));
        let exact = tokens(&page) * 2_000;
        assert!((long - exact).abs() * 50 < exact, "{long} and {exact} are within two percent");
    }

    #[test]
    fn what_was_not_at_hand_has_as_many_as_the_rest() {
        let mut estimate = TokenEstimate::default();
        estimate.add("hello world");
        estimate.add_bytes(11 * 9);
        assert_eq!(estimate.tokens(), 20);
        let mut unseen = TokenEstimate::default();
        unseen.add_bytes(9);
        assert_eq!(unseen.tokens(), 3);
    }

    proptest! {
        #[test]
        fn any_text_has_tokens_but_never_more_than_bytes(text in "\\PC{1,200}|[ -~]{1,300}") {
            let tokens = tokens(&text);
            prop_assert!(1 <= tokens && usize::try_from(tokens).unwrap() <= text.len());
        }
    }
}
