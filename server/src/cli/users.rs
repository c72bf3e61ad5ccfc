//! `helixgateway user`

use std::io::Read;

use anyhow::Context;
use clap::Subcommand;
use gateway::admin::NewUser;
use shared::Role;

use super::{ConfigFile, say, told};

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Make a user.
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// The address to sign in with.
        #[arg(long)]
        email: String,
        /// The name to be shown.
        #[arg(long)]
        name: String,
        /// The team; made if there is none of that name.
        #[arg(long)]
        team: String,
        /// `instance_admin`, `financial_admin`, `model_admin`, `team_manager` or `member`.
        #[arg(long, default_value = "member")]
        role: Role,
        /// Take the password from standard input. Without it, a sign-in link is printed.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print the path of a link that signs a user in once.
    SignInLink {
        #[command(flatten)]
        config: ConfigFile,
        /// The user's address.
        #[arg(long)]
        email: String,
    },
}

pub(super) async fn run(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { config, email, name, team, role, password_stdin } => {
            let password = if password_stdin { Some(password_from_stdin()?) } else { None };
            let needs_link = password.is_none();
            let console = config.console().await?;
            let user = NewUser { email: email.clone(), name, team, role, password };
            let id = console
                .users
                .add(&gateway::audit::Actor::command_line(), user)
                .await
                .map_err(told)?;
            say(&id.to_string());
            if needs_link {
                say(&link(&console.users.sign_in_link(&email).await.map_err(told)?));
            }
            Ok(())
        }
        UserCommand::SignInLink { config, email } => {
            let token = config.console().await?.users.sign_in_link(&email).await.map_err(told)?;
            say(&link(&token));
            Ok(())
        }
    }
}

fn link(token: &str) -> String {
    format!("/sign-in/once?token={token}")
}

fn password_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("no password on standard input")?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
