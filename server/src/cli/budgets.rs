//! `helixgateway budgets`

use clap::Subcommand;
use shared::{
    Timestamp,
    id::NodeId,
    view::spend::{BudgetLease, BudgetMode, BudgetStatus},
};

use super::{ConfigFile, calls::Format, say, told};

#[derive(Subcommand)]
pub(crate) enum BudgetsCommand {
    /// List what is spent and reserved of every budget in its running window.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// List what nodes have leased of hard budgets and not settled yet.
    Leases {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Give back what a node has leased that is gone for good. Until then it counts as used.
    CloseLeases {
        #[command(flatten)]
        config: ConfigFile,
        /// The node, as `budgets leases` shows it.
        node: NodeId,
        /// Also where the node was heard of a moment ago.
        #[arg(long)]
        force: bool,
    },
}

pub(super) async fn run(command: BudgetsCommand) -> anyhow::Result<()> {
    match command {
        BudgetsCommand::List { config, format } => {
            let statuses = config.console().await?.budgets.statuses().await.map_err(told)?;
            if statuses.is_empty() && matches!(format, Format::Text) {
                say("No budget is configured; add one under `budgets` in the configuration.");
            }
            for status in &statuses {
                match format {
                    Format::Json => say(&serde_json::to_string(status)?),
                    Format::Text => say(&status_line(status)),
                }
            }
        }
        BudgetsCommand::Leases { config, format } => {
            let leases = config.console().await?.budgets.leases().await.map_err(told)?;
            if leases.is_empty() && matches!(format, Format::Text) {
                say("No node has leased anything.");
            }
            for lease in &leases {
                match format {
                    Format::Json => say(&serde_json::to_string(lease)?),
                    Format::Text => say(&lease_line(lease)),
                }
            }
        }
        BudgetsCommand::CloseLeases { config, node, force } => {
            let console = config.console().await?;
            let amount = console.budgets.close_leases(node, force).await.map_err(told)?;
            say(&format!("${amount} that {node} had leased can be spent again."));
        }
    }
    Ok(())
}

fn status_line(status: &BudgetStatus) -> String {
    let mode = match status.mode {
        BudgetMode::Hard => "hard",
        BudgetMode::Soft => "soft",
    };
    format!(
        "{} {} {mode}: ${} spent, ${} reserved, of ${} a {} until {}",
        status.level.as_str(),
        status.name,
        status.spent,
        status.reserved,
        status.limit,
        status.period.as_str(),
        instant(status.window_end),
    )
}

fn lease_line(lease: &BudgetLease) -> String {
    format!(
        "{} {} from {}: ${} leased, last heard of {}",
        lease.node,
        lease.budget,
        instant(lease.window_start),
        lease.leased,
        instant(lease.heard_at),
    )
}

fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros())
        .map(|instant| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}
