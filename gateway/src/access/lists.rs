//! Allow and deny lists of models, with `*` for any text.
//!
//! A list speaks of models and not of names: whatever a model is asked by, it is judged by all the
//! names that lead to it. So no alias and no pattern leads around a list.

use crate::{
    catalog::Model,
    kernel::{Pattern, config::ModelLists},
};

/// A pair of lists.
pub(super) struct Lists {
    allow: Option<Vec<Pattern>>,
    /// In lower case, as the names that they are compared with, and as they are written.
    deny: Vec<(Pattern, String)>,
}

impl Lists {
    pub(super) fn new(lists: &ModelLists) -> Self {
        let allow = |patterns: &Vec<String>| patterns.iter().map(|it| Pattern::new(it)).collect();
        let deny = |written: &String| (Pattern::new(&written.to_lowercase()), written.clone());
        Self { allow: lists.allow.as_ref().map(allow), deny: lists.deny.iter().map(deny).collect() }
    }

    /// Whether the model passes; else the rule that it breaks.
    pub(super) fn check(&self, model: &Model) -> Result<(), String> {
        self.check_names(model.denied_as(), model.allowed_as())
    }

    /// The same for a name that leads to no model of the gateway's.
    pub(super) fn check_name(&self, name: &str) -> Result<(), String> {
        self.check_names(&[name.to_lowercase()], &[name.to_owned()])
    }

    fn check_names(&self, denied_as: &[String], allowed_as: &[String]) -> Result<(), String> {
        let denies =
            |(pattern, _): &&(Pattern, String)| denied_as.iter().any(|name| pattern.matches(name));
        if let Some((_, written)) = self.deny.iter().find(denies) {
            return Err(format!("`{written}` is on the deny list"));
        }
        let Some(allow) = &self.allow else { return Ok(()) };
        let is_allowed = |name: &String| allow.iter().any(|pattern| pattern.matches(name));
        if allowed_as.iter().all(is_allowed) {
            Ok(())
        } else {
            Err("it is not on the allow list".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(yaml: &str) -> Lists {
        Lists::new(&serde_saphyr::from_str::<ModelLists>(yaml).unwrap())
    }

    #[test]
    fn deny_wins_over_allow_and_names_the_pattern_as_it_is_written() {
        let lists = lists("{allow: ['*'], deny: ['GPT-*']}");
        assert!(lists.check_name("claude").is_ok());
        assert_eq!(lists.check_name("gpt-5").unwrap_err(), "`GPT-*` is on the deny list");
    }

    #[test]
    fn any_name_is_enough_to_be_denied_and_every_one_is_needed_to_be_allowed() {
        let check = |lists: &Lists, names: [&str; 2]| {
            let names = names.map(str::to_owned);
            lists.check_names(&names, &names).is_ok()
        };
        let denying = lists("{deny: [b]}");
        assert!(!check(&denying, ["a", "b"]) && check(&denying, ["a", "c"]));
        let allowing = lists("{allow: [a, c]}");
        assert!(!check(&allowing, ["a", "b"]) && check(&allowing, ["a", "c"]));
    }

    #[test]
    fn case_is_no_way_around_a_deny_list_and_none_onto_an_allow_list() {
        assert!(lists("{deny: [gpt-5]}").check_name("GPT-5").is_err());
        assert!(lists("{allow: [gpt-5]}").check_name("GPT-5").is_err());
        assert!(lists("{allow: []}").check_name("gpt-5").is_err());
    }
}
