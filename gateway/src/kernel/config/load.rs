//! Reads the file, lays the environment over it, and says exactly what is wrong.

use std::{fs, io, path::Path};

use serde_json::Value;

use super::{Config, check};

const ENVIRONMENT_PREFIX: &str = "HELIX__";
/// How unlike a key may be and still be offered as the one that was meant.
const NEAREST_KEY_SIMILARITY: f64 = 0.6;

/// Why the configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file says something that the gateway does not understand.
    #[error("{path}, line {line}, column {column}: {detail}")]
    Invalid {
        /// The file.
        path: String,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What is wrong, with the key.
        detail: String,
    },
    /// A variable of the environment says something that the gateway does not understand.
    #[error("environment variable {name}: {detail}")]
    Environment {
        /// The variable.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// Sections do not fit together.
    #[error("{key}: {detail}")]
    Inconsistent {
        /// The key as a path: `models[2].backends[0].provider`.
        key: String,
        /// What is wrong and what to do.
        detail: String,
    },
}

/// Reads `path` (or takes every default where it is `None`), lays `HELIX__…` variables over it,
/// fills in `${NAME}` references and checks that the sections fit together.
///
/// # Errors
/// [`ConfigError`], naming the place and the key.
pub fn load(
    path: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let environment: Vec<(String, String)> = environment.into_iter().collect();
    let (shown_path, text) = match path {
        Some(path) => {
            let shown = path.display().to_string();
            let text = fs::read_to_string(path)
                .map_err(|source| ConfigError::Unreadable { path: shown.clone(), source })?;
            (shown, text)
        }
        None => ("(built-in defaults)".to_owned(), "{}".to_owned()),
    };
    let mut config: Config = parse(&shown_path, &text)?;
    let mut tree: Value = parse(&shown_path, &text)?;
    if tree.is_null() {
        tree = Value::Object(serde_json::Map::new());
    }
    let mut overrides: Vec<(String, String)> = environment
        .iter()
        .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX))
        .cloned()
        .collect();
    overrides.sort();
    for (name, value) in overrides {
        config = override_one(&mut tree, &name, &value)
            .map_err(|detail| ConfigError::Environment { name, detail })?;
    }
    check::resolve_references(&mut config, &|name| {
        environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    })?;
    check::check(&config)?;
    Ok(config)
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(
    path: &str,
    text: &str,
) -> Result<T, ConfigError> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let (line, column) =
            error.location().map_or((1, 1), |location| (location.line(), location.column()));
        let detail = match error {
            serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
                unknown_key(field, expected)
            }
            other => format!(
                "{}{}",
                key_on_line(text, line).map(|key| format!("`{key}`: ")).unwrap_or_default(),
                sentence(&other.to_string())
            ),
        };
        ConfigError::Invalid { path: path.to_owned(), line, column, detail }
    })
}

/// The first line of an error text, without the place, which is told apart.
fn sentence(text: &str) -> &str {
    let first = text.lines().next().unwrap_or(text);
    first.split(" at line ").next().unwrap_or(first)
}

fn key_on_line(text: &str, line: u64) -> Option<&str> {
    let line = text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let (key, _) = line.trim_start_matches([' ', '-', '{']).split_once(':')?;
    Some(key.trim())
}

/// The word that was probably meant.
pub(super) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(written, word), *word))
        .filter(|(similarity, _)| *similarity >= NEAREST_KEY_SIMILARITY)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, word)| word)
}

fn unknown_key(field: &str, expected: &[&str]) -> String {
    let valid = expected.join(", ");
    match nearest(field, expected) {
        Some(key) => format!("unknown key `{field}`; did you mean `{key}`? Valid keys: {valid}"),
        None => format!("unknown key `{field}`. Valid keys: {valid}"),
    }
}

/// Sets `HELIX__A__B=value` at `a.b` and reads the whole again, so that the message can name the
/// variable.
fn override_one(tree: &mut Value, name: &str, value: &str) -> Result<Config, String> {
    let path = name.trim_start_matches(ENVIRONMENT_PREFIX).to_lowercase();
    let mut place = &mut *tree;
    for segment in path.split("__") {
        place = match place {
            Value::Array(items) => segment
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
                .ok_or_else(|| format!("there is no item `{segment}` in the list"))?,
            Value::Object(map) => map.entry(segment).or_insert(Value::Null),
            other => {
                *other = Value::Object(serde_json::Map::new());
                match other {
                    Value::Object(map) => map.entry(segment).or_insert(Value::Null),
                    _ => return Err("cannot be set".to_owned()),
                }
            }
        };
    }
    *place = scalar(value);
    match serde_json::from_value(tree.clone()) {
        Ok(config) => Ok(config),
        // A number where text is wanted (an all-digit name or amount) is meant as text.
        Err(error) => set_as_text(tree, &path, value).map_err(|_| error.to_string()),
    }
}

fn scalar(text: &str) -> Value {
    text.parse::<i64>()
        .map(Value::from)
        .or_else(|_| text.parse::<bool>().map(Value::from))
        .unwrap_or_else(|_| Value::from(text))
}

fn set_as_text(tree: &mut Value, path: &str, text: &str) -> Result<Config, serde_json::Error> {
    let pointer = format!("/{}", path.replace("__", "/"));
    if let Some(place) = tree.pointer_mut(&pointer) {
        *place = Value::from(text);
    }
    serde_json::from_value(tree.clone())
}

/// The configuration that a text is, with these variables in the environment.
#[cfg(test)]
pub(super) fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    let pairs: Vec<_> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    load(Some(file.path()), pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::config::{JournalPlace, ModelApi};

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_valid_key() {
        let error = load_text("server:\n  lisen: 127.0.0.1:1\n", &[]).unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(error.contains("unknown key `lisen`; did you mean `listen`?"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line_and_key() {
        let error = load_text("data:\n  directory: ./d\nproxy:\n  idle_timeout_ms: soon\n", &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 4") && error.contains("`idle_timeout_ms`"), "{error}");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = load_text(
            "server: { listen: '127.0.0.1:1' }",
            &[("HELIX__SERVER__LISTEN", "127.0.0.1:2"), ("HELIX__PROXY__IDLE_TIMEOUT_MS", "7")],
        )
        .unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:2");
        assert_eq!(config.proxy.idle_timeout_ms, 7);
    }

    #[test]
    fn a_wrong_variable_is_refused_by_name() {
        let error = load_text("{}", &[("HELIX__SERVER__LISTN", "x")]).unwrap_err().to_string();
        assert!(error.contains("HELIX__SERVER__LISTN"), "{error}");
    }

    #[test]
    fn a_reference_to_a_missing_variable_is_refused_by_name() {
        let text = "providers: { openai: { kind: openai, api_key: '${OPENAI_API_KEY}' } }";
        let error = load_text(text, &[]).unwrap_err().to_string();
        assert!(error.contains("OPENAI_API_KEY"), "{error}");
        let config = load_text(text, &[("OPENAI_API_KEY", "sk-1")]).unwrap();
        let key = config.providers["openai"].api_key.as_ref().unwrap();
        assert_eq!(key.expose(), "sk-1");
    }

    #[test]
    fn a_model_says_by_which_api_it_is_asked_where_its_provider_has_both() {
        let text = |kind: &str| {
            format!(
                "providers: {{ p: {{ kind: {kind}, api_key: k }} }}\n\
                 models: [ {{ name: m, backends: [ {{ provider: p, api: responses }} ] }} ]"
            )
        };
        let config = load_text(&text("openai"), &[]).unwrap();
        assert_eq!(config.models[0].backends[0].api, Some(ModelApi::Responses));
        let error = load_text(&text("anthropic"), &[]).unwrap_err().to_string();
        assert!(error.contains("models[0].backends[0].api"), "{error}");
    }

    #[test]
    fn a_backend_without_a_provider_is_refused_with_its_path() {
        let text = "models: [ { name: m, backends: [ { provider: opnai } ] } ]\nproviders: { openai: { kind: demo } }";
        let error = load_text(text, &[]).unwrap_err().to_string();
        assert!(error.starts_with("models[0].backends[0].provider"), "{error}");
        assert!(error.contains("did you mean `openai`"), "{error}");
    }

    #[test]
    fn a_preset_needs_nothing_but_a_key() {
        let text = "providers: { fast: { kind: groq, api_key: sk-1 } }";
        let config = load_text(text, &[]).unwrap();
        assert_eq!(config.providers["fast"].kind.preset().unwrap().title, "Groq");
        let local = load_text("providers: { local: { kind: ollama } }", &[]).unwrap();
        assert_eq!(local.providers["local"].kind.name(), "ollama");
    }

    #[test]
    fn an_unknown_kind_is_refused_with_its_line_the_nearest_and_all_known_ones() {
        let text = "providers:\n  fast:\n    kind: grok\n    api_key: sk-1\n";
        let error = load_text(text, &[]).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("`kind`"), "{error}");
        assert!(error.contains("no kind `grok`; did you mean `groq`?"), "{error}");
        assert!(error.contains("openai, anthropic, gemini, "), "{error}");
        let variable = [("HELIX__PROVIDERS__FAST__KIND", "grok")];
        let error = load_text("providers: { fast: { kind: groq } }", &variable).unwrap_err();
        assert!(error.to_string().contains("did you mean `groq`?"), "{error}");
    }

    #[test]
    fn a_preset_says_what_it_cannot_do_without() {
        let error = load_text("providers: { fast: { kind: groq } }", &[]).unwrap_err().to_string();
        assert!(error.starts_with("providers.fast.api_key"), "{error}");
        assert!(error.contains("${GROQ_API_KEY}"), "{error}");
        let text = "providers: { cloud: { kind: azure-ai, api_key: k } }";
        let error = load_text(text, &[]).unwrap_err().to_string();
        assert!(error.starts_with("providers.cloud.base_url"), "{error}");
        assert!(error.contains("https://NAME.services.ai.azure.com/models"), "{error}");
    }

    #[test]
    fn further_headers_are_taken_unless_they_are_the_gateways_own() {
        let with = |header: &str, value: &str| {
            let text = format!(
                "providers: {{ a: {{ kind: openrouter, api_key: k, headers: {{ {header}: '{value}' }} }} }}"
            );
            load_text(&text, &[("TITLE", "Acme")])
        };
        let config = with("X-Title", "${TITLE}").unwrap();
        assert_eq!(config.providers["a"].headers["X-Title"].expose(), "Acme");
        for (header, value) in
            [("Authorization", "x"), ("Host", "x"), ("a b", "x"), ("X-Title", "${NONE}")]
        {
            let error = with(header, value).unwrap_err().to_string();
            assert!(error.starts_with(&format!("providers.a.headers.{header}")), "{error}");
        }
    }

    #[test]
    fn calls_are_kept_only_in_a_database_that_is_not_on_this_disk() {
        let with = |database: &str, more: &str| {
            let text = format!(
                "database: {{ url: '{database}' }}\nrecords: {{ journal: database{more} }}"
            );
            load_text(&text, &[])
        };
        let error = with("sqlite:helix.db", "").unwrap_err().to_string();
        assert!(error.starts_with("records.journal"), "{error}");
        assert!(load_text("records: { journal: database }", &[]).is_err());
        let error = with("postgres://h/d", ", adopt_after_seconds: 1").unwrap_err().to_string();
        assert!(error.starts_with("records.adopt_after_seconds"), "{error}");
        assert_eq!(with("mysql://h/d", "").unwrap().records.journal, JournalPlace::Database);
    }
}
