//! `helixgateway models`

mod report;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gateway::{
    audit::Actor,
    catalog::sources::{ModelKey, Place},
    configuration::ObjectKind,
    discovery::{Asked, Completed, Discovery, Outcome, SyncReport, When},
};

use super::{ConfigFile, calls::Format, managed, note, progress, say};

const KIND: ObjectKind = ObjectKind::Model;

#[derive(Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the models of the configuration: where they are served, what they cost there, and who
    /// says so.
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Add a model to running gateways, or write it anew: what it says is what an entry of `models` in
    /// the configuration would say.
    Put {
        #[command(flatten)]
        config: ConfigFile,
        /// What it says, as YAML or JSON; `-` reads it from standard input.
        #[arg(long, value_name = "FILE", default_value = "-")]
        from: PathBuf,
    },
    /// Remove a model that `put` has added.
    Remove {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name.
        name: String,
    },
    /// Ask the price lists and the providers of the configuration now, and put in force what they
    /// say, unless it changes too much.
    Sync {
        #[command(flatten)]
        config: ConfigFile,
        /// Only tell what would change.
        #[arg(long)]
        dry_run: bool,
    },
    /// List what was synced, version by version, the newest first, and the sources as they stand.
    Versions {
        #[command(flatten)]
        config: ConfigFile,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Put a version in force that was refused.
    Accept {
        #[command(flatten)]
        config: ConfigFile,
        /// The version, as `models versions` lists it.
        version: i64,
    },
    /// Go back to a version that was in force; 0 is before the first sync. What is synced later
    /// waits until it is accepted.
    Rollback {
        #[command(flatten)]
        config: ConfigFile,
        /// The version, as `models versions` lists it.
        version: i64,
    },
    /// Say what a model costs or can do, in place of what sources say. What the configuration says
    /// comes before it.
    Override {
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        place: PlaceArgument,
        /// What the provider calls the model.
        model: String,
        /// `price` and `capabilities` as the configuration writes them, as JSON; what was said
        /// before is taken back where this is left out.
        #[arg(long, value_name = "JSON")]
        facts: Option<serde_json::Value>,
    },
}

/// Where a model is.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct PlaceArgument {
    /// At every provider of this kind.
    #[arg(long)]
    kind: Option<String>,
    /// At this provider of the configuration.
    #[arg(long)]
    provider: Option<String>,
}

pub(super) async fn run(command: ModelsCommand) -> anyhow::Result<()> {
    match command {
        ModelsCommand::List { config, format } => list(&config.console().await?.discovery, format),
        ModelsCommand::Put { config, from } => put(&config, &from).await,
        ModelsCommand::Remove { config, name } => managed::remove(&config, KIND, &name).await,
        ModelsCommand::Sync { config, dry_run } => sync(&config, dry_run).await,
        ModelsCommand::Versions { config, format } => {
            let discovery = config.console().await?.discovery;
            report::versions(&discovery.versions().await?, format);
            if matches!(format, Format::Text) {
                report::sources(&discovery.kept_sources().await?);
            }
            Ok(())
        }
        ModelsCommand::Accept { config, version } => {
            let discovery = config.console().await?.discovery;
            discovery.accept(&Actor::command_line(), version).await?;
            say(&format!("Version {version} is in force; every node follows within a second."));
            Ok(())
        }
        ModelsCommand::Rollback { config, version } => {
            let discovery = config.console().await?.discovery;
            discovery.roll_back(&Actor::command_line(), version).await?;
            say(&match version {
                0 => "Nothing that was synced is in force any more.".to_owned(),
                _ => format!("Version {version} is in force again."),
            });
            say("What is synced from now on waits until it is accepted.");
            Ok(())
        }
        ModelsCommand::Override { config, place, model, facts } => {
            say_otherwise(&config, &place, model, facts.as_ref()).await
        }
    }
}

fn list(discovery: &Discovery, format: Format) -> anyhow::Result<()> {
    let models: Vec<Completed> = discovery.prices();
    if models.is_empty() && matches!(format, Format::Text) {
        say("No model is configured; add one under `models` in the configuration.");
    }
    for model in &models {
        match format {
            Format::Json => say(&report::model_json(model)?.to_string()),
            Format::Text => say(&report::model_line(model)),
        }
    }
    Ok(())
}

async fn put(config: &ConfigFile, from: &Path) -> anyhow::Result<()> {
    let document = managed::document(from)?;
    let name = document.get("name").and_then(serde_json::Value::as_str).unwrap_or_default();
    managed::put(config, KIND, name, &document).await.map(drop)
}

async fn sync(config: &ConfigFile, dry_run: bool) -> anyhow::Result<()> {
    let discovery = config.console().await?.discovery;
    progress("asking price lists and providers");
    let mut tell = |asked: &Asked| note(&report::asked_line(asked));
    let report = if dry_run {
        discovery.try_out(&mut tell).await?
    } else {
        discovery.sync(&Actor::command_line(), When::Now, &mut tell).await?
    };
    progress("");
    report::difference(&report.difference);
    concluded(&report, dry_run)
}

fn concluded(report: &SyncReport, dry_run: bool) -> anyhow::Result<()> {
    for objection in &report.objections {
        say(&format!("REFUSED {objection}"));
    }
    match report.outcome {
        Outcome::NotDue | Outcome::Unchanged => say("Nothing changes."),
        Outcome::Applied(_) if dry_run => say("This would be put in force; nothing was changed."),
        Outcome::Applied(version) => {
            say(&format!(
                "This is in force as version {version}; every node follows within a second."
            ));
        }
        Outcome::Refused(_) if dry_run => {
            anyhow::bail!("this would be refused; nothing was changed")
        }
        Outcome::Refused(version) => anyhow::bail!(
            "version {version} is refused and nothing was changed; if it is right all the same, \
             `helixgateway models accept {version}` puts it in force"
        ),
    }
    Ok(())
}

async fn say_otherwise(
    config: &ConfigFile,
    place: &PlaceArgument,
    model: String,
    facts: Option<&serde_json::Value>,
) -> anyhow::Result<()> {
    let discovery = config.console().await?.discovery;
    let place = match (&place.kind, &place.provider) {
        (Some(kind), _) => Place::kind(kind),
        (None, provider) => Place::provider(provider.as_deref().unwrap_or_default()),
    };
    let key = ModelKey { place, model };
    let actor = Actor::command_line();
    if let Some(facts) = facts {
        discovery.set_override(&actor, &key, facts).await?;
        say(&format!("This counts of {key} now; every node follows within a second."));
    } else {
        discovery.remove_override(&actor, &key).await?;
        say(&format!("Of {key}, what sources say counts again."));
    }
    Ok(())
}
