//! `helixgateway migrate`: the schema of the database. `serve` brings it up to date by itself.

use anyhow::Context;
use clap::Subcommand;
use gateway::{
    admin::{MigrationState, MigrationStatus, Migrations},
    kernel::instant,
};

use super::{ConfigFile, say};

#[derive(Subcommand)]
pub(crate) enum MigrateCommand {
    /// List the migrations that the database has and those that it will get.
    Status {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Apply what is pending.
    Up {
        #[command(flatten)]
        config: ConfigFile,
        /// Print the statements instead, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(command: MigrateCommand) -> anyhow::Result<()> {
    match command {
        MigrateCommand::Status { config } => status(&config).await,
        MigrateCommand::Up { config, dry_run: true } => dry_run(&config).await,
        MigrateCommand::Up { config, dry_run: false } => up(&config).await,
    }
}

fn migrations(config: &ConfigFile) -> anyhow::Result<Migrations> {
    Ok(Migrations::of(&config.load()?))
}

async fn statuses(config: &ConfigFile) -> anyhow::Result<Vec<MigrationStatus>> {
    let statuses = migrations(config)?.status().await;
    statuses.context("the database of this configuration cannot be read")
}

async fn status(config: &ConfigFile) -> anyhow::Result<()> {
    let statuses = statuses(config).await?;
    for status in &statuses {
        say(&line(status));
    }
    let pending = pending(&statuses).count();
    say(&match pending {
        0 => "Nothing is pending.".to_owned(),
        1 => "1 is pending; `helixgateway migrate up` or the next start applies it.".to_owned(),
        _ => format!(
            "{pending} are pending; `helixgateway migrate up` or the next start applies them."
        ),
    });
    ensure_ours(&statuses)
}

fn line(status: &MigrationStatus) -> String {
    let since = status.applied_at.map_or_else(String::new, instant::written);
    format!("{:04} {:8} {since:20} {}", status.number, word(status.state), status.name)
}

fn ensure_ours(statuses: &[MigrationStatus]) -> anyhow::Result<()> {
    anyhow::ensure!(
        statuses.iter().all(|status| {
            matches!(status.state, MigrationState::Applied | MigrationState::Pending)
        }),
        "this version must not work on this database: a newer version has, or its migrations were \
         changed; start that version, or restore the backup from before the upgrade"
    );
    Ok(())
}

async fn dry_run(config: &ConfigFile) -> anyhow::Result<()> {
    let statuses = statuses(config).await?;
    ensure_ours(&statuses)?;
    for status in pending(&statuses) {
        say(&format!("-- {:04} {}\n{}", status.number, status.name, status.sql));
    }
    if pending(&statuses).next().is_none() {
        say("-- Nothing is pending.");
    }
    Ok(())
}

async fn up(config: &ConfigFile) -> anyhow::Result<()> {
    let mut applied = 0;
    migrations(config)?
        .up(&mut |migration| {
            applied += 1;
            say(&format!("applying {migration}"));
        })
        .await
        .context("the database was not brought up to date")?;
    say(&match applied {
        0 => "Nothing was pending.".to_owned(),
        1 => "1 migration is applied.".to_owned(),
        _ => format!("{applied} migrations are applied."),
    });
    Ok(())
}

fn pending(statuses: &[MigrationStatus]) -> impl Iterator<Item = &MigrationStatus> {
    statuses.iter().filter(|status| status.state == MigrationState::Pending)
}

const fn word(state: MigrationState) -> &'static str {
    match state {
        MigrationState::Applied => "applied",
        MigrationState::Pending => "pending",
        MigrationState::Changed => "changed",
        MigrationState::Unknown => "unknown",
    }
}
