//! `helixgateway rerate`

use clap::Args;
use gateway::{
    finance::{PriceChange, RerateFilter, Rerated},
    kernel::instant,
};
use shared::{Money, Timestamp};

use super::{ConfigFile, progress, say, told};

#[derive(Args)]
pub(crate) struct Rerate {
    #[command(flatten)]
    config: ConfigFile,
    /// Calls from this day or instant on: `2026-11-01` (UTC) or `2026-11-01T08:00:00Z`.
    #[arg(long, value_parser = instant::read)]
    from: Timestamp,
    /// And before this day or instant.
    #[arg(long, value_parser = instant::read)]
    to: Timestamp,
    /// Only calls of this model, as callers name it.
    #[arg(long)]
    model: Option<String>,
    /// Only calls of this provider.
    #[arg(long)]
    provider: Option<String>,
    /// Book it. Without this the difference is shown and nothing is changed.
    #[arg(long, requires = "reason")]
    apply: bool,
    /// Why, for the audit trail.
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn run(rerate: Rerate) -> anyhow::Result<()> {
    anyhow::ensure!(rerate.from < rerate.to, "--from must be before --to: nothing is in between");
    let Rerate { config, from, to: until, model, provider, apply, reason } = rerate;
    let filter = RerateFilter { from, until, model, provider };
    let console = config.console().await?;
    let mut tell = |calls: i64| progress(&format!("{calls} calls rated"));
    let reason = reason.unwrap_or_default();
    let rerated =
        console.corrections.rerate(&filter, &reason, apply, &mut tell).await.map_err(told)?;
    progress("");
    report(&rerated, apply);
    Ok(())
}

fn report(rerated: &Rerated, is_booked: bool) {
    for ((model, provider), change) in &rerated.changes {
        say(&line(&format!("{model} at {provider}"), *change));
    }
    if rerated.changes.len() > 1 {
        say(&line("in all", rerated.total()));
    }
    let others = [
        (rerated.unchanged_calls, "cost what they should"),
        (rerated.unpriced_calls, "are of models without a price and stay as they are"),
        (rerated.unmetered_calls, "ended unseen: what they used is not known"),
    ];
    for (calls, what) in others {
        if calls > 0 {
            say(&format!("{calls} calls {what}."));
        }
    }
    say(match (rerated.changes.is_empty(), is_booked) {
        (true, _) => "Nothing is to be booked.",
        (false, true) => "Booked.",
        (false, false) => {
            "Nothing was booked. Add --apply and a --reason to book this as corrections."
        }
    });
}

fn line(what: &str, change: PriceChange) -> String {
    let difference = change.after - change.before;
    let sign = if difference < Money::ZERO { "-" } else { "+" };
    let size = if difference < Money::ZERO { Money::ZERO - difference } else { difference };
    format!(
        "{what}: {} calls from ${} to ${} ({sign}${size})",
        change.calls, change.before, change.after
    )
}
