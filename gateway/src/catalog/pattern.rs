//! A pattern and the models that it stands for, each made when its name is asked for first.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::{Deployment, Model, audience::Audience};
use crate::kernel::{Pattern, Template, config};

/// How many models of one pattern are kept. Names are strangers' words: beyond that all are made
/// anew.
const MOST_MADE: usize = 1_024;

/// One entry of the configuration whose name has a `*`.
#[derive(Debug)]
pub(super) struct PatternEntry {
    pub(super) audience: Audience,
    pub(super) pattern: Pattern,
    /// The entry as it is written.
    as_written: Model,
    /// What a provider calls a model, for each deployment; none where it is the same name.
    upstream: Vec<Option<Template>>,
    made: RwLock<HashMap<Box<str>, Arc<Model>>>,
}

/// The names of models of their own that are served where a model of a pattern is.
#[derive(Debug, Default)]
pub(super) struct Others {
    pub(super) denied_as: Vec<String>,
    pub(super) allowed_as: Vec<String>,
}

impl PatternEntry {
    pub(super) fn new(entry: &config::Model, as_written: Model) -> Self {
        let pattern = Pattern::new(&entry.name);
        let template = |backend: &config::Backend| {
            // What is no template was refused with the configuration.
            Template::new(backend.model.as_deref()?, pattern.stars()).ok()
        };
        Self {
            audience: Audience::of(entry),
            upstream: entry.backends.iter().map(template).collect(),
            pattern,
            as_written,
            made: RwLock::default(),
        }
    }

    /// The model of this name; none where the pattern is another's, or a provider would be asked
    /// for a model without a name.
    pub(super) fn model(
        &self,
        name: &str,
        others: impl FnOnce(&[Deployment]) -> Others,
    ) -> Option<Arc<Model>> {
        let known = self.made.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if known.is_some() {
            return known;
        }
        let model = Arc::new(self.make(name, others)?);
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MOST_MADE {
            made.clear();
        }
        Some(Arc::clone(made.entry(name.into()).or_insert(model)))
    }

    fn make(&self, name: &str, others: impl FnOnce(&[Deployment]) -> Others) -> Option<Model> {
        let captures = self.pattern.captures(name)?;
        let mut model = Model { name: name.to_owned(), ..self.as_written.clone() };
        for (deployment, template) in model.deployments.iter_mut().zip(&self.upstream) {
            deployment.upstream_model =
                template.as_ref().map_or_else(|| name.to_owned(), |it| it.filled(&captures));
            if deployment.upstream_model.is_empty() {
                return None;
            }
        }
        let Others { mut denied_as, mut allowed_as } = others(&model.deployments);
        let upstream = model.deployments.iter().map(|deployment| &*deployment.upstream_model);
        let asked = std::iter::once(name).chain(upstream).flat_map(with_last_part);
        denied_as.extend(asked.map(str::to_lowercase));
        allowed_as.push(name.to_owned());
        Some(Model { denied_as, allowed_as, ..model })
    }

    /// How many models are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.made.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The names by which models of a provider are asked for, as far as they can be told.
    pub(super) fn names_of<'a>(
        &'a self,
        known: impl Fn(&str) -> &'a [String],
    ) -> impl Iterator<Item = String> {
        let deployments = self.as_written.deployments.iter().zip(&self.upstream);
        deployments.flat_map(move |(deployment, template)| {
            known(&deployment.provider).iter().filter_map(move |upstream| {
                let Some(template) = template else {
                    return self.pattern.matches(upstream).then(|| upstream.clone());
                };
                let captures = template.captures(upstream, self.pattern.stars())?;
                Some(self.pattern.filled(&captures))
            })
        })
    }
}

/// A name, and what follows the last slash in it: providers of many write the vendor before. What a
/// provider may overlook around it makes no other name of it.
fn with_last_part(name: &str) -> impl Iterator<Item = &str> {
    let name = name.trim_matches(|letter: char| letter.is_whitespace() || letter == '/');
    std::iter::once(name).chain(name.rsplit_once('/').map(|(_, last)| last))
}
