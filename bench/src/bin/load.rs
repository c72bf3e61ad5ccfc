//! The load run as a program.

use std::{
    env, fs,
    io::{Write, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
    thread,
};

use anyhow::Context;
use bench::load::{LOAD_CORE, Options, Plan, Report, pin_to_core, render, run};
use clap::Parser;

/// Compares the gateway with a bare proxy, under the same load, in turns.
#[derive(Debug, Parser)]
struct Arguments {
    /// The gateway to measure, as `make` builds it.
    #[arg(long, required_unless_present = "skip_gateway")]
    gateway_binary: Option<PathBuf>,
    /// Measure the yardsticks alone.
    #[arg(long, conflicts_with = "gateway_binary")]
    skip_gateway: bool,
    /// A look at whether everything works: short phases, one round unless told otherwise.
    #[arg(long)]
    quick: bool,
    /// How often every phase runs at every target.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where the figures are written, as JSON.
    #[arg(long, default_value = "bench/results/latest.json")]
    results: PathBuf,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let cores = thread::available_parallelism()?.get();
    let is_pinned = cores > LOAD_CORE && pin_to_core(LOAD_CORE).is_ok();
    if !is_pinned {
        writeln!(stderr(), "cannot pin to cores: the load and its targets share them")?;
    }
    let plan = if arguments.quick {
        Plan::quick(arguments.rounds.unwrap_or(1))
    } else {
        Plan::full(arguments.rounds.unwrap_or(3))
    };
    let programs = env::current_exe()?.parent().context("this program is nowhere")?.to_owned();
    let gateway_binary = arguments.gateway_binary;
    let options = Options { gateway_binary, programs, plan, is_pinned, cores };
    // Built after pinning, so that it stays on its core.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = run(&options) => Ok(report?),
            stop = bench::stop::asked() => {
                stop?;
                anyhow::bail!("stopped before there were figures")
            }
        }
    })?;
    write!(stdout(), "{}", render(&report))?;
    if let Some(directory) = arguments.results.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(&arguments.results, serde_json::to_vec_pretty(&report)?)?;
    writeln!(stderr(), "figures written to {}", arguments.results.display())?;
    Ok(exit_code(&report))
}

/// Slow is a figure; lost records are a failure.
fn exit_code(report: &Report) -> ExitCode {
    match &report.ledger {
        Some(ledger) if !ledger.is_equal() => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
