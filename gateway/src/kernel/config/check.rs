//! What no single section can know: references into the environment and between sections.

use std::{net::SocketAddr, str::FromStr};

use jiff::tz::TimeZone;
use shared::{Money, id::ApiKeyId, view::spend::BudgetLevel};

use super::{
    Aws, Config, ConfigError, JournalPlace, ModelApi, Provider, ProviderKind, azure, google,
    limits, names, providers, routing, sealing,
};
use crate::kernel::Secret;

/// Room for some hundred calls.
const LEAST_BACKLOG_BYTES: u64 = 1024 * 1024;
/// A node that is busy may be silent for a moment.
const LEAST_ADOPTION_SECONDS: u32 = 3;

pub(super) fn inconsistent(key: impl Into<String>, detail: impl Into<String>) -> ConfigError {
    ConfigError::Inconsistent { key: key.into(), detail: detail.into() }
}

/// Replaces `${NAME}` in credentials by the variable's value.
pub(super) fn resolve_references(
    config: &mut Config,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    for (name, provider) in &mut config.providers {
        resolve_provider(name, provider, variable)?;
    }
    if let Some(url) = &mut config.database.url {
        resolve(url, "database.url", variable)?;
    }
    if let Some(url) = &mut config.redis.url {
        resolve(url, "redis.url", variable)?;
    }
    sealing::resolve_references(&mut config.sealing, variable)
}

/// The same in one provider, with what it finds in the environment of its machine.
pub(super) fn resolve_provider(
    name: &str,
    provider: &mut Provider,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let key = format!("providers.{name}");
    if let Some(secret) = &mut provider.api_key {
        resolve(secret, &format!("{key}.api_key"), variable)?;
    }
    if let Some(aws) = &mut provider.aws {
        resolve_aws(aws, &format!("{key}.aws"), variable)?;
    }
    for (header, value) in &mut provider.headers {
        resolve(value, &format!("{key}.headers.{header}"), variable)?;
    }
    google::resolve_references(&key, provider, variable)?;
    azure::resolve_references(&key, provider, variable)
}

fn resolve_aws(
    aws: &mut Aws,
    key: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let secrets = [
        ("access_key_id", &mut aws.access_key_id),
        ("secret_access_key", &mut aws.secret_access_key),
        ("session_token", &mut aws.session_token),
    ];
    for (name, secret) in secrets {
        if let Some(secret) = secret {
            resolve(secret, &format!("{key}.{name}"), variable)?;
        }
    }
    let texts = [
        ("region", &mut aws.region),
        ("profile", &mut aws.profile),
        ("role_arn", &mut aws.role_arn),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            let mut written = Secret::new(&**text);
            resolve(&mut written, &format!("{key}.{name}"), variable)?;
            written.expose().clone_into(text);
        }
    }
    Ok(())
}

pub(super) fn resolve(
    secret: &mut Secret,
    key: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    let name = secret.expose().strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if let Some(name) = name {
        let value = variable(name).ok_or_else(|| {
            inconsistent(
                key,
                format!("the environment variable `{name}` is not set; set it or remove the key"),
            )
        })?;
        *secret = Secret::new(value);
    }
    Ok(())
}

/// Checks what each section takes from another.
///
/// # Errors
/// [`ConfigError::Inconsistent`], naming the key at fault.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    if config.server.listen.parse::<SocketAddr>().is_err() {
        return Err(inconsistent(
            "server.listen",
            "expected an address and a port, such as `127.0.0.1:8080` or `[::]:8080`",
        ));
    }
    if config.records.backlog_limit_bytes < LEAST_BACKLOG_BYTES {
        return Err(inconsistent(
            "records.backlog_limit_bytes",
            format!("expected at least {LEAST_BACKLOG_BYTES} (1 MiB)"),
        ));
    }
    check_journal(config)?;
    config.realtime.check()?;
    config.catalog.check()?;
    sealing::check(&config.sealing)?;
    config.redis.check()?;
    providers::check(config)?;
    check_files(config)?;
    check_models(config)?;
    routing::check(config)?;
    check_budgets(config)?;
    limits::check(config)
}

fn check_files(config: &Config) -> Result<(), ConfigError> {
    if config.batches.watch_seconds == 0 {
        return Err(inconsistent("batches.watch_seconds", "expected at least 1"));
    }
    let Some(name) = &config.files.provider else { return Ok(()) };
    if config.providers.contains_key(name) {
        return Ok(());
    }
    let known: Vec<&str> = config.providers.keys().map(String::as_str).collect();
    let detail = format!("there is no provider `{name}`; known: {}", known.join(", "));
    Err(inconsistent("files.provider", detail))
}

fn check_journal(config: &Config) -> Result<(), ConfigError> {
    if config.records.journal == JournalPlace::Files {
        return Ok(());
    }
    let url = config.database.url.as_ref().map_or("sqlite:", |url| url.expose());
    if url.starts_with("sqlite:") {
        return Err(inconsistent(
            "records.journal",
            "`database` needs a database that is not on this machine's disk; name a PostgreSQL or \
             MySQL in `database.url`, or write `files`",
        ));
    }
    if config.records.adopt_after_seconds < LEAST_ADOPTION_SECONDS {
        return Err(inconsistent(
            "records.adopt_after_seconds",
            format!("expected at least {LEAST_ADOPTION_SECONDS}"),
        ));
    }
    Ok(())
}

fn check_models(config: &Config) -> Result<(), ConfigError> {
    names::check(config)?;
    for (index, model) in config.models.iter().enumerate() {
        if model.max_output_tokens < 1 {
            return Err(inconsistent(
                format!("models[{index}].max_output_tokens"),
                "expected at least 1",
            ));
        }
        if let Some(prices) = &model.price {
            prices.check(&format!("models[{index}].price"))?;
        }
        model.capabilities.check(&format!("models[{index}].capabilities"))?;
        if model.backends.is_empty() {
            return Err(inconsistent(
                format!("models[{index}].backends"),
                "expected at least one, such as `[ { provider: openai } ]`",
            ));
        }
        for (place, backend) in model.backends.iter().enumerate() {
            if let Some(prices) = &backend.price {
                prices.check(&format!("models[{index}].backends[{place}].price"))?;
            }
            backend
                .capabilities
                .check(&format!("models[{index}].backends[{place}].capabilities"))?;
            let Some(provider) = config.providers.get(&backend.provider) else {
                return Err(inconsistent(
                    format!("models[{index}].backends[{place}].provider"),
                    unknown_provider(config, &backend.provider),
                ));
            };
            if let Some(detail) = wrong_api(backend.api, provider.kind) {
                let key = format!("models[{index}].backends[{place}].api");
                return Err(inconsistent(key, detail));
            }
        }
    }
    Ok(())
}

/// What is wrong with asking a provider of this kind by `api`.
fn wrong_api(api: Option<ModelApi>, kind: ProviderKind) -> Option<String> {
    let has_it = match api? {
        ModelApi::Chat | ModelApi::Responses => kind.has_openais_apis(),
        ModelApi::Messages => kind == ProviderKind::Azure,
    };
    let kind = kind.name();
    (!has_it)
        .then(|| format!("a provider of kind `{kind}` is not asked by this API; leave `api` out"))
}

fn unknown_provider(config: &Config, name: &str) -> String {
    let nearest = config
        .providers
        .keys()
        .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)));
    match nearest {
        Some(key) => format!("there is no provider `{name}`; did you mean `{key}`?"),
        None => format!("there is no provider `{name}`; add it under `providers`"),
    }
}

fn check_budgets(config: &Config) -> Result<(), ConfigError> {
    for (index, budget) in config.budgets.iter().enumerate() {
        let key = format!("budgets[{index}]");
        if budget.limit < Money::ZERO {
            return Err(inconsistent(format!("{key}.limit"), "expected zero dollars or more"));
        }
        if TimeZone::get(&budget.time_zone).is_err() {
            return Err(inconsistent(
                format!("{key}.time_zone"),
                format!(
                    "`{}` is no IANA time zone; expected one such as `Europe/Berlin`",
                    budget.time_zone
                ),
            ));
        }
        match (budget.level, &budget.name) {
            (BudgetLevel::Instance, Some(_)) => {
                return Err(inconsistent(format!("{key}.name"), "the instance has no name"));
            }
            (BudgetLevel::Team | BudgetLevel::User | BudgetLevel::Key, None) => {
                return Err(inconsistent(
                    format!("{key}.name"),
                    "expected the team's name, the user's e-mail address, the key's id, or `*` \
                     for each",
                ));
            }
            (BudgetLevel::Key, Some(name)) if name != "*" && ApiKeyId::from_str(name).is_err() => {
                return Err(inconsistent(
                    format!("{key}.name"),
                    "expected a key's id, such as `key_0198…` from the page of the keys, or `*` \
                     for each",
                ));
            }
            _ => {}
        }
        if let Some(percent) =
            budget.thresholds_percent.iter().find(|percent| !(1..=1_000).contains(*percent))
        {
            return Err(inconsistent(
                format!("{key}.thresholds_percent"),
                format!("`{percent}` is out of range; expected percent from 1 to 1000"),
            ));
        }
        let is_same = |other: &&super::Budget| {
            other.level == budget.level
                && other.period == budget.period
                && other.name.as_deref().map(str::to_lowercase)
                    == budget.name.as_deref().map(str::to_lowercase)
        };
        if config.budgets[..index].iter().any(|other| is_same(&other)) {
            return Err(inconsistent(
                key,
                "binds the same as a budget before it, for the same period; leave one of them out",
            ));
        }
    }
    Ok(())
}
