//! `helixgateway journal`: look at the record log while no gateway runs on it.

use anyhow::Context;
use clap::Subcommand;
use gateway::journal::{Journal, VerifyReport};

use super::{ConfigFile, say};

#[derive(Subcommand)]
pub(crate) enum JournalCommand {
    /// Read every record, say which can be read and where the log is damaged, change nothing.
    Verify {
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// Does what was asked.
///
/// # Errors
/// When the log cannot be read at all, or is damaged.
pub(super) fn run(command: &JournalCommand) -> anyhow::Result<()> {
    let JournalCommand::Verify { config } = command;
    let directory = config.load()?.data.directory.join("journal");
    let report = Journal::verify(&directory)
        .with_context(|| format!("the journal in {} cannot be read", directory.display()))?;
    for line in lines(&report) {
        say(&line);
    }
    let damaged = report.damaged.len();
    anyhow::ensure!(
        report.is_sound(),
        "the journal is damaged in {damaged} places; a tail is set aside at the next start, and \
         records before any other damage can still be read"
    );
    Ok(())
}

fn lines(report: &VerifyReport) -> Vec<String> {
    let mut lines = Vec::new();
    for segment in &report.segments {
        lines.push(format!(
            "segment {}: {} records, {} bytes",
            segment.number, segment.records, segment.bytes
        ));
    }
    lines.extend(report.damaged.iter().map(ToString::to_string));
    for path in &report.set_aside {
        lines.push(format!("set aside by an earlier start: {}", path.display()));
    }
    lines.push(format!("{} records that are whole and unchanged", report.records()));
    lines
}
