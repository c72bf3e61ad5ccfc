//! The pages that an answer of a searching model rests on, told beside its message: Perplexity's
//! `search_results` and `citations`, which others have too.
//!
//! The text refers to them by their number: `[2]`. Sources: `SearchResult` (perplexityai),
//! <https://docs.perplexity.ai/api-reference/chat-completions-post>.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ir::{Citation, Source};

/// More digits than any reference has.
const REFERENCE_LIMIT: usize = 10_000;

/// The pages, in the order in which they are numbered, and where the text refers to them.
#[derive(Debug, Default)]
pub(super) struct SearchResults {
    pages: Vec<Page>,
    references: Vec<(Range<usize>, usize)>,
    /// How much was said, in characters.
    said: usize,
    /// Where a reference may have begun, and its number so far.
    open: Option<(usize, usize)>,
}

#[derive(Debug, Deserialize)]
struct Page {
    url: String,
    title: Option<String>,
}

impl SearchResults {
    /// The pages that an answer, or an event of one, tells; each event repeats those before it.
    /// Pages with titles stand before mere addresses.
    pub(super) fn find(&mut self, citations: Option<&RawValue>, results: Option<&RawValue>) {
        let pages = results.and_then(|raw| serde_json::from_str::<Vec<Page>>(raw.get()).ok());
        let addresses = || {
            let addresses = serde_json::from_str::<Vec<String>>(citations?.get()).ok()?;
            Some(addresses.into_iter().map(|url| Page { url, title: None }).collect())
        };
        let has_titles = self.pages.iter().any(|page| page.title.is_some());
        let pages = pages.filter(|pages| !pages.is_empty());
        if let Some(pages) = pages.or_else(|| addresses().filter(|_| !has_titles)) {
            self.pages = pages;
        }
    }

    /// More of the text: `[12]` is a reference.
    pub(super) fn say(&mut self, text: &str) {
        for character in text.chars() {
            self.open = match (character, self.open, character.to_digit(10)) {
                ('[', _, _) => Some((self.said, 0)),
                (_, Some((start, number)), Some(digit)) if number < REFERENCE_LIMIT => {
                    Some((start, number * 10 + digit as usize))
                }
                (']', Some((start, number)), _) if number > 0 => {
                    self.references.push((start..self.said + 1, number));
                    None
                }
                _ => None,
            };
            self.said += 1;
        }
    }

    /// Each reference of the text to a page.
    pub(super) fn citations(&self) -> Vec<Citation> {
        let cited = self.references.iter().filter_map(|(passage, number)| {
            let Page { url, title } = self.pages.get(number.checked_sub(1)?)?;
            let (url, title) = (url.clone(), title.clone());
            let source = Source::Web { url, title, encrypted_index: None };
            Some(Citation { passage: passage.clone(), source, cited_text: None })
        });
        cited.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_number_in_brackets_however_the_text_is_cut() {
        let text = "Grüß[1] [a] [23][] [0] [9999999] 🌞[4]";
        let (mut whole, mut cut) = (SearchResults::default(), SearchResults::default());
        whole.say(text);
        text.split_inclusive(|_| true).for_each(|piece| cut.say(piece));
        assert_eq!(whole.references, [(4..7, 1), (12..16, 23), (34..37, 4)]);
        assert_eq!(whole.references, cut.references);
    }
}
