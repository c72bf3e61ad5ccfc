//! `helixgateway journal`: look at the record log while no gateway runs on it.

mod inspect;

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use gateway::journal::{Journal, VerifyReport};

use super::{ConfigFile, note, say};
use inspect::{Inspect, Shown};

#[derive(Subcommand)]
pub(crate) enum JournalCommand {
    /// Read every record, say which can be read and where the log is damaged, change nothing.
    Verify {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Show the records: which calls were about to be made, and how they ended.
    Inspect(Inspect),
}

/// Does what was asked.
///
/// # Errors
/// When the log cannot be read at all, or is damaged.
pub(super) fn run(command: &JournalCommand) -> anyhow::Result<()> {
    match command {
        JournalCommand::Verify { config } => {
            let directory = directory(config)?;
            let report = Journal::verify(&directory).with_context(|| unreadable(&directory))?;
            for line in lines(&report) {
                say(&line);
            }
            must_be_sound(&report)
        }
        JournalCommand::Inspect(inspect) => {
            let directory = directory(&inspect.config)?;
            let mut shown = Shown::new(inspect);
            let report = Journal::inspect(&directory, |end, payload| shown.record(end, payload))
                .with_context(|| unreadable(&directory))?;
            let records = report.records();
            note(&shown.end(records));
            for damage in &report.damaged {
                note(&damage.to_string());
            }
            must_be_sound(&report)
        }
    }
}

fn directory(config: &ConfigFile) -> anyhow::Result<PathBuf> {
    Ok(config.load()?.data.directory.join("journal"))
}

fn unreadable(directory: &std::path::Path) -> String {
    format!("the journal in {} cannot be read", directory.display())
}

fn must_be_sound(report: &VerifyReport) -> anyhow::Result<()> {
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
