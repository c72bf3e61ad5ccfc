//! Asks everybody whom the configuration names, and reads what they say.

use std::{collections::BTreeMap, time::Duration};

use url::Url;

use super::{Discovery, DiscoveryError, kept};
use crate::{
    catalog::sources::{
        NextPage, Reading, Snapshot, Unreadable, litellm, model_list, models_dev, openrouter,
    },
    kernel::config::{Config, PriceSource, Provider, SourceFormat},
    providers::{Fetched, Handle, PublicLists, Validators, lists_models, models_page},
    storage::{StorageError, tables::catalog_sources::CatalogSourceRow},
};

/// A list in more pages than that is not read to its end.
const MOST_PAGES: usize = 50;
/// The longest reason that is kept, in characters.
const LONGEST_FAILURE: usize = 500;

/// What became of asking one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// It says what it said.
    Unchanged,
    /// It says something, of so many models; so much was not understood, such as this.
    Read {
        /// Of how many models.
        models: usize,
        /// How much was not understood.
        remarks: usize,
        /// Some of that.
        examples: Vec<String>,
    },
    /// It could not be asked or understood; what it said before counts on.
    Failed(String),
}

/// One source, asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// By what it is known.
    pub name: String,
    /// What became of it.
    pub state: SourceState,
}

/// One source with all that is to be kept of it.
pub(super) struct Answer {
    pub(super) asked: Asked,
    pub(super) row: CatalogSourceRow,
    /// What it says, or said when it last could be read.
    pub(super) snapshot: Option<Snapshot>,
}

/// Somebody who can be asked.
enum Source<'a> {
    Public(&'a PriceSource),
    Provider(&'a str, &'a Provider),
}

impl Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::Public(source) => source.name(),
            Self::Provider(name, _) => format!("models of {name}"),
        }
    }
}

/// Everybody whom a configuration lets be asked.
fn sources(config: &Config) -> Vec<Source<'_>> {
    let public = config.catalog.sources.iter().map(Source::Public);
    let providers = config.providers.iter().filter(|(_, provider)| lists_models(provider));
    let providers = providers.map(|(name, provider)| Source::Provider(name, provider));
    providers.filter(|_| config.catalog.discover).chain(public).collect()
}

impl Discovery {
    /// Whether anybody is to be asked.
    #[must_use]
    pub fn asks_anybody(&self) -> bool {
        !sources(&self.0.config.load()).is_empty()
    }

    /// How long asking everybody can take.
    pub(super) fn longest_asking(&self) -> Duration {
        let config = self.0.config.load();
        let each = Duration::from_secs(config.catalog.timeout_seconds);
        let count = u32::try_from(sources(&config).len()).unwrap_or(u32::MAX);
        each.saturating_mul(count)
    }

    /// Asks everybody, one after the other; `tell` hears each answer. Nothing is kept.
    pub(super) async fn ask_all(
        &self,
        known: Vec<CatalogSourceRow>,
        tell: &mut (dyn FnMut(&Asked) + Send),
    ) -> Result<Vec<Answer>, DiscoveryError> {
        let config = self.0.config.load_full();
        let lists = PublicLists::new(&config)?;
        let mut known: BTreeMap<String, CatalogSourceRow> =
            known.into_iter().map(|row| (row.name.clone(), row)).collect();
        let mut answers = Vec::new();
        for source in sources(&config) {
            let name = source.name();
            let before = known.remove(&name);
            let answer = match source {
                Source::Public(source) => self.ask_public(&lists, source, before).await?,
                Source::Provider(name, provider) => {
                    self.ask_provider(name, provider, before).await?
                }
            };
            tell(&answer.asked);
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn ask_public(
        &self,
        lists: &PublicLists,
        source: &PriceSource,
        before: Option<CatalogSourceRow>,
    ) -> Result<Answer, StorageError> {
        let name = source.name();
        let Ok(url) = Url::parse(&source.address()) else {
            return self.failed(name, before, "its address is none");
        };
        let is_known = |row: &&CatalogSourceRow| row.facts.is_some();
        let validators = before.as_ref().filter(is_known).map(|row| Validators {
            etag: row.etag.clone(),
            last_modified: row.last_modified.clone(),
        });
        match lists.get(&url, &validators.unwrap_or_default()).await {
            Ok(Fetched::Unchanged) => self.unchanged(name, before),
            Ok(Fetched::Changed { body, validators }) => {
                match read_aside(source.format, body).await {
                    Ok(reading) => self.read(name, reading, validators),
                    Err(unreadable) => self.failed(name, before, &unreadable.to_string()),
                }
            }
            Err(unfetched) => self.failed(name, before, &unfetched.to_string()),
        }
    }

    async fn ask_provider(
        &self,
        name: &str,
        provider: &Provider,
        before: Option<CatalogSourceRow>,
    ) -> Result<Answer, StorageError> {
        let named = Source::Provider(name, provider).name();
        let handle = Handle::new(name, provider, &self.0.config.load().proxy, &self.0.clock);
        let handle = match handle {
            Ok(handle) => handle,
            Err(error) => return self.failed(named, before, &error.to_string()),
        };
        let limit = Duration::from_secs(self.0.config.load().catalog.timeout_seconds);
        let pages = self.all_pages(name, provider, &handle, limit);
        let pages = tokio::time::timeout(limit, pages).await;
        let late = || Err(format!("has not answered within {limit:?}"));
        match pages.unwrap_or_else(|_| late()) {
            Ok(reading) => self.read(named, reading, Validators::default()),
            Err(why) => self.failed(named, before, &why),
        }
    }

    async fn all_pages(
        &self,
        name: &str,
        provider: &Provider,
        handle: &Handle,
        timeout: Duration,
    ) -> Result<Reading, String> {
        let mut whole = Reading::default();
        let mut next: Option<NextPage> = None;
        for _ in 0..MOST_PAGES {
            let parameter = next.as_ref().map(|next| (next.parameter, next.value.as_str()));
            let body = models_page(handle, parameter, timeout).await.map_err(|failed| {
                let words = failed.message.map(|message| format!(": {message}"));
                format!("{}{}", failed.failure.summary(), words.unwrap_or_default())
            })?;
            let page = model_list(provider.kind, name, &body);
            let page = page.ok_or("lists no models")?.map_err(|error| error.to_string())?;
            whole.add_all(page.reading);
            // A list that leads back to where it was has no end.
            if page.next.is_none() || page.next == next {
                let is_empty = whole.snapshot.is_empty();
                return if is_empty { Err(Unreadable::NoModels.to_string()) } else { Ok(whole) };
            }
            next = page.next;
        }
        Err(format!("its list has more than {MOST_PAGES} pages"))
    }

    fn unchanged(
        &self,
        name: String,
        before: Option<CatalogSourceRow>,
    ) -> Result<Answer, StorageError> {
        let snapshot = last_said(before.as_ref())?;
        let mut row = before.unwrap_or_else(|| nothing_known(&name));
        row.asked_at = self.0.clock.now().micros();
        row.failure = None;
        Ok(Answer { asked: Asked { name, state: SourceState::Unchanged }, row, snapshot })
    }

    fn failed(
        &self,
        name: String,
        before: Option<CatalogSourceRow>,
        why: &str,
    ) -> Result<Answer, StorageError> {
        let why: String = why.chars().take(LONGEST_FAILURE).collect();
        let snapshot = last_said(before.as_ref())?;
        let mut row = before.unwrap_or_else(|| nothing_known(&name));
        row.asked_at = self.0.clock.now().micros();
        row.failure = Some(why.clone());
        Ok(Answer { asked: Asked { name, state: SourceState::Failed(why) }, row, snapshot })
    }

    fn read(
        &self,
        name: String,
        reading: Reading,
        validators: Validators,
    ) -> Result<Answer, StorageError> {
        let Reading { snapshot, remarks } = reading;
        let now = self.0.clock.now().micros();
        let packed = kept::packed(&snapshot);
        let packed =
            packed.map_err(|_| StorageError::Corrupt { column: "catalog_sources.facts" })?;
        let row = CatalogSourceRow {
            name: name.clone(),
            etag: validators.etag,
            last_modified: validators.last_modified,
            asked_at: now,
            read_at: Some(now),
            failure: None,
            models: i64::try_from(snapshot.len()).unwrap_or(i64::MAX),
            remarks: i64::try_from(remarks.count()).unwrap_or(i64::MAX),
            facts: Some(packed),
        };
        let state = SourceState::Read {
            models: snapshot.len(),
            remarks: remarks.count(),
            examples: remarks.kept().to_vec(),
        };
        Ok(Answer { asked: Asked { name, state }, row, snapshot: Some(snapshot) })
    }
}

/// Reading megabytes takes a while, in which nothing else is to wait.
async fn read_aside(format: SourceFormat, body: Vec<u8>) -> Result<Reading, Unreadable> {
    let reading = tokio::task::spawn_blocking(move || match format {
        SourceFormat::Litellm => litellm(&body),
        SourceFormat::ModelsDev => models_dev(&body),
        SourceFormat::Openrouter => openrouter(&body),
    });
    reading.await.unwrap_or_else(|_| Err(Unreadable::Json("cannot be read".to_owned())))
}

fn last_said(row: Option<&CatalogSourceRow>) -> Result<Option<Snapshot>, StorageError> {
    let facts = row.and_then(|row| row.facts.as_ref());
    facts.map(|facts| kept::unpacked(facts, "catalog_sources.facts")).transpose()
}

fn nothing_known(name: &str) -> CatalogSourceRow {
    CatalogSourceRow {
        name: name.to_owned(),
        etag: None,
        last_modified: None,
        asked_at: 0,
        read_at: None,
        failure: None,
        models: 0,
        remarks: 0,
        facts: None,
    }
}
