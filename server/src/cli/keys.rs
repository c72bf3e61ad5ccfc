//! `helixgateway keys`

use clap::Subcommand;
use gateway::admin::ADMINISTRATOR_EMAIL;
use shared::id::ApiKeyId;

use super::{ConfigFile, say, told};

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and print it, once.
    Create {
        #[command(flatten)]
        config: ConfigFile,
        /// A name to tell it by.
        #[arg(long)]
        name: String,
        /// Whose key; the local administrator's if left out.
        #[arg(long, value_name = "EMAIL", default_value = ADMINISTRATOR_EMAIL)]
        user: String,
        /// Print the key's id, too, in a second line.
        #[arg(long)]
        with_id: bool,
    },
    /// Revoke a key; every gateway on this database refuses it within a second.
    Revoke {
        #[command(flatten)]
        config: ConfigFile,
        /// The key's id: `key_…`.
        id: ApiKeyId,
    },
}

pub(super) async fn run(command: KeysCommand) -> anyhow::Result<()> {
    match command {
        KeysCommand::Create { config, name, user, with_id } => {
            let console = config.console().await?;
            if user == ADMINISTRATOR_EMAIL {
                console.first_run().await.map_err(told)?;
            }
            let key = console.keys.create_for_email(&user, &name).await.map_err(told)?;
            say(&key.secret);
            if with_id {
                say(&key.summary.id.to_string());
            }
            Ok(())
        }
        KeysCommand::Revoke { config, id } => {
            config.console().await?.keys.revoke_any(id).await.map_err(told)?;
            say(&format!("{id} is revoked."));
            Ok(())
        }
    }
}
