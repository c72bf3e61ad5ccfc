//! The bare proxy as a program.

use std::{
    io::{Write, stdout},
    net::SocketAddr,
};

use anyhow::Context;
use bench::bare_proxy::{Options, listen};
use clap::Parser;
use http::Uri;

/// Passes requests on: the yardstick that the gateway is measured with.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to pass requests on to, such as `http://127.0.0.1:9000`.
    #[arg(long)]
    upstream: Uri,
    /// Also look up the key and read model, stream and usage.
    #[arg(long)]
    work: bool,
    /// The key that is known when there is work.
    #[arg(long, default_value = "sk-bench")]
    key: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let upstream = arguments.upstream.authority().cloned();
    let upstream = upstream.context("--upstream needs a host, such as http://127.0.0.1:9000")?;
    let options = Options { upstream, work_key: arguments.work.then_some(arguments.key) };
    let proxy = listen(arguments.listen, options).await?;
    writeln!(stdout(), "listening on {}", proxy.url())?;
    tokio::select! {
        ended = proxy.run() => ended?,
        stop = bench::stop::asked() => stop?,
    }
    Ok(())
}
