//! The fake provider as a program.

use std::{
    io::{Write, stdout},
    net::SocketAddr,
};

use bench::fake_provider::{AwsKey, Options, listen};
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
    /// The only key whose signatures Bedrock takes; without it, none is verified.
    #[arg(long, requires = "aws_secret_access_key")]
    aws_access_key_id: Option<String>,
    /// What is signed with.
    #[arg(long, requires = "aws_access_key_id")]
    aws_secret_access_key: Option<String>,
    /// What has to be sent along, where that key is a temporary one.
    #[arg(long, requires = "aws_access_key_id")]
    aws_session_token: Option<String>,
    /// Keep every call under its `x-client-request-id`, for `GET /_items`.
    #[arg(long)]
    itemize: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let signing = arguments.aws_access_key_id.zip(arguments.aws_secret_access_key);
    let aws_key = signing.map(|(access_key_id, secret_access_key)| AwsKey {
        access_key_id,
        secret_access_key,
        session_token: arguments.aws_session_token,
    });
    let options = Options { key: arguments.key, aws_key, is_itemized: arguments.itemize };
    let provider = listen(arguments.listen, options).await?;
    writeln!(stdout(), "listening on {}", provider.url())?;
    tokio::select! {
        ended = provider.run() => ended?,
        stop = bench::stop::asked() => stop?,
    }
    Ok(())
}
