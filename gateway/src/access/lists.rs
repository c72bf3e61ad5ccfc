//! Allow and deny lists of model names, with `*` for any text.

use crate::kernel::config::ModelLists;

/// A pair of lists.
pub(super) struct Lists {
    allow: Option<Vec<String>>,
    deny: Vec<String>,
}

impl Lists {
    pub(super) fn new(lists: &ModelLists) -> Self {
        Self { allow: lists.allow.clone(), deny: lists.deny.clone() }
    }

    /// Whether the model passes; else the rule that it breaks.
    pub(super) fn check(&self, model: &str) -> Result<(), String> {
        if let Some(pattern) = self.deny.iter().find(|pattern| matches(pattern, model)) {
            return Err(format!("`{pattern}` is on the deny list"));
        }
        match &self.allow {
            Some(allow) if !allow.iter().any(|pattern| matches(pattern, model)) => {
                Err("it is not on the allow list".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Whether `text` is what `pattern` describes; `*` stands for any text, also none.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("gpt-*", "gpt-5-mini", true)]
    #[case("gpt-*", "claude", false)]
    #[case("*", "anything", true)]
    #[case("*-mini", "gpt-5-mini", true)]
    #[case("a*b*c", "a-b-b-c", true)]
    #[case("a*b*c", "a-c-b", false)]
    #[case("exact", "exact", true)]
    #[case("exact", "exactly", false)]
    #[case("ab*ba", "aba", false)]
    fn a_pattern_matches_only_what_it_describes(
        #[case] pattern: &str,
        #[case] model: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(matches(pattern, model), expected);
    }

    #[test]
    fn deny_wins_over_allow() {
        let lists = Lists { allow: Some(vec!["*".into()]), deny: vec!["gpt-*".into()] };
        assert!(lists.check("claude").is_ok());
        assert_eq!(lists.check("gpt-5").unwrap_err(), "`gpt-*` is on the deny list");
    }
}
