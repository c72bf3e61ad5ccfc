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

use super::{ConfigFile, note, say, told};

/// Adds an object or writes it anew; gives it.
pub(super) async fn put(
    config: &ConfigFile,
    kind: ObjectKind,
    name: &str,
    document: &Value,
) -> anyhow::Result<Entry> {
    let configuration = config.console().await?.configuration;
    let actor = Actor::command_line();
    let present = configuration.find(kind, name).await.map_err(told)?;
    let (entry, done) = match present.and_then(|entry| entry.id()) {
        Some(id) => (configuration.update(&actor, id, None, document).await, "is written anew"),
        None => (configuration.create(&actor, kind, name, document).await, "is added"),
    };
    let entry = entry.map_err(told)?;
    let name = &entry.name;
    say(&format!("{name} {done}; every gateway on this database takes it on within a second."));
    Ok(entry)
}

/// Removes an object.
pub(super) async fn remove(
    config: &ConfigFile,
    kind: ObjectKind,
    name: &str,
) -> anyhow::Result<()> {
    let configuration = config.console().await?.configuration;
    let entry = configuration.find(kind, name).await.map_err(told)?;
    let id = entry.and_then(|entry| entry.id()).with_context(|| {
        let kind = kind.as_str();
        format!(
            "no {kind} `{name}` was added while gateways run; one of the configuration file is \
             removed there, and `helixgateway {kind}s list` lists all"
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
            note("What does it say? In YAML, as the configuration file would; end with Ctrl-D.");
        }
        let mut text = String::new();
        input.read_to_string(&mut text).context("standard input cannot be read")?;
        text
    } else {
        fs::read_to_string(from).with_context(|| format!("cannot read {}", from.display()))?
    };
    Ok(config::document(&from.display().to_string(), &text)?)
}
