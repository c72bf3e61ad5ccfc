//! Providers and models that are added, changed and removed while gateways run.

use std::{
    fs,
    io::{IsTerminal, Read},
    path::Path,
};

use anyhow::Context;
use gateway::{
    audit::Actor,
    configuration::{Entry, ObjectKind},
    kernel::config,
};
use serde_json::Value;

use super::super::{ConfigFile, note, say, told};

const KIND: ObjectKind = ObjectKind::Provider;

/// Adds a provider or writes it anew.
pub(super) async fn put(config: &ConfigFile, name: &str, from: &Path) -> anyhow::Result<()> {
    let document = document(from)?;
    let configuration = config.console().await?.configuration;
    let actor = Actor::command_line();
    let present = configuration.find(KIND, name).await.map_err(told)?;
    let (entry, done) = match present.and_then(|entry| entry.id()) {
        Some(id) => (configuration.update(&actor, id, None, &document).await, "is written anew"),
        None => (configuration.create(&actor, KIND, name, &document).await, "is added"),
    };
    let entry = entry.map_err(told)?;
    let sealed = match &*entry.secrets {
        [] => "It has no credential.".to_owned(),
        names => format!("Sealed: {}.", names.join(", ")),
    };
    say(&format!(
        "{name} {done}; every gateway on this database takes it on within a second. {sealed}"
    ));
    say(&format!("`helixgateway providers test {name}` says whether it answers."));
    Ok(())
}

/// Removes a provider.
pub(super) async fn remove(config: &ConfigFile, name: &str) -> anyhow::Result<()> {
    let configuration = config.console().await?.configuration;
    let entry = configuration.find(KIND, name).await.map_err(told)?;
    let id = entry.and_then(|entry| entry.id()).with_context(|| {
        format!(
            "no provider `{name}` was added while gateways run; one of the configuration file is \
             removed there, and `helixgateway providers list` lists all"
        )
    })?;
    configuration.remove(&Actor::command_line(), id, None).await.map_err(told)?;
    say(&format!("{name} is removed; calls under way go on to their end."));
    Ok(())
}

/// The document in a file; `-` is standard input.
pub(super) fn document(from: &Path) -> anyhow::Result<Value> {
    let text = if from == Path::new("-") {
        let mut input = std::io::stdin().lock();
        if input.is_terminal() {
            note("What does it say? Such as `kind: openai`, in YAML; end with Ctrl-D.");
        }
        let mut text = String::new();
        input.read_to_string(&mut text).context("standard input cannot be read")?;
        text
    } else {
        fs::read_to_string(from).with_context(|| format!("cannot read {}", from.display()))?
    };
    Ok(config::document(&from.display().to_string(), &text)?)
}
