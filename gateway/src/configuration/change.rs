//! Adds, changes and removes objects: checked with everything else first, audited with the change.

use serde_json::{Value, json};
use shared::{
    Problem, ProblemCode,
    id::{ConfigurationObject, ConfigurationObjectId},
};

use super::{
    Configuration, ConfigurationError,
    merge::{merged, strictly},
    object::{self, Entry, Object, ObjectKind, Origin},
    secrets::{self, Secrets},
};
use crate::{
    audit::{self, Action, Actor, Change},
    kernel::config::{Config, ConfigError},
    providers,
    storage::{
        StorageError,
        tables::{
            change_sequence,
            configuration_objects::{self, ConfigurationObjectRow},
        },
    },
};

/// How often a change is tried again that others came before.
const TRIES: usize = 8;
/// The longest name, in characters.
const NAME_LIMIT_CHARACTERS: usize = 100;
/// The longest document, in bytes.
const DOCUMENT_LIMIT_BYTES: usize = 256 * 1024;
/// Fields of a provider that have no part in where its credential is sent.
const HARMLESS: [&str; 5] =
    ["betas", "has_completions", "has_responses", "output_limit_field", "unsupported_fields"];

/// A change that is about to be made.
struct Draft {
    action: Action,
    before: Option<Object>,
    after: Option<Object>,
}

impl Configuration {
    /// Every entry of a kind: those of the file, then the managed ones by name.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] where the database fails or a credential does not open.
    pub async fn entries(&self, kind: ObjectKind) -> Result<Vec<Entry>, Problem> {
        let objects = self.objects().await.map_err(failed)?;
        let unfit = merged(&self.file, &objects).unfit;
        let names: Vec<String> = match kind {
            ObjectKind::Provider => self.file.providers.keys().cloned().collect(),
            ObjectKind::Model => self.file.models.iter().map(|it| it.name.clone()).collect(),
        };
        let of_file = names.into_iter().map(|name| Entry {
            kind,
            name,
            document: None,
            secrets: Vec::new(),
            origin: Origin::File,
            problem: None,
        });
        let mut managed: Vec<_> = objects.iter().filter(|object| object.kind == kind).collect();
        managed.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        let managed = managed.into_iter().map(|object| {
            let problem = unfit.iter().find(|unfit| unfit.id == object.id);
            object.entry(problem.map(|unfit| unfit.reason.clone()))
        });
        Ok(of_file.chain(managed).collect())
    }

    /// The managed object of this kind and name.
    ///
    /// # Errors
    /// As [`Configuration::entries`].
    pub async fn find(&self, kind: ObjectKind, name: &str) -> Result<Option<Entry>, Problem> {
        let entries = self.entries(kind).await?;
        Ok(entries.into_iter().find(|entry| entry.name == name && entry.id().is_some()))
    }

    /// Adds an object. A model is named by its document, a provider by `name`.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`], naming the field, where it does not fit the rest of the
    /// configuration; [`ProblemCode::Conflict`] where others change it at the same moment.
    pub async fn create(
        &self,
        actor: &Actor,
        kind: ObjectKind,
        name: &str,
        document: &Value,
    ) -> Result<Entry, Problem> {
        self.change(actor, |_| {
            let now = self.clock.now();
            let id = self.ids.next::<ConfigurationObject>(now);
            let (document, secrets) = apart(document)?;
            let row = ConfigurationObjectRow {
                id: id.uuid(),
                kind: kind.as_str().to_owned(),
                name: String::new(),
                document: String::new(),
                sealed: None,
                sealed_by: None,
                version: 1,
                created_at: now.micros(),
                updated_at: now.micros(),
            };
            let name = named(kind, name, &document)?;
            let secrets = secrets.into_iter().filter(|(_, text)| text.is_some()).collect();
            let after = Object { id, kind, name, document, secrets, row };
            Ok(Draft { action: Action::ConfigurationCreate, before: None, after: Some(after) })
        })
        .await
    }

    /// Writes an object anew. Secrets that the document does not name stay as they are, and `null`
    /// takes one away; where something changes that decides where they are sent, they have to be
    /// given again. With `version`, it rests on that one.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`]; else as [`Configuration::create`].
    pub async fn update(
        &self,
        actor: &Actor,
        id: ConfigurationObjectId,
        version: Option<i64>,
        document: &Value,
    ) -> Result<Entry, Problem> {
        self.change(actor, |objects| {
            let before = found(objects, id, version)?;
            let (document, given) = apart(document)?;
            let secrets = kept(&before, &document, given)?;
            let mut after = before.clone();
            after.name = named(before.kind, &before.name, &document)?;
            after.document = document;
            after.secrets = secrets;
            after.row.version += 1;
            after.row.updated_at = self.clock.now().micros();
            let action = Action::ConfigurationUpdate;
            Ok(Draft { action, before: Some(before), after: Some(after) })
        })
        .await
    }

    /// Removes an object.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`]; [`ProblemCode::InvalidRequest`] where another entry needs it.
    pub async fn remove(
        &self,
        actor: &Actor,
        id: ConfigurationObjectId,
        version: Option<i64>,
    ) -> Result<Entry, Problem> {
        self.change(actor, |objects| {
            let before = found(objects, id, version)?;
            Ok(Draft { action: Action::ConfigurationDelete, before: Some(before), after: None })
        })
        .await
    }

    async fn change(
        &self,
        actor: &Actor,
        draft: impl Fn(&[Object]) -> Result<Draft, Problem>,
    ) -> Result<Entry, Problem> {
        for _ in 0..TRIES {
            let seen = change_sequence::current(&self.database).await.map_err(audit::internal)?;
            let objects = self.objects().await.map_err(failed)?;
            let mut draft = draft(&objects)?;
            self.check(&objects, &draft)?;
            if let Some(after) = &mut draft.after {
                self.fill(after).await?;
            }
            if self.write(actor, &draft, seen).await.map_err(audit::internal)? {
                let shown = draft.after.as_ref().or(draft.before.as_ref());
                return shown.map(|object| object.entry(None)).ok_or_else(in_the_way);
            }
        }
        Err(in_the_way())
    }

    /// Whether everything still fits, and the provider can be set up.
    fn check(&self, objects: &[Object], draft: &Draft) -> Result<(), Problem> {
        let changed = draft.before.as_ref().or(draft.after.as_ref()).map(|object| object.id);
        // One that does not fit already is nobody's obstacle.
        let unfit: Vec<_> = merged(&self.file, objects).unfit.iter().map(|it| it.id).collect();
        let others = objects
            .iter()
            .filter(|object| Some(object.id) != changed && !unfit.contains(&object.id));
        let all: Vec<Object> = others.chain(&draft.after).cloned().collect();
        let config = strictly(&self.file, &all).map_err(|error| unfitting(&error, draft))?;
        match &draft.after {
            Some(Object { kind: ObjectKind::Provider, name, .. }) => self.set_up(&config, name),
            _ => Ok(()),
        }
    }

    fn set_up(&self, config: &Config, name: &str) -> Result<(), Problem> {
        let Some(provider) = config.providers.get(name) else { return Ok(()) };
        providers::try_out(name, provider, &config.proxy, &self.clock)
            .map_err(|error| wrong(error.to_string()))
    }

    /// Puts what the object says into its row.
    async fn fill(&self, object: &mut Object) -> Result<(), Problem> {
        object.row.name.clone_from(&object.name);
        object.row.document = object.document.to_string();
        (object.row.sealed, object.row.sealed_by) = (None, None);
        if !object.secrets.is_empty() {
            let ring = self.keys.ring_or_new(&self.ids).await;
            let ring = ring.map_err(|error| wrong(error.to_string()))?;
            let sealed = object::sealed(object.id, &object.secrets, ring)
                .map_err(|error| Problem::new(ProblemCode::Internal, error.to_string()))?;
            object.row.sealed = Some(sealed);
            object.row.sealed_by = Some(ring.current().to_string());
        }
        Ok(())
    }

    /// Writes the change if nothing else has changed since `seen`; gives whether it did.
    async fn write(&self, actor: &Actor, draft: &Draft, seen: i64) -> Result<bool, StorageError> {
        let mut tx = self.database.begin().await?;
        if !change_sequence::raise_from(&mut tx, seen).await? {
            return Ok(false);
        }
        let is_written = match (&draft.before, &draft.after) {
            (None, Some(after)) => {
                configuration_objects::add(&mut tx, &after.row).await?;
                true
            }
            (Some(_), Some(after)) => configuration_objects::replace(&mut tx, &after.row).await?,
            (Some(before), None) => {
                let (id, version) = (before.row.id, before.row.version);
                configuration_objects::remove(&mut tx, id, version).await?
            }
            (None, None) => true,
        };
        if !is_written {
            return Ok(false);
        }
        let resource = draft.before.as_ref().or(draft.after.as_ref());
        let change = Change {
            actor,
            action: draft.action,
            resource: resource.map(|object| object.id.to_string()).unwrap_or_default(),
            before: draft.before.as_ref().map(told),
            after: draft.after.as_ref().map(told),
        };
        self.audit.record(&mut tx, change).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// What the audit trail keeps: everything but the secrets, of which it names the keys.
fn told(object: &Object) -> Value {
    let entry = object.entry(None);
    json!({
        "kind": entry.kind.as_str(),
        "name": entry.name,
        "document": entry.document,
        "secrets": entry.secrets,
        "version": object.row.version,
    })
}

fn found(
    objects: &[Object],
    id: ConfigurationObjectId,
    version: Option<i64>,
) -> Result<Object, Problem> {
    let object = objects.iter().find(|object| object.id == id);
    let object = object.ok_or_else(|| {
        Problem::new(ProblemCode::NotFound, "There is no such object of the configuration.")
    })?;
    match version {
        Some(version) if version != object.row.version => Err(Problem::new(
            ProblemCode::Conflict,
            format!(
                "It was changed in the meantime: this is version {}, and the change rests on \
                 version {version}. Look at it again, then change it.",
                object.row.version
            ),
        )),
        _ => Ok(object.clone()),
    }
}

/// The document without its secrets, and these.
fn apart(document: &Value) -> Result<(Value, Secrets), Problem> {
    if !document.is_object() {
        return Err(wrong("expected an object with the keys that the configuration file has"));
    }
    if document.to_string().len() > DOCUMENT_LIMIT_BYTES {
        return Err(wrong(format!("it is longer than {DOCUMENT_LIMIT_BYTES} bytes")));
    }
    let mut document = document.clone();
    let secrets = secrets::take(&mut document);
    Ok((document, secrets))
}

/// The secrets of an object that is written anew.
fn kept(before: &Object, document: &Value, given: Secrets) -> Result<Secrets, Problem> {
    let stays = |place: &&String| !given.contains_key(*place);
    if let Some(place) = before.secrets.keys().find(stays)
        && address(&before.document) != address(document)
    {
        let name = secrets::name_of(place);
        return Err(Problem::new(
            ProblemCode::InvalidRequest,
            format!(
                "`{name}` was given for another address: write it again, or `null` to take it \
                 away. Nobody who may change an address gets to see a credential by it."
            ),
        )
        .at(name));
    }
    let mut secrets = before.secrets.clone();
    secrets.extend(given);
    secrets.retain(|_, text| text.is_some());
    Ok(secrets)
}

/// What of a document decides where its secrets are sent.
fn address(document: &Value) -> Value {
    let mut address = document.clone();
    if let Some(fields) = address.as_object_mut() {
        fields.retain(|name, value| {
            let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
            !HARMLESS.contains(&name.as_str()) && !value.is_null() && !is_empty
        });
    }
    address
}

fn named(kind: ObjectKind, name: &str, document: &Value) -> Result<String, Problem> {
    let name = match kind {
        ObjectKind::Provider => name,
        ObjectKind::Model => document.get("name").and_then(Value::as_str).unwrap_or_default(),
    };
    let is_plain = |text: &str| !text.chars().any(|it| it.is_control() || it.is_whitespace());
    if name.is_empty() || name.chars().count() > NAME_LIMIT_CHARACTERS || !is_plain(name) {
        let detail = format!(
            "It needs a name of 1 to {NAME_LIMIT_CHARACTERS} characters without blanks, such as \
             `openai`."
        );
        return Err(Problem::new(ProblemCode::InvalidRequest, detail).at("name"));
    }
    Ok(name.to_owned())
}

/// What does not fit, as the one who has written it sees it.
fn unfitting(error: &ConfigError, draft: &Draft) -> Problem {
    let ConfigError::Inconsistent { key, detail } = error else {
        let ConfigError::Invalid { detail, .. } = error else { return wrong(error.to_string()) };
        return wrong(detail.clone());
    };
    let own = draft.after.as_ref().map(|object| format!("providers.{}.", object.name));
    match own.and_then(|own| key.strip_prefix(&own).map(str::to_owned)) {
        Some(field) => wrong(format!("`{field}`: {detail}")).at(field),
        None => wrong(format!("`{key}`: {detail}")).at(key.clone()),
    }
}

fn wrong(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail)
}

fn in_the_way() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "Others are changing the configuration at this moment; nothing was changed. Try again.",
    )
}

fn failed(error: ConfigurationError) -> Problem {
    match error {
        ConfigurationError::Storage(error) => audit::internal(error),
        error => {
            tracing::error!(%error, "the configuration in the database cannot be read");
            Problem::new(ProblemCode::Internal, error.to_string())
        }
    }
}
