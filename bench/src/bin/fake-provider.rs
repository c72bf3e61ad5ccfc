//! The fake provider as a program.

use std::{
    io::{Write, stdout},
    net::SocketAddr,
};

use bench::fake_provider::{Options, listen};
use clap::Parser;

/// Answers as OpenAI and Anthropic would, and keeps its own bill at `GET /_calls`.
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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let options = Options { key: arguments.key, is_itemized: arguments.itemize };
    let provider = listen(arguments.listen, options).await?;
    writeln!(stdout(), "listening on {}", provider.url())?;
    tokio::select! {
        ended = provider.run() => ended?,
        stop = bench::stop::asked() => stop?,
    }
    Ok(())
}
