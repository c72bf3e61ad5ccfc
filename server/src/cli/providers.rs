//! `helixgateway providers`

mod report;

use anyhow::Context;
use clap::Subcommand;
use gateway::{
    kernel::{
        Clock,
        config::{Config, Provider, ProviderKind},
    },
    providers,
};
use serde::Serialize;

use super::{ConfigFile, calls::Format, say};

#[derive(Subcommand)]
pub(crate) enum ProvidersCommand {
    /// List the providers of the configuration: name, kind, address, what can be asked of them.
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
    /// Ask a provider for its models, which costs nothing: is it there, does it take the credential?
    Test {
        #[command(flatten)]
        config: ConfigFile,
        /// The provider's name in the configuration.
        name: String,
        /// Also ask this model, by the provider's name for it, for one token. The provider bills
        /// that; no budget pays for it, and it is not recorded.
        #[arg(long, value_name = "MODEL")]
        with_a_call: Option<String>,
    },
}

pub(super) async fn run(command: ProvidersCommand) -> anyhow::Result<()> {
    match command {
        ProvidersCommand::List { config, format } => list(&config.load()?, format),
        ProvidersCommand::Kinds { format } => kinds(format),
        ProvidersCommand::Test { config, name, with_a_call } => {
            test(&config.load()?, &name, with_a_call.as_deref()).await
        }
    }
}

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: &'static str,
    /// None for a provider inside the gateway.
    address: Option<String>,
    surfaces: Vec<&'static str>,
}

fn list(config: &Config, format: Format) -> anyhow::Result<()> {
    if config.providers.is_empty() && matches!(format, Format::Text) {
        say("No provider is configured; add one under `providers` in the configuration.");
    }
    for (name, provider) in &config.providers {
        let listed = listed(name, provider);
        match format {
            Format::Json => say(&serde_json::to_string(&listed)?),
            Format::Text => say(&format!(
                "{name}: {} at {}: {}",
                listed.kind,
                listed.address.as_deref().unwrap_or("(inside the gateway)"),
                listed.surfaces.join(", ")
            )),
        }
    }
    Ok(())
}

fn listed<'a>(name: &'a str, provider: &Provider) -> Listed<'a> {
    Listed {
        name,
        kind: provider.kind.name(),
        address: providers::address_of(provider).map(String::from),
        surfaces: providers::surfaces_of(provider),
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

async fn test(config: &Config, name: &str, call: Option<&str>) -> anyhow::Result<()> {
    let provider = config.providers.get(name).with_context(|| {
        format!("there is no provider `{name}`; `helixgateway providers list` lists them")
    })?;
    if provider.kind == ProviderKind::Demo {
        say("It answers from inside the gateway: there is nothing to check.");
        return Ok(());
    }
    let check = providers::check(name, provider, &config.proxy, call, &Clock::system()).await?;
    report::report(name, provider, &check)
}
