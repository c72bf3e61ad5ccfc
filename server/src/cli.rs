//! The command line.

mod audit;
mod budgets;
mod calls;
mod export;
mod journal;
mod keys;
mod managed;
mod master_key;
mod migrate;
mod models;
mod output;
mod periods;
mod providers;
mod rerate;
mod users;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use gateway::{
    admin::Console,
    kernel::{Clock, Ids, config},
};

use crate::boot;
pub(crate) use output::{complain, note, progress, say};

/// The gateway between your organization and every LLM provider.
#[derive(Parser)]
#[command(name = "helixgateway", version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Without a subcommand the gateway runs, as `cargo leptos` expects of a server.
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway.
    Serve(Serve),
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Make and revoke API keys.
    Keys {
        #[command(subcommand)]
        command: keys::KeysCommand,
    },
    /// Make users and sign-in links.
    User {
        #[command(subcommand)]
        command: users::UserCommand,
    },
    /// Look at budgets, and give back what nodes have leased that are gone.
    Budgets {
        #[command(subcommand)]
        command: budgets::BudgetsCommand,
    },
    /// Search, verify, export and prune the audit trail.
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Write the ledger of a period to a file: for a spreadsheet, a data warehouse, a FinOps tool.
    Export(export::Export),
    /// Close the books of months, and verify what was written of them.
    Periods {
        #[command(subcommand)]
        command: periods::PeriodsCommand,
    },
    /// Rate the calls of a period again, by the prices as they are now.
    Rerate(rerate::Rerate),
    /// Look at recorded calls, and give money back.
    Calls {
        #[command(subcommand)]
        command: calls::CallsCommand,
    },
    /// Look at the schema of the database and bring it up to date.
    Migrate {
        #[command(subcommand)]
        command: migrate::MigrateCommand,
    },
    /// Look at providers, and check whether one is there and takes its credential.
    Providers {
        #[command(subcommand)]
        command: providers::ProvidersCommand,
    },
    /// Look at the master key, by which credentials in the database are sealed, and change it.
    MasterKey {
        #[command(subcommand)]
        command: master_key::MasterKeyCommand,
    },
    /// Look at models and what they cost, and at what is synced about them.
    Models {
        #[command(subcommand)]
        command: models::ModelsCommand,
    },
    /// Look at the record log.
    Journal {
        #[command(subcommand)]
        command: journal::JournalCommand,
    },
}

#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    /// Add an in-process provider that needs no network or key, and sample teams and usage.
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Read the configuration, say what is wrong with it, change nothing.
    Check {
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Which configuration.
#[derive(Args)]
pub(crate) struct ConfigFile {
    /// The configuration; `gateway.yaml` is taken if it is there, else every default.
    #[arg(long, value_name = "FILE", env = "HELIX_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

impl ConfigFile {
    /// Reads it, with the environment laid over it.
    pub(crate) fn load(&self) -> anyhow::Result<config::Config> {
        let default = Path::new("gateway.yaml");
        let path = self.config.as_deref().or_else(|| default.exists().then_some(default));
        Ok(config::load(path, environment())?)
    }

    async fn console(&self) -> anyhow::Result<Console> {
        let config = self.load()?;
        Console::open(&config, Clock::system(), Ids::random())
            .await
            .context("the database of this configuration cannot be opened")
    }
}

/// The variables of the process; those that are not text are none of ours.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command.unwrap_or(Command::Serve(arguments.serve)) {
        Command::Serve(serve) => boot::serve(&serve).await,
        Command::Config { command: ConfigCommand::Check { config } } => check(&config),
        Command::Keys { command } => keys::run(command).await,
        Command::User { command } => users::run(command).await,
        Command::Audit { command } => audit::run(command).await,
        Command::Budgets { command } => budgets::run(command).await,
        Command::Export(export) => export::run(export).await,
        Command::Periods { command } => periods::run(command).await,
        Command::Rerate(rerate) => rerate::run(rerate).await,
        Command::Calls { command } => calls::run(command).await,
        Command::Migrate { command } => migrate::run(command).await,
        Command::Providers { command } => providers::run(command).await,
        Command::MasterKey { command } => master_key::run(command).await,
        Command::Models { command } => models::run(command).await,
        Command::Journal { command } => journal::run(&command),
    }
}

fn check(file: &ConfigFile) -> anyhow::Result<()> {
    let config = file.load()?;
    say(&format!(
        "The configuration is fine: {} providers, {} models, {} teams, {} budgets.",
        config.providers.len(),
        config.models.len(),
        config.teams.len(),
        config.budgets.len()
    ));
    Ok(())
}

/// A problem of the engine as an error of the command line.
fn told(problem: shared::Problem) -> anyhow::Error {
    anyhow::Error::new(problem)
}
