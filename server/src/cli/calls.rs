//! `helixgateway calls`

use clap::{Subcommand, ValueEnum};
use shared::{Id, id::Request, receipt::Receipt};

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
    let CallsCommand::List { config, format } = command;
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
