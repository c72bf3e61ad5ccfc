//! Log lines, on standard error.

mod plain;

use std::io::IsTerminal;

use gateway::kernel::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;

use self::plain::PlainFields;

/// Starts logging as configured.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| anyhow::anyhow!("log.level: `{}` is no filter: {error}", log.level))?;
    let is_coloured = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_coloured);
    match log.format {
        LogFormat::Json => builder.json().flatten_event(true).init(),
        LogFormat::Text if is_coloured => builder.init(),
        LogFormat::Text => builder.fmt_fields(PlainFields).init(),
    }
    Ok(())
}
