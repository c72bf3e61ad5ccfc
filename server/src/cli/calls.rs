//! `helixgateway calls`

use clap::{Subcommand, ValueEnum};
use shared::{
    Id, Money,
    id::{Request, RequestId},
    receipt::Receipt,
};

use super::{ConfigFile, say, told};

const PAGE: u64 = 1_000;

#[derive(Subcommand)]
pub(crate) enum CallsCommand {
    /// List recorded calls in the order of arrival.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Give back what a call has cost, or a part of it. What was recorded stays; the budgets' open
    /// windows and the spend page follow.
    Refund {
        #[command(flatten)]
        config: ConfigFile,
        /// The call, as its receipt names it: `req_…`.
        call: RequestId,
        /// How much, in dollars; all of it where this is left out.
        #[arg(long, value_name = "DOLLARS")]
        amount: Option<Money>,
        /// Why, for the audit trail.
        #[arg(long)]
        reason: String,
    },
}

/// How to print calls.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// One line for people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) async fn run(command: CallsCommand) -> anyhow::Result<()> {
    match command {
        CallsCommand::List { config, format } => list(&config, format).await,
        CallsCommand::Refund { config, call, amount, reason } => {
            let console = config.console().await?;
            let done = console.corrections.refund(call, amount, &reason).await.map_err(told)?;
            say(&format!(
                "${} given back for {call}; it costs ${} now.",
                done.amount, done.remains
            ));
            Ok(())
        }
    }
}

async fn list(config: &ConfigFile, format: Format) -> anyhow::Result<()> {
    let console = config.console().await?;
    let mut after: Option<Id<Request>> = None;
    loop {
        let page = console.calls(after, PAGE).await.map_err(told)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.request_id);
        for receipt in &page {
            match format {
                Format::Json => say(&serde_json::to_string(receipt)?),
                Format::Text => say(&line(receipt)),
            }
        }
    }
}

fn line(receipt: &Receipt) -> String {
    format!(
        "{} {} {} {} {} tokens ${}{}",
        receipt.request_id,
        receipt.outcome.as_str(),
        receipt.model,
        receipt.provider.as_deref().unwrap_or("-"),
        receipt.tokens.total(),
        receipt.cost,
        if receipt.is_estimated { " (estimated)" } else { "" }
    )
}
