//! The fake provider as a program.

use std::{
    fs::read_to_string,
    io::{Write, stdout},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use anyhow::Context;
use bench::fake_provider::{Options, listen};
use clap::Parser;

/// Answers as vendors of models would, and keeps its own bill at `GET /_calls`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The only valid credential; without it, any is valid.
    #[arg(long)]
    key: Option<String>,
    /// Keep every call under its `x-client-request-id`, for `GET /_items`.
    #[arg(long)]
    itemize: bool,
    /// The public key, in PEM, by which Google's token endpoint knows a service account; without
    /// it, any signature will do.
    #[arg(long)]
    google_public_key: Option<PathBuf>,
    /// How long access tokens last.
    #[arg(long)]
    token_seconds: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let google_public_key = match &arguments.google_public_key {
        Some(file) => {
            Some(read_to_string(file).with_context(|| format!("reading {}", file.display()))?)
        }
        None => None,
    };
    let options = Options {
        key: arguments.key,
        is_itemized: arguments.itemize,
        google_public_key,
        token_lifetime: arguments.token_seconds.map(Duration::from_secs),
    };
    let provider = listen(arguments.listen, options).await?;
    writeln!(stdout(), "listening on {}", provider.url())?;
    tokio::select! {
        ended = provider.run() => ended?,
        stop = bench::stop::asked() => stop?,
    }
    Ok(())
}
