//! `helixgateway master-key`

use clap::Subcommand;
use gateway::audit::Actor;

use super::{ConfigFile, note, say, told};

#[derive(Subcommand)]
pub(crate) enum MasterKeyCommand {
    /// Say which key this configuration seals with, and by which keys credentials in the database
    /// are sealed. It shows ids, never a key.
    Status {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Seal every credential in the database anew that is sealed by a former key. Gateways go on
    /// meanwhile.
    ///
    /// To change the key: write the new one as `sealing.master_key` and the old one in
    /// `sealing.previous_keys`, restart one gateway after the other, run this, then take the old
    /// key out.
    Reseal {
        #[command(flatten)]
        config: ConfigFile,
    },
}

pub(super) async fn run(command: MasterKeyCommand) -> anyhow::Result<()> {
    match command {
        MasterKeyCommand::Status { config } => status(&config).await,
        MasterKeyCommand::Reseal { config } => reseal(&config).await,
    }
}

async fn status(config: &ConfigFile) -> anyhow::Result<()> {
    let configuration = config.console().await?.configuration;
    let sealed = configuration.sealed_by().await.map_err(told)?;
    let present = configuration.master_key().await;
    match &present {
        Ok(key) => say(&format!("{key} seals")),
        Err(problem) if sealed.is_empty() => note(&problem.detail),
        Err(problem) => return Err(told(problem.clone())),
    }
    for key in &sealed {
        let names = key.names.join(", ");
        say(&format!("{} has sealed {}: {names}", key.key, count(key.names.len())));
    }
    if sealed.is_empty() {
        say("No credential is sealed in the database.");
    }
    if let Ok(present) = present
        && sealed.iter().any(|key| key.key != present.to_string())
    {
        note("`helixgateway master-key reseal` seals all of them by the present key.");
    }
    Ok(())
}

async fn reseal(config: &ConfigFile) -> anyhow::Result<()> {
    let configuration = config.console().await?.configuration;
    let done = configuration.reseal(&Actor::command_line()).await.map_err(told)?;
    say(&format!(
        "{} sealed anew by {}; {} by it already.",
        count(done.resealed),
        done.key,
        done.unchanged
    ));
    Ok(())
}

fn count(credentials: usize) -> String {
    match credentials {
        1 => "1 credential".to_owned(),
        credentials => format!("{credentials} credentials"),
    }
}
