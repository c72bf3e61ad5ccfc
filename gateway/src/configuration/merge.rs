//! Lays objects over the file, and finds those that do not fit.

use shared::id::ConfigurationObjectId;

use super::object::{Object, ObjectKind};
use crate::kernel::config::{self, Config, ConfigError, managed_model, managed_provider};

/// The configuration in force.
pub(super) struct Merged {
    pub(super) config: Config,
    pub(super) unfit: Vec<Unfit>,
}

/// An object that is not in force.
pub(super) struct Unfit {
    pub(super) id: ConfigurationObjectId,
    pub(super) name: String,
    pub(super) reason: String,
}

/// The file with every object that fits it and those before it.
pub(super) fn merged(file: &Config, objects: &[Object]) -> Merged {
    let ordered = in_order(objects);
    // As a rule all fit, and are checked once.
    let mut all = file.clone();
    if ordered.iter().try_for_each(|object| add(&mut all, object)).is_ok()
        && config::check(&all).is_ok()
    {
        return Merged { config: all, unfit: Vec::new() };
    }
    let mut merged = Merged { config: file.clone(), unfit: Vec::new() };
    for object in ordered {
        match with(&merged.config, object) {
            Ok(config) => merged.config = config,
            Err(error) => merged.unfit.push(Unfit {
                id: object.id,
                name: object.name.clone(),
                reason: error.to_string(),
            }),
        }
    }
    merged
}

/// The file with all objects, each of which has to fit.
pub(super) fn strictly(file: &Config, objects: &[Object]) -> Result<Config, ConfigError> {
    let mut config = file.clone();
    in_order(objects).into_iter().try_for_each(|object| add(&mut config, object))?;
    config::check(&config)?;
    Ok(config)
}

/// Models name providers, so providers come first.
fn in_order(objects: &[Object]) -> Vec<&Object> {
    let mut ordered: Vec<&Object> = objects.iter().collect();
    ordered.sort_by_key(|object| (object.kind, object.id));
    ordered
}

fn with(config: &Config, object: &Object) -> Result<Config, ConfigError> {
    let mut config = config.clone();
    add(&mut config, object)?;
    config::check(&config)?;
    Ok(config)
}

fn add(config: &mut Config, object: &Object) -> Result<(), ConfigError> {
    match object.kind {
        ObjectKind::Provider => {
            let provider = managed_provider(&object.name, &object.whole())?;
            if config.providers.contains_key(&object.name) {
                return Err(ConfigError::Inconsistent {
                    key: format!("providers.{}", object.name),
                    detail: "there is a provider of this name already; choose another one"
                        .to_owned(),
                });
            }
            config.providers.insert(object.name.clone(), provider);
        }
        ObjectKind::Model => config.models.push(managed_model(&object.whole())?),
    }
    Ok(())
}
