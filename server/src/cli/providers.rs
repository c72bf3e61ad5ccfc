//! `helixgateway providers`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use gateway::{
    configuration::{Entry, ObjectKind},
    kernel::{
        Clock,
        config::{Provider, ProviderKind},
    },
    providers,
};
use serde::Serialize;

use super::{ConfigFile, calls::Format, managed, note, say, told};

#[derive(Subcommand)]
pub(crate) enum ProvidersCommand {
    /// List the providers, those of the configuration file and those that `put` has added: name,
    /// kind, address, what can be asked of them.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// List the kinds that this binary knows: what can stand behind `kind:` in the configuration.
    Kinds {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Add a provider to running gateways, or write it anew. Its credential is kept sealed.
    ///
    /// What it says is what the configuration file would say below its name. Credentials that it
    /// does not name stay as they are.
    Put {
        #[command(flatten)]
        config: ConfigFile,
        /// By which models name it.
        name: String,
        /// What it says, as YAML or JSON; `-` reads it from standard input, where no list of
        /// commands keeps it.
        #[arg(long, value_name = "FILE", default_value = "-")]
        from: PathBuf,
    },
    /// Remove a provider that `put` has added.
    Remove {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name.
        name: String,
    },
    /// Ask a provider for its models, which costs nothing: is it there, does it take the credential?
    Test {
        #[command(flatten)]
        config: ConfigFile,
        /// The provider's name.
        name: String,
        /// Also ask this model, by the provider's name for it, for one token. The provider bills
        /// that; no budget pays for it, and it is not recorded.
        #[arg(long, value_name = "MODEL")]
        with_a_call: Option<String>,
    },
}

pub(super) async fn run(command: ProvidersCommand) -> anyhow::Result<()> {
    match command {
        ProvidersCommand::List { config, format } => list(&config, format).await,
        ProvidersCommand::Put { config, name, from } => put(&config, &name, &from).await,
        ProvidersCommand::Remove { config, name } => {
            managed::remove(&config, ObjectKind::Provider, &name).await
        }
        ProvidersCommand::Kinds { format } => kinds(format),
        ProvidersCommand::Test { config, name, with_a_call } => {
            test(&config, &name, with_a_call.as_deref()).await
        }
    }
}

async fn put(config: &ConfigFile, name: &str, from: &Path) -> anyhow::Result<()> {
    let document = managed::document(from)?;
    let entry = managed::put(config, ObjectKind::Provider, name, &document).await?;
    match &*entry.secrets {
        [] => say("It has no credential."),
        names => say(&format!("Sealed: {}.", names.join(", "))),
    }
    say(&format!("`helixgateway providers test {name}` says whether it answers."));
    Ok(())
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: &'static str,
    /// None for a provider inside the gateway.
    address: Option<String>,
    surfaces: Vec<&'static str>,
    /// `file`, or `database` where `put` has added it.
    origin: &'static str,
}

async fn list(file: &ConfigFile, format: Format) -> anyhow::Result<()> {
    let console = file.console().await?;
    let config = console.configuration.read().await?;
    let entries = console.configuration.entries(ObjectKind::Provider).await.map_err(told)?;
    for entry in &entries {
        if let Some(problem) = &entry.problem {
            note(&format!("{} of the database is not in force: {problem}", entry.name));
        }
    }
    if config.providers.is_empty() && matches!(format, Format::Text) {
        say("No provider is configured; add one under `providers` in the configuration.");
    }
    for (name, provider) in &config.providers {
        let is_managed = |entry: &Entry| entry.id().is_some() && entry.problem.is_none();
        let is_managed = entries.iter().any(|entry| entry.name == *name && is_managed(entry));
        let listed = listed(name, provider, if is_managed { "database" } else { "file" });
        match format {
            Format::Json => say(&serde_json::to_string(&listed)?),
            Format::Text => say(&format!(
                "{name}: {} at {}{}: {}",
                listed.kind,
                listed.address.as_deref().unwrap_or("(inside the gateway)"),
                if is_managed { ", in the database" } else { "" },
                listed.surfaces.join(", ")
            )),
        }
    }
    Ok(())
}

fn listed<'a>(name: &'a str, provider: &Provider, origin: &'static str) -> Listed<'a> {
    Listed {
        name,
        kind: provider.kind.name(),
        address: providers::address_of(provider).map(String::from),
        surfaces: providers::surfaces_of(provider),
        origin,
    }
}

#[derive(Serialize)]
struct Known {
    kind: &'static str,
    title: &'static str,
    /// None where every customer has an address of their own.
    address: Option<String>,
    surfaces: Vec<&'static str>,
}

fn kinds(format: Format) -> anyhow::Result<()> {
    for kind in ProviderKind::all() {
        let address = providers::address_of(&Provider::new(kind)).map(String::from);
        let known = Known {
            kind: kind.name(),
            title: kind.title(),
            address,
            surfaces: providers::surfaces_of(&Provider::new(kind)),
        };
        match format {
            Format::Json => say(&serde_json::to_string(&known)?),
            Format::Text => say(&format!(
                "{}: {}, {}: {}",
                known.kind,
                known.title,
                known.address.as_deref().unwrap_or("no address of its own"),
                known.surfaces.join(", ")
            )),
        }
    }
    Ok(())
}

async fn test(file: &ConfigFile, name: &str, call: Option<&str>) -> anyhow::Result<()> {
    let mut config = file.load()?;
    if !config.providers.contains_key(name) {
        config = file.console().await?.configuration.read().await?;
    }
    let provider = config.providers.get(name).with_context(|| {
        format!("there is no provider `{name}`; `helixgateway providers list` lists them")
    })?;
    if provider.kind == ProviderKind::Demo {
        say("It answers from inside the gateway: there is nothing to check.");
        return Ok(());
    }
    let check = providers::check(name, provider, &config.proxy, call, &Clock::system()).await?;
    for finding in check.findings() {
        say(&format!("{}: {}", finding.of, finding.text));
    }
    check.verdict(name).map_err(anyhow::Error::msg)
}
