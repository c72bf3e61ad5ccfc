//! `helixgateway export`

use std::{io, path::PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use gateway::finance::{self, ExportRequest, Period, Totals};

use super::{ConfigFile, note, progress};

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    config: ConfigFile,
    /// A month, such as 2026-10.
    #[arg(long, conflicts_with_all = ["from", "to"], required_unless_present = "from")]
    month: Option<String>,
    /// From this day or instant on: `2026-10-01` (in the time zone) or `2026-10-01T08:00:00Z`.
    #[arg(long, requires = "to")]
    from: Option<String>,
    /// And before this day or instant.
    #[arg(long, requires = "from")]
    to: Option<String>,
    /// In which time zone days and months begin: a name such as Europe/Berlin.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// Rows and columns: every billing line, or FinOps FOCUS.
    #[arg(long, value_enum, default_value_t = Layout::Billing)]
    layout: Layout,
    /// Of the FOCUS layout.
    #[arg(long, value_enum, default_value_t = FocusVersion::V1_2)]
    focus_version: FocusVersion,
    /// The kind of file.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Where to; standard output if left out, for CSV.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Layout {
    /// A row for every cost line and every correction.
    Billing,
    /// A row for every hour, team, user, key, model and token class.
    Focus,
}

#[derive(Clone, Copy, ValueEnum)]
enum FocusVersion {
    #[value(name = "1.2")]
    V1_2,
    #[value(name = "1.3")]
    V1_3,
    #[value(name = "1.4")]
    V1_4,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Comma-separated values.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// An Excel workbook.
    Xlsx,
}

impl Export {
    fn request(&self) -> anyhow::Result<ExportRequest> {
        let period = match (&self.month, &self.from, &self.to) {
            (Some(month), _, _) => Period::month(month, &self.zone)?,
            (None, Some(from), Some(to)) => Period::between(from, to, &self.zone)?,
            _ => anyhow::bail!("say which period: --month 2026-10, or --from and --to"),
        };
        let layout = match (self.layout, self.focus_version) {
            (Layout::Billing, _) => finance::Layout::Billing,
            (Layout::Focus, FocusVersion::V1_2) => {
                finance::Layout::Focus(finance::FocusVersion::V1_2)
            }
            (Layout::Focus, FocusVersion::V1_3) => {
                finance::Layout::Focus(finance::FocusVersion::V1_3)
            }
            (Layout::Focus, FocusVersion::V1_4) => {
                finance::Layout::Focus(finance::FocusVersion::V1_4)
            }
        };
        let format = match self.format {
            Format::Csv => finance::Format::Csv,
            Format::Parquet => finance::Format::Parquet,
            Format::Xlsx => finance::Format::Xlsx,
        };
        Ok(ExportRequest { period, layout, format })
    }
}

pub(super) async fn run(export: Export) -> anyhow::Result<()> {
    let request = export.request()?;
    let is_text = matches!(export.format, Format::Csv);
    anyhow::ensure!(
        is_text || export.output.is_some(),
        "a {} file is not for a terminal: name it with --output FILE",
        request.format.as_str()
    );
    let console = export.config.console().await?;
    let mut tell = |lines: u64| progress(&format!("{lines} billing lines read"));
    match &export.output {
        None => {
            let totals = console.exports.to_reader(request, io::stdout(), &mut tell).await?;
            note(&told(totals));
        }
        Some(path) => {
            let exported = console
                .exports
                .to_file(request, path, &mut tell)
                .await
                .with_context(|| format!("{} was not written", path.display()))?;
            note(&told(exported.totals));
            for beside in exported.beside {
                note(&format!("Beside it: {}", beside.display()));
            }
        }
    }
    Ok(())
}

fn told(totals: Totals) -> String {
    format!(
        "{} rows of {} calls and {} billing lines, ${} in all.",
        totals.rows, totals.calls, totals.lines, totals.cost
    )
}
