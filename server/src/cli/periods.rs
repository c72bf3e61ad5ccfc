//! `helixgateway periods`

use std::path::PathBuf;

use clap::Subcommand;
use gateway::{
    finance::{BillingPeriod, Verified, verify_files},
    kernel::instant,
};

use super::{ConfigFile, calls::Format, progress, say};

#[derive(Subcommand)]
pub(crate) enum PeriodsCommand {
    /// List the months whose books are closed.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Close the books of a month for ever and write its files. What comes for it later counts in
    /// the next open month, as corrections.
    Close {
        #[command(flatten)]
        config: ConfigFile,
        /// The month, such as 2026-10; of UTC.
        month: String,
        /// Where to write; `periods/2026-10` in the data directory if left out.
        #[arg(long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
    /// Verify the folder of a closed month, or an export of one: by the hashes of its manifest, and
    /// against the ledger.
    Verify {
        #[command(flatten)]
        config: ConfigFile,
        /// The folder, or the exported file.
        path: PathBuf,
        /// By the hashes alone, without a database.
        #[arg(long)]
        offline: bool,
    },
}

pub(super) async fn run(command: PeriodsCommand) -> anyhow::Result<()> {
    match command {
        PeriodsCommand::List { config, format } => list(&config, format).await,
        PeriodsCommand::Close { config, month, output } => close(&config, &month, output).await,
        PeriodsCommand::Verify { config, path, offline } => {
            let verified = if offline {
                verify_files(&path)?
            } else {
                let console = config.console().await?;
                console.periods.verify(&path, &mut tell).await?
            };
            progress("");
            report(&verified, offline)
        }
    }
}

fn tell(lines: u64) {
    progress(&format!("{lines} billing lines read"));
}

async fn list(config: &ConfigFile, format: Format) -> anyhow::Result<()> {
    let periods = config.console().await?.periods.list().await?;
    if periods.is_empty() && matches!(format, Format::Text) {
        say("No month is closed.");
    }
    for period in &periods {
        match format {
            Format::Json => say(&json(period).to_string()),
            Format::Text => say(&line(period)),
        }
    }
    Ok(())
}

fn line(period: &BillingPeriod) -> String {
    let BillingPeriod { month, closed_at, closed_by, sealed } = period;
    let closed = format!("{month} closed {} by {closed_by}", instant::written(*closed_at));
    match sealed {
        Some(totals) => format!(
            "{closed}: {} calls, {} billing lines, ${}, manifest {}",
            totals.calls, totals.lines, totals.cost, totals.manifest_sha256
        ),
        None => format!(
            "{closed}, but its files were not written: `helixgateway periods close {month}` goes on"
        ),
    }
}

fn json(period: &BillingPeriod) -> serde_json::Value {
    let totals = period.sealed.as_ref();
    serde_json::json!({
        "month": period.month,
        "closed_at": instant::written(period.closed_at),
        "closed_by": period.closed_by,
        "calls": totals.map(|totals| totals.calls),
        "lines": totals.map(|totals| totals.lines),
        "cost": totals.map(|totals| totals.cost),
        "manifest_sha256": totals.map(|totals| &totals.manifest_sha256),
    })
}

async fn close(config: &ConfigFile, month: &str, output: Option<PathBuf>) -> anyhow::Result<()> {
    let data = config.load()?.data.directory;
    let folder = output.unwrap_or_else(|| data.join("periods").join(month));
    let closed = config.console().await?.periods.close(month, &folder, &mut tell).await?;
    progress("");
    if closed.was_cut_off {
        say(&format!("The closing of {month} that was cut off has come to its end."));
    }
    let manifest = &closed.manifest;
    say(&format!(
        "{month} is closed: {} calls, {} billing lines, ${}, in {}.",
        manifest.calls,
        manifest.lines,
        manifest.cost,
        folder.display()
    ));
    say(&format!("Manifest {}: note it elsewhere.", manifest.sha256()));
    Ok(())
}

fn report(verified: &Verified, offline: bool) -> anyhow::Result<()> {
    say(&format!("{} manifest {}", verified.manifest.month, verified.manifest_sha256));
    for finding in &verified.findings {
        say(&format!("BROKEN {finding}"));
    }
    for note in &verified.notes {
        say(note);
    }
    anyhow::ensure!(verified.findings.is_empty(), "the files are not as the month was closed");
    let against = if offline { "its manifest" } else { "its manifest and the ledger" };
    say(&format!("{} files are as they were written, by {against}.", verified.sound_files));
    Ok(())
}
