//! Names of models: each leads the same people to one model only, and every pattern to names.

use std::collections::HashMap;

use super::{Config, ConfigError, Model, check::inconsistent};
use crate::kernel::{Pattern, Template};

/// The longest name, in bytes.
const NAME_LIMIT_BYTES: usize = 255;

/// Who sees a model by one of its lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Seer {
    Everyone,
    Team(String),
    User(String),
}

pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    // By the name without its case: lists of what is denied do not tell names apart by it either.
    let mut taken: HashMap<(Seer, String), (usize, String, &str)> = HashMap::new();
    for (index, model) in config.models.iter().enumerate() {
        check_model(&format!("models[{index}]"), model)?;
        let seers = seers(model);
        for (key, name) in names(index, model) {
            for seer in &seers {
                let place = (seer.clone(), name.to_lowercase());
                let before = taken.insert(place, (index, key.clone(), name));
                // One model may be asked by several spellings of its name.
                let other = before.filter(|(of, _, other)| *of != index || *other == name);
                if let Some((_, other, _)) = other {
                    let detail = format!("`{name}` is {} already; {ADVICE}", told(seer, &other));
                    return Err(inconsistent(key, detail));
                }
            }
        }
    }
    check_lists(config)
}

const ADVICE: &str = "a name leads the same people to one model only, and names are told apart by \
                      more than their case. Take another name, or other `teams` and `users`";

fn told(seer: &Seer, other: &str) -> String {
    match seer {
        Seer::Everyone => format!("`{other}`"),
        Seer::Team(team) => format!("`{other}` for team {team}"),
        Seer::User(user) => format!("`{other}` for {user}"),
    }
}

/// Every name of a model with its key.
fn names(index: usize, model: &Model) -> impl Iterator<Item = (String, &str)> {
    let name = (format!("models[{index}].name"), model.name.as_str());
    let aliases = model.aliases.iter().enumerate();
    let aliases =
        aliases.map(move |(place, alias)| (format!("models[{index}].aliases[{place}]"), &**alias));
    std::iter::once(name).chain(aliases)
}

fn seers(model: &Model) -> Vec<Seer> {
    let list = |names: &Option<Vec<String>>, seer: fn(String) -> Seer| -> Vec<Seer> {
        names.iter().flatten().map(|name| seer(name.to_lowercase())).collect()
    };
    if model.teams.is_none() && model.users.is_none() {
        return vec![Seer::Everyone];
    }
    let mut seers = list(&model.teams, Seer::Team);
    seers.extend(list(&model.users, Seer::User));
    seers.dedup();
    seers
}

fn check_model(key: &str, model: &Model) -> Result<(), ConfigError> {
    check_length(&format!("{key}.name"), &model.name)?;
    for (list, names) in [("teams", &model.teams), ("users", &model.users)] {
        if names.as_ref().is_some_and(Vec::is_empty) {
            let detail = "nobody would see the model; name somebody, or leave the key out for \
                          everyone";
            return Err(inconsistent(format!("{key}.{list}"), detail));
        }
    }
    if model.name.contains("**") {
        let detail = "two `*` in a row stand for no more than one; write one";
        return Err(inconsistent(format!("{key}.name"), detail));
    }
    let stars = Pattern::new(&model.name).stars();
    for (place, alias) in model.aliases.iter().enumerate() {
        let key = format!("{key}.aliases[{place}]");
        check_length(&key, alias)?;
        if alias.contains('*') {
            let detail = "an alias is one name; write the pattern as the `name` of a model of its \
                          own";
            return Err(inconsistent(key, detail));
        }
        if stars > 0 {
            let detail = "a pattern stands for many models, so it has no other names; leave it out";
            return Err(inconsistent(key, detail));
        }
    }
    if stars == 0 {
        return Ok(());
    }
    for (place, backend) in model.backends.iter().enumerate() {
        let Some(upstream) = &backend.model else { continue };
        let key = format!("{key}.backends[{place}].model");
        if upstream.contains('*') {
            let detail = "`*` stands for nothing here; write `$1` for what the first `*` of the \
                          name stands for";
            return Err(inconsistent(key, detail));
        }
        Template::new(upstream, stars).map_err(|error| inconsistent(key, error.to_string()))?;
    }
    Ok(())
}

fn check_length(key: &str, name: &str) -> Result<(), ConfigError> {
    let is_fit = (1..=NAME_LIMIT_BYTES).contains(&name.len());
    is_fit
        .then_some(())
        .ok_or_else(|| inconsistent(key, format!("expected 1 to {NAME_LIMIT_BYTES} bytes")))
}

/// What may be used is told by models and not by their aliases; who writes one means the model.
fn check_lists(config: &Config) -> Result<(), ConfigError> {
    let is_name = |name: &str| config.models.iter().any(|model| model.name == name);
    let model_of = |alias: &str| {
        config.models.iter().find(|model| model.aliases.iter().any(|name| name == alias))
    };
    for (index, team) in config.teams.iter().enumerate() {
        let of_team = (format!("teams[{index}].models"), &team.models);
        let of_members = team.members.iter();
        let of_members =
            of_members.map(|(email, lists)| (format!("teams[{index}].members.{email}"), lists));
        for (key, lists) in std::iter::once(of_team).chain(of_members) {
            for (place, allowed) in lists.allow.iter().flatten().enumerate() {
                let alias = model_of(allowed).filter(|_| !is_name(allowed));
                if let Some(model) = alias {
                    let detail = format!(
                        "`{allowed}` is another name of `{}`; allow that, and all of its names \
                         are allowed",
                        model.name
                    );
                    return Err(inconsistent(format!("{key}.allow[{place}]"), detail));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::kernel::config;

    fn refused(models: &str) -> String {
        let text = format!("providers: {{ p: {{ kind: demo }} }}\n{models}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        match config::load(Some(file.path()), []) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string().replace(&file.path().display().to_string(), "file"),
        }
    }

    fn models(entries: &[&str]) -> String {
        entries.iter().fold("models:\n".to_owned(), |mut text, entry| {
            writeln!(text, "  - {{ {entry}, backends: [ {{ provider: p }} ] }}").unwrap();
            text
        })
    }

    #[test]
    fn a_name_that_leads_the_same_people_to_two_models_is_refused_with_both_keys() {
        let twice = |entries: &[&str]| refused(&models(entries));
        insta::assert_snapshot!(
            [
                twice(&["name: a", "name: a"]),
                twice(&["name: a", "name: b, aliases: [a]"]),
                twice(&["name: a, aliases: [b, b]"]),
                twice(&["name: a", "name: A"]),
                twice(&["name: 'a*'", "name: 'a*'"]),
                twice(&["name: a, teams: [R, S]", "name: a, teams: [s]"]),
                twice(&["name: a, users: [x@y.z]", "name: b, aliases: [a], users: [X@y.z]"]),
            ]
            .join("\n")
        );
    }

    #[test]
    fn the_same_name_may_mean_something_else_to_others() {
        let entries = [
            "name: a",
            "name: a, teams: [R]",
            "name: a, teams: [S]",
            "name: a, users: [x@y.z]",
            "name: b, aliases: [a, A], users: [z@y.x]",
            "name: 'a*'",
            "name: '*a'",
        ];
        assert_eq!(refused(&models(&entries)), "accepted");
    }

    #[test]
    fn abilities_and_dates_that_cannot_be_meant_are_refused() {
        let one = |entry: &str| refused(&models(&[entry]));
        insta::assert_snapshot!(
            [
                one("name: a, capabilities: { context_tokens: 0 }"),
                one("name: a, capabilities: { outputs: [] }"),
                one("name: a, capabilities: { inputs: [smell] }"),
                one("name: a, price: []"),
                one("name: a, price: [ { input: '1' }, { input: '2' } ]"),
                one("name: a, price: [ { from: 2026-02-01, input: '1' }, { from: 2026-01-01, input: '2' } ]"),
                one("name: a, price: { from: soon, input: '1' }"),
                one("name: a, price: { input: '1', inputt: '1' }"),
                one("name: a, price: [ { input: '1' }, { from: 2026-01-01, input: '-2' } ]"),
            ]
            .join("\n")
        );
    }

    #[test]
    fn what_stands_for_nothing_is_refused() {
        let upstream = |name: &str, model: &str| {
            refused(&format!(
                "models: [ {{ name: '{name}', backends: [ {{ provider: p, model: '{model}' }} ] }} ]"
            ))
        };
        let one = |entry: &str| refused(&models(&[entry]));
        let allowing = |name: &str| {
            let models = models(&["name: a, aliases: [b]"]);
            refused(&format!("{models}teams: [ {{ name: R, models: {{ allow: [{name}] }} }} ]"))
        };
        insta::assert_snapshot!(
            [
                upstream("a*", "b-$2"),
                upstream("a*", "b-*"),
                upstream("a*", "b-$"),
                upstream("a", "b-$1"),
                one("name: 'a**'"),
                one("name: a, aliases: ['b*']"),
                one("name: 'a*', aliases: [b]"),
                one("name: ''"),
                one("name: a, aliases: ['']"),
                one("name: a, teams: []"),
                allowing("b"),
                allowing("a"),
            ]
            .join("\n")
        );
    }
}
