//! `helixgateway audit`

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, Subcommand};
use gateway::audit::{AuditFilter, Report, from_hexadecimal, verify_export};
use jiff::civil::Date;
use shared::{Id, Timestamp, id::AuditEntry};

use super::{ConfigFile, calls::Format, progress, say, told};

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// List administrative changes, the newest first.
    List(List),
    /// Verify every chain of hashes: of the database, or of an export without any database.
    Verify(Verify),
    /// Write every chain as JSON Lines, which anybody can verify.
    Export {
        #[command(flatten)]
        config: ConfigFile,
        /// Where to; standard output if left out.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Print how far each chain goes, to be noted elsewhere and given to `verify --expect-head`.
    Heads {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Delete calls that are older than a day, with a tombstone that can be verified.
    Prune {
        #[command(flatten)]
        config: ConfigFile,
        /// The first day that stays, such as 2026-01-01, in UTC.
        #[arg(long, value_name = "DAY")]
        before: Date,
        /// Say how many there are, and delete none.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// Whose: a user's id, `command line` or `system`.
    #[arg(long)]
    actor: Option<String>,
    /// Which: `key.revoke`, or all of a kind: `key`.
    #[arg(long)]
    action: Option<String>,
    /// On what: an id.
    #[arg(long)]
    resource: Option<String>,
    /// In which request: an id.
    #[arg(long)]
    request: Option<String>,
    /// From this day on, such as 2026-01-01, in UTC.
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Before this day, in UTC.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// Older than this change: the id of the last one of the page before.
    #[arg(long, value_name = "ID")]
    before: Option<Id<AuditEntry>>,
    /// How many at most.
    #[arg(long, default_value_t = 50)]
    limit: u64,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    config: ConfigFile,
    /// An export; the configured database if left out.
    file: Option<PathBuf>,
    /// A hash that a link must have, because it was noted before; may be given several times.
    #[arg(long, value_name = "HASH", value_parser = hash)]
    expect_head: Vec<[u8; 32]>,
}

fn hash(text: &str) -> Result<[u8; 32], &'static str> {
    from_hexadecimal(text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or("expected 64 hexadecimal digits, as `helixgateway audit heads` prints them")
}

pub(super) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::List(list) => search(list).await,
        AuditCommand::Verify(verify) => verified(verify).await,
        AuditCommand::Export { config, output } => export(&config, output).await,
        AuditCommand::Heads { config } => heads(&config).await,
        AuditCommand::Prune { config, before, dry_run } => prune(&config, before, dry_run).await,
    }
}

async fn search(list: List) -> anyhow::Result<()> {
    let filter = AuditFilter {
        actor: list.actor,
        action: list.action,
        resource: list.resource,
        request_id: list.request,
        from: list.from.map(micros).transpose()?,
        until: list.until.map(micros).transpose()?,
        before: list.before.map(Id::uuid),
    };
    let console = list.config.console().await?;
    let found = console.audit.search(&filter, list.limit).await.map_err(told)?;
    for change in &found.changes {
        let id = Id::<AuditEntry>::from_uuid(change.id);
        match list.format {
            Format::Json => say(&serde_json::to_string(&serde_json::json!({
                "id": id, "at": instant(change.at), "actor": change.actor,
                "subject": change.subject, "action": change.action, "resource": change.resource,
                "before": change.before_change.as_deref().map(json),
                "after": json(&change.after_change), "ip": change.ip,
                "user_agent": change.user_agent, "request_id": change.request_id,
            }))?),
            Format::Text => say(&format!(
                "{} {} {} {} by {}{}",
                instant(change.at),
                id,
                change.action,
                change.resource,
                change.actor,
                change.ip.as_deref().map(|ip| format!(" from {ip}")).unwrap_or_default(),
            )),
        }
    }
    match (found.next, list.format) {
        (Some(next), Format::Text) => {
            let next = Id::<AuditEntry>::from_uuid(next);
            say(&format!("There are more: add --before {next}"));
        }
        (None, Format::Text) if found.changes.is_empty() => say("No change is like that."),
        _ => {}
    }
    Ok(())
}

/// A change as JSON, or as text where it is none.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

async fn verified(verify: Verify) -> anyhow::Result<()> {
    let tell = |read: u64| progress(&format!("{read} read"));
    let report = if let Some(file) = &verify.file {
        let name = file.display();
        let opened = File::open(file).with_context(|| format!("{name} cannot be read"))?;
        verify_export(BufReader::new(opened), &verify.expect_head, &mut { tell })?
    } else {
        let console = verify.config.console().await?;
        console.audit.verify(&verify.expect_head, &mut { tell }).await?
    };
    for line in lines(&report) {
        say(&line);
    }
    anyhow::ensure!(report.is_sound(), "the audit trail is not as it was written");
    say("Every link is as it was written.");
    Ok(())
}

fn lines(report: &Report) -> Vec<String> {
    let mut lines: Vec<_> = report
        .chains
        .iter()
        .map(|chain| {
            let deleted = match chain.deleted {
                0 => String::new(),
                deleted => format!(", {deleted} deleted by retention"),
            };
            format!(
                "{} of {}: {} links{deleted}, up to {} {}",
                chain.chain,
                chain.node,
                chain.links,
                chain.sequence,
                chain.hash_text()
            )
        })
        .collect();
    if report.unchained > 0 {
        lines.push(format!(
            "{} rows are from before the chains began; nothing can be said of them",
            report.unchained
        ));
    }
    lines.extend(report.findings.iter().map(|finding| format!("BROKEN {finding}")));
    lines
}

async fn export(config: &ConfigFile, output: Option<PathBuf>) -> anyhow::Result<()> {
    let console = config.console().await?;
    let mut tell = |written: u64| progress(&format!("{written} links written"));
    match output {
        Some(file) => {
            let name = file.display();
            let opened =
                File::create(&file).with_context(|| format!("{name} cannot be written"))?;
            let mut out = BufWriter::new(opened);
            let links = console.audit.export(&mut out, &mut tell).await?;
            out.flush()?;
            say(&format!("{links} links are in {name}."));
        }
        None => {
            console.audit.export(&mut BufWriter::new(io::stdout()), &mut tell).await?;
        }
    }
    Ok(())
}

async fn heads(config: &ConfigFile) -> anyhow::Result<()> {
    for head in config.console().await?.audit.heads().await? {
        say(&format!("{} of {}: {} {}", head.chain, head.node, head.sequence, head.hash_text()));
    }
    Ok(())
}

async fn prune(config: &ConfigFile, before: Date, dry_run: bool) -> anyhow::Result<()> {
    let console = config.console().await?;
    let mut deleted = 0;
    let mut tell = |calls: i64| {
        deleted += calls;
        progress(&format!("{deleted} calls deleted"));
    };
    let before = Timestamp::from_micros(micros(before)?);
    let pruned = console.audit.prune(before, !dry_run, &mut tell).await?;
    let verb = if dry_run { "would be deleted" } else { "are deleted" };
    say(&format!("{} calls of {} nodes {verb}.", pruned.calls, pruned.nodes));
    Ok(())
}

/// The first microsecond of a day, in UTC.
fn micros(day: Date) -> anyhow::Result<i64> {
    Ok(day.to_zoned(jiff::tz::TimeZone::UTC)?.timestamp().as_microsecond())
}

fn instant(at: i64) -> String {
    jiff::Timestamp::from_microsecond(at)
        .map(|instant| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}
