//! How likely the tokens of a text were, for those who ask (`logprobs`, `top_logprobs`).
//!
//! Source: openai's `ChoiceLogprobs`, `ChatCompletionTokenLogprob` and `TopLogprob`. A token is a word
//! with the space behind it.

use serde_json::{Value, json};

/// The likelihood of every token.
const LOGPROB: f64 = -0.25;

/// What of it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// How many of the likeliest tokens are told in each place; the chosen one is the first.
    pub(super) alternatives: u64,
}

pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// `logprobs` of a choice that says these tokens.
pub(super) fn told<'a>(tokens: impl Iterator<Item = &'a str>, asked: Asked) -> Value {
    let content: Vec<Value> = tokens.map(|token| entry(token, asked)).collect();
    json!({ "content": content, "refusal": null })
}

fn entry(token: &str, asked: Asked) -> Value {
    let mut told = candidate(token, LOGPROB);
    let others = (1_u32..).map(|place| candidate(&format!("~{place}"), LOGPROB - f64::from(place)));
    let likeliest = std::iter::once(told.clone()).chain(others);
    let count = usize::try_from(asked.alternatives).unwrap_or(usize::MAX);
    told["top_logprobs"] = likeliest.take(count).collect();
    told
}

fn candidate(token: &str, logprob: f64) -> Value {
    json!({ "token": token, "logprob": logprob, "bytes": token.as_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_told_with_the_likeliest_in_its_place() {
        let told = told(tokens("One two."), Asked { alternatives: 2 });
        let content = told["content"].as_array().unwrap();
        let words: Vec<_> = content.iter().map(|entry| entry["token"].as_str().unwrap()).collect();
        assert_eq!(words, ["One ", "two."]);
        assert_eq!(content[1]["top_logprobs"][0]["token"], "two.");
        assert_eq!(content[1]["top_logprobs"].as_array().unwrap().len(), 2);
    }
}
