//! Which limits bind whom, as they are configured.

use std::{collections::HashMap, str::FromStr};

use shared::id::ApiKeyId;

use crate::{
    call::LimitMeasure,
    kernel::config::{EACH, Limit, LimitLevel, LimitPeriod},
};

/// The limits of a configuration, by whom they bind.
#[derive(Debug, Default)]
pub(super) struct Rules {
    levels: HashMap<LimitLevel, Level>,
}

/// The limits of one level.
#[derive(Debug, Default)]
struct Level {
    each: Figures,
    named: HashMap<String, Figures>,
}

/// What binds one subject: every span of requests and tokens has one limit at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// In the order of their measures.
    pub(super) windows: Vec<(LimitMeasure, i64)>,
    pub(super) concurrent: Option<i64>,
}

impl Rules {
    pub(super) fn new(limits: &[Limit]) -> Self {
        let mut levels: HashMap<LimitLevel, Level> = HashMap::new();
        for limit in limits {
            let level = levels.entry(limit.level).or_default();
            match (limit.level, limit.name_key()) {
                (_, key) if key == EACH => level.each.add(limit),
                (LimitLevel::Key, key) => {
                    // Read as `config` has checked it; subjects go by the bare number.
                    if let Ok(id) = ApiKeyId::from_str(&key) {
                        let key = id.uuid().simple().to_string();
                        level.named.entry(key).or_default().add(limit);
                    }
                }
                (_, key) => level.named.entry(key).or_default().add(limit),
            }
        }
        for level in levels.values_mut() {
            for own in level.named.values_mut() {
                own.fill_from(&level.each);
            }
        }
        Self { levels }
    }

    pub(super) fn are_none(&self) -> bool {
        self.levels.is_empty()
    }

    /// Whether any of them is of tokens, so that it has to be known how many a call may use.
    pub(super) fn count_tokens(&self) -> bool {
        let all = self.levels.values();
        let mut figures = all.flat_map(|level| level.named.values().chain([&level.each]));
        figures.any(|figures| figures.windows.iter().any(|(measure, _)| is_of_tokens(*measure)))
    }

    /// What binds this subject; none where nothing does. Its own figures come before those for
    /// each, one by one.
    pub(super) fn of(&self, level: LimitLevel, key: &str) -> Option<&Figures> {
        let level = self.levels.get(&level)?;
        let figures = level.named.get(key).unwrap_or(&level.each);
        figures.are_any().then_some(figures)
    }
}

impl Figures {
    fn add(&mut self, limit: &Limit) {
        let period = limit.period();
        let figures = [
            (LimitMeasure::Requests(period), limit.requests),
            (LimitMeasure::Tokens(period), limit.tokens),
        ];
        self.windows.extend(figures.into_iter().filter_map(|(of, figure)| Some((of, figure?))));
        self.windows.sort_unstable();
        self.concurrent = limit.concurrent.or(self.concurrent);
    }

    fn fill_from(&mut self, each: &Self) {
        let has = |own: &Self, measure| own.windows.iter().any(|(of, _)| *of == measure);
        for (measure, limit) in &each.windows {
            if !has(self, *measure) {
                self.windows.push((*measure, *limit));
            }
        }
        self.windows.sort_unstable();
        self.concurrent = self.concurrent.or(each.concurrent);
    }

    fn are_any(&self) -> bool {
        !self.windows.is_empty() || self.concurrent.is_some()
    }
}

pub(super) const fn is_of_tokens(measure: LimitMeasure) -> bool {
    matches!(measure, LimitMeasure::Tokens(_))
}

/// The span in which something is counted; none for what is counted at once.
pub(super) const fn period_of(measure: LimitMeasure) -> Option<LimitPeriod> {
    match measure {
        LimitMeasure::Requests(period) | LimitMeasure::Tokens(period) => Some(period),
        LimitMeasure::Concurrent => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(json: &str) -> Rules {
        let limits: Vec<Limit> = serde_json::from_str(json).unwrap();
        Rules::new(&limits)
    }

    #[test]
    fn figures_of_ones_own_come_before_those_for_each_one_by_one() {
        use LimitMeasure::{Requests, Tokens};
        use LimitPeriod::{Hour, Minute};
        let rules = rules(
            r#"[{"level": "user", "name": "*", "requests": 10, "tokens": 100, "concurrent": 2},
                {"level": "user", "name": "*", "requests": 50, "per": "hour"},
                {"level": "user", "name": "Ada@example.com", "requests": 20, "concurrent": 9}]"#,
        );
        let each = [(Requests(Minute), 10), (Requests(Hour), 50), (Tokens(Minute), 100)];
        let of_bob = rules.of(LimitLevel::User, "bob@example.com").unwrap();
        assert_eq!((&*of_bob.windows, of_bob.concurrent), (&each[..], Some(2)));
        let own = [(Requests(Minute), 20), (Requests(Hour), 50), (Tokens(Minute), 100)];
        let of_ada = rules.of(LimitLevel::User, "ada@example.com").unwrap();
        assert_eq!((&*of_ada.windows, of_ada.concurrent), (&own[..], Some(9)));
        assert_eq!(rules.of(LimitLevel::Team, "research"), None);
        assert!(rules.count_tokens());
    }

    #[test]
    fn a_key_is_found_by_the_number_of_its_id() {
        let rules = rules(
            r#"[{"level": "key", "name": "key_019a0000000070008000000000000001", "requests": 1}]"#,
        );
        assert!(rules.of(LimitLevel::Key, "019a0000000070008000000000000001").is_some());
        assert_eq!(rules.of(LimitLevel::Key, "019a0000000070008000000000000002"), None);
    }

    #[test]
    fn who_has_no_limit_by_name_has_none_where_there_is_none_for_each() {
        let rules = rules(r#"[{"level": "model", "name": "gpt-5", "concurrent": 1}]"#);
        assert!(rules.of(LimitLevel::Model, "gpt-5").is_some());
        assert_eq!(rules.of(LimitLevel::Model, "GPT-5"), None);
        assert!(!rules.count_tokens() && !rules.are_none());
    }
}
