//! Names of models with `*` for any text, and what is made of the texts that a name has there.

mod template;

use std::cmp::Reverse;

pub use self::template::{Template, TemplateError};

/// A name in which each `*` stands for any text, also for none. Every `*` but the last takes as
/// little as it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What stands around the stars: one part more than there are stars.
    parts: Vec<String>,
}

impl Pattern {
    /// The pattern of a text; one without `*` is that text alone.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { parts: text.split('*').map(str::to_owned).collect() }
    }

    /// How many `*` it has.
    #[must_use]
    pub fn stars(&self) -> usize {
        self.parts.len() - 1
    }

    /// Whether `text` is what it describes.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.walk(text, |_| {})
    }

    /// What each `*` stands for in `text`; none where that is not what it describes.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut captures = Vec::with_capacity(self.stars());
        self.walk(text, |capture| captures.push(capture)).then_some(captures)
    }

    /// The text with these in place of the stars.
    #[must_use]
    pub fn filled(&self, captures: &[&str]) -> String {
        let mut filled = String::new();
        let mut captures = captures.iter();
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                filled.push_str(captures.next().copied().unwrap_or_default());
            }
            filled.push_str(part);
        }
        filled
    }

    /// By what of several patterns that match the first one is chosen: the longest text before the
    /// first `*`, then the most text beside all of them. The least one comes first.
    #[must_use]
    pub fn precedence(&self) -> impl Ord + use<> {
        let before = self.parts.first().map_or(0, String::len);
        let beside: usize = self.parts.iter().map(String::len).sum();
        (Reverse(before), Reverse(beside))
    }

    fn walk<'t>(&self, text: &'t str, mut capture: impl FnMut(&'t str)) -> bool {
        let mut parts = self.parts.iter();
        let before = parts.next().map_or("", String::as_str);
        let Some(mut rest) = text.strip_prefix(before) else { return false };
        let Some((last, middle)) = parts.as_slice().split_last() else { return rest.is_empty() };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            capture(&rest[..at]);
            rest = &rest[at + part.len()..];
        }
        match rest.strip_suffix(last.as_str()) {
            Some(captured) => {
                capture(captured);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("gpt-*", "gpt-5-mini", Some(vec!["5-mini"]))]
    #[case("gpt-*", "gpt-", Some(vec![""]))]
    #[case("gpt-*", "claude", None)]
    #[case("*", "a/b", Some(vec!["a/b"]))]
    #[case("*-mini", "gpt-5-mini", Some(vec!["gpt-5"]))]
    #[case("*/gpt-*", "a/b/gpt-x/gpt-y", Some(vec!["a/b", "x/gpt-y"]))]
    #[case("a*b*c", "a-b-b-c", Some(vec!["-", "-b-"]))]
    #[case("a*b*c", "a-c-b", None)]
    #[case("exact", "exact", Some(vec![]))]
    #[case("exact", "exactly", None)]
    #[case("ab*ba", "aba", None)]
    #[case("gpt-*", "GPT-5", None)]
    fn each_star_but_the_last_takes_as_little_as_it_can(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] expected: Option<Vec<&str>>,
    ) {
        let pattern = Pattern::new(pattern);
        assert_eq!(pattern.captures(text), expected);
        assert_eq!(pattern.matches(text), expected.is_some());
    }

    #[test]
    fn the_longest_beginning_comes_first_then_the_most_text() {
        let mut patterns = ["*", "*-mini", "gpt-*", "gpt-*-mini", "gpt-5*"].map(Pattern::new);
        patterns.sort_by_key(Pattern::precedence);
        let sorted = patterns.map(|pattern| pattern.filled(&["*"; 3]));
        assert_eq!(sorted, ["gpt-5*", "gpt-*-mini", "gpt-*", "*-mini", "*"]);
    }

    proptest! {
        #[test]
        fn what_a_pattern_captures_fills_it_again(
            pattern in "[ab/*]{0,8}",
            text in "[ab/]{0,12}",
        ) {
            let pattern = Pattern::new(&pattern);
            if let Some(captures) = pattern.captures(&text) {
                prop_assert_eq!(pattern.filled(&captures), text);
            }
        }

        #[test]
        fn whatever_fills_a_pattern_is_matched_by_it(
            pattern in "[ab/*]{0,8}",
            captures in proptest::collection::vec("[ab/]{0,3}", 8),
        ) {
            let pattern = Pattern::new(&pattern);
            let captures: Vec<&str> = captures.iter().map(String::as_str).collect();
            prop_assert!(pattern.matches(&pattern.filled(&captures)));
        }
    }
}
