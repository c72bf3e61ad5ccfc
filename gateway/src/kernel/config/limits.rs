//! `limits`: how often, how much and how many at once; whom each limit binds.

use std::{collections::BTreeSet, str::FromStr};

use serde::Deserialize;
use shared::id::ApiKeyId;

use super::{Config, ConfigError, check::inconsistent, load::nearest};

/// The name that binds everyone of a level, each on its own.
pub const EACH: &str = "*";
/// Far above what anybody uses, and far below where sums would overflow.
const MOST: i64 = 1_000_000_000_000_000;

/// One of `limits`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Whom it binds.
    pub level: LimitLevel,
    /// The team's name, the user's e-mail address, the key's id, or the name of the model or the
    /// provider; nothing for the instance. A `*` binds everyone of the level, each on its own.
    #[serde(default)]
    pub name: Option<String>,
    /// How many calls may begin within any `per`.
    #[serde(default)]
    pub requests: Option<i64>,
    /// How many tokens, of prompts and answers together, the calls may use that begin within any
    /// `per`.
    #[serde(default)]
    pub tokens: Option<i64>,
    /// How many calls may be under way at once.
    #[serde(default)]
    pub concurrent: Option<i64>,
    /// The span in which `requests` and `tokens` count; a minute if left out.
    #[serde(default)]
    pub per: Option<LimitPeriod>,
}

/// Whom a limit binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitLevel {
    /// Everyone.
    Instance,
    /// One team.
    Team,
    /// One user.
    User,
    /// One API key.
    Key,
    /// One model, as callers name it, whoever calls.
    Model,
    /// One provider, whoever calls and by whichever model.
    Provider,
}

impl LimitLevel {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Team => "team",
            Self::User => "user",
            Self::Key => "key",
            Self::Model => "model",
            Self::Provider => "provider",
        }
    }
}

/// The span in which a limit counts. It slides: it is the last minute, not that of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitPeriod {
    /// Sixty seconds.
    #[default]
    Minute,
    /// Sixty minutes.
    Hour,
    /// Twenty-four hours.
    Day,
}

impl LimitPeriod {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// How long it is, in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

impl Limit {
    /// The span in which requests and tokens count.
    #[must_use]
    pub fn period(&self) -> LimitPeriod {
        self.per.unwrap_or_default()
    }

    /// The name as it is compared: of teams and users in lower case.
    #[must_use]
    pub fn name_key(&self) -> String {
        let name = self.name.as_deref().unwrap_or_default();
        match self.level {
            LimitLevel::Team | LimitLevel::User => name.to_lowercase(),
            _ => name.to_owned(),
        }
    }

    /// What it says, by the keys of the configuration.
    fn figures(&self) -> [(&'static str, Option<i64>); 3] {
        [("requests", self.requests), ("tokens", self.tokens), ("concurrent", self.concurrent)]
    }
}

/// Refuses limits that bind nobody, say nothing or say it twice.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let mut said = BTreeSet::new();
    for (index, limit) in config.limits.iter().enumerate() {
        let key = format!("limits[{index}]");
        check_name(config, &key, limit)?;
        check_figures(&key, limit)?;
        for (figure, _) in limit.figures().iter().filter(|(_, figure)| figure.is_some()) {
            let period = (*figure != "concurrent").then(|| limit.period());
            if !said.insert((limit.level, limit.name_key(), *figure, period)) {
                let detail = "is there twice for the same level and name; leave one of them out";
                return Err(inconsistent(format!("{key}.{figure}"), detail));
            }
        }
    }
    Ok(())
}

fn check_name(config: &Config, key: &str, limit: &Limit) -> Result<(), ConfigError> {
    let key = format!("{key}.name");
    let Some(name) = limit.name.as_deref() else {
        let expected = match limit.level {
            LimitLevel::Instance => return Ok(()),
            LimitLevel::Team => "the team's name",
            LimitLevel::User => "the user's e-mail address",
            LimitLevel::Key => "the key's id",
            LimitLevel::Model => "the model's name",
            LimitLevel::Provider => "the provider's name",
        };
        return Err(inconsistent(key, format!("expected {expected}, or `*` for each")));
    };
    let known: Vec<&str> = match limit.level {
        LimitLevel::Instance => return Err(inconsistent(key, "the instance has no name")),
        _ if name == EACH => return Ok(()),
        LimitLevel::Team | LimitLevel::User => return Ok(()),
        LimitLevel::Key if ApiKeyId::from_str(name).is_ok() => return Ok(()),
        LimitLevel::Key => {
            return Err(inconsistent(
                key,
                "expected a key's id, such as `key_0198…` from the page of the keys, or `*` for \
                 each",
            ));
        }
        LimitLevel::Model => config.models.iter().map(|model| &*model.name).collect(),
        LimitLevel::Provider => config.providers.keys().map(String::as_str).collect(),
    };
    if known.contains(&name) {
        return Ok(());
    }
    let what = limit.level.as_str();
    let advice = nearest(name, &known).map_or_else(
        || format!("add it under `{what}s`, or write `*` for each"),
        |nearest| format!("did you mean `{nearest}`?"),
    );
    Err(inconsistent(key, format!("there is no {what} `{name}`; {advice}")))
}

fn check_figures(key: &str, limit: &Limit) -> Result<(), ConfigError> {
    for (figure, value) in limit.figures() {
        if value.is_some_and(|value| !(1..=MOST).contains(&value)) {
            let detail = format!(
                "expected 1 to {MOST}; to forbid a model, deny it in `teams`, and for no limit \
                 leave the key out"
            );
            return Err(inconsistent(format!("{key}.{figure}"), detail));
        }
    }
    match (limit.requests.or(limit.tokens), limit.concurrent, limit.per) {
        (None, None, _) => Err(inconsistent(
            key,
            "limits nothing; give `requests` or `tokens` (and `per`), or `concurrent`",
        )),
        (None, Some(_), Some(_)) => Err(inconsistent(
            format!("{key}.per"),
            "says nothing of `concurrent`, which counts calls at once; leave it out, or give \
             `requests` or `tokens`",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn checked(limits: &str) -> Result<(), String> {
        let text = format!(
            "{{\"providers\": {{\"openai\": {{\"kind\": \"demo\"}}}}, \"models\": [{{\"name\": \
             \"gpt-5\", \"backends\": [{{\"provider\": \"openai\"}}]}}], \"limits\": {limits}}}"
        );
        let config: Config = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        check(&config).map_err(|error| error.to_string())
    }

    #[rstest]
    #[case(r#"[{"level": "instance", "requests": 5, "tokens": 9, "concurrent": 1}]"#)]
    #[case(r#"[{"level": "key", "name": "*", "requests": 5, "per": "day"}]"#)]
    #[case(r#"[{"level": "user", "name": "ada@example.com", "concurrent": 5}]"#)]
    #[case(r#"[{"level": "model", "name": "gpt-5", "tokens": 5, "per": "hour"}]"#)]
    #[case(r#"[{"level": "provider", "name": "openai", "tokens": 5}]"#)]
    #[case(
        r#"[{"level": "team", "name": "*", "requests": 5},
            {"level": "team", "name": "*", "requests": 50, "per": "hour", "concurrent": 2},
            {"level": "team", "name": "Research", "requests": 9}]"#
    )]
    fn a_limit_that_binds_somebody_is_accepted(#[case] limits: &str) {
        assert_eq!(checked(limits), Ok(()));
    }

    #[rstest]
    #[case(r#"[{"level": "instance"}]"#, "limits[0]: limits nothing; give `requests`")]
    #[case(
        r#"[{"level": "instance", "name": "all", "requests": 1}]"#,
        "limits[0].name: the instance has no name"
    )]
    #[case(
        r#"[{"level": "team", "requests": 1}]"#,
        "limits[0].name: expected the team's name, or `*` for each"
    )]
    #[case(
        r#"[{"level": "key", "name": "mine", "requests": 1}]"#,
        "limits[0].name: expected a key's id, such as `key_0198…`"
    )]
    #[case(
        r#"[{"level": "model", "name": "gtp-5", "requests": 1}]"#,
        "limits[0].name: there is no model `gtp-5`; did you mean `gpt-5`?"
    )]
    #[case(
        r#"[{"level": "provider", "name": "xyz", "requests": 1}]"#,
        "limits[0].name: there is no provider `xyz`; add it under `providers`"
    )]
    #[case(
        r#"[{"level": "instance", "requests": 0}]"#,
        "limits[0].requests: expected 1 to 1000000000000000; to forbid a model"
    )]
    #[case(
        r#"[{"level": "instance", "concurrent": 3, "per": "hour"}]"#,
        "limits[0].per: says nothing of `concurrent`"
    )]
    #[case(
        r#"[{"level": "user", "name": "A@b.c", "tokens": 3}, {"level": "user", "name": "a@B.c", "tokens": 4, "per": "minute"}]"#,
        "limits[1].tokens: is there twice"
    )]
    #[case(
        r#"[{"level": "instance", "requests": 3, "concurrent": 1}, {"level": "instance", "requests": 4, "concurrent": 2, "per": "hour"}]"#,
        "limits[1].concurrent: is there twice"
    )]
    fn a_limit_that_cannot_be_meant_is_refused_by_its_key(
        #[case] limits: &str,
        #[case] expected: &str,
    ) {
        let error = checked(limits).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}
