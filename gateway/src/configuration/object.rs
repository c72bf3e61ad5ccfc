//! One object: what it says, and what of it is secret.

use serde_json::Value;
use shared::{Id, Timestamp, id::ConfigurationObjectId};

use super::{
    ConfigurationError,
    secrets::{self, Secrets},
};
use crate::{
    kernel::{
        Secret,
        seal::{KeyRing, SealError},
    },
    storage::{StorageError, tables::configuration_objects::ConfigurationObjectRow},
};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// An entry of `providers`.
    Provider,
    /// An entry of `models`.
    Model,
}

/// Where an entry comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The configuration file; it is changed there alone.
    File,
    /// The database.
    Managed {
        /// Its id.
        id: ConfigurationObjectId,
        /// How often it was written; what a change rests on.
        version: i64,
        /// When it was made.
        created_at: Timestamp,
        /// When it was last written.
        updated_at: Timestamp,
    },
}

/// An entry of the configuration, for administrators. It shows no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is.
    pub kind: ObjectKind,
    /// By which others name it.
    pub name: String,
    /// What it says; none of what the file says, which is shown by its own views.
    pub document: Option<Value>,
    /// Which secrets it has, by their keys: `api_key`.
    pub secrets: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Why it is not in force.
    pub problem: Option<String>,
}

/// An object as it is in the database, with its secrets opened.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) id: ConfigurationObjectId,
    pub(super) kind: ObjectKind,
    pub(super) name: String,
    /// Without secrets.
    pub(super) document: Value,
    pub(super) secrets: Secrets,
    pub(super) row: ConfigurationObjectRow,
}

impl ObjectKind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Model => "model",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Provider, Self::Model].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Entry {
    /// Its id; none for what the file says.
    #[must_use]
    pub const fn id(&self) -> Option<ConfigurationObjectId> {
        match &self.origin {
            Origin::File => None,
            Origin::Managed { id, .. } => Some(*id),
        }
    }
}

impl Object {
    /// What the file would say in its place.
    pub(super) fn whole(&self) -> Value {
        let mut whole = self.document.clone();
        secrets::give(&mut whole, &self.secrets);
        whole
    }

    /// For administrators.
    pub(super) fn entry(&self, problem: Option<String>) -> Entry {
        Entry {
            kind: self.kind,
            name: self.name.clone(),
            document: Some(self.document.clone()),
            secrets: self.secrets.keys().map(|place| secrets::name_of(place)).collect(),
            origin: Origin::Managed {
                id: self.id,
                version: self.row.version,
                created_at: Timestamp::from_micros(self.row.created_at),
                updated_at: Timestamp::from_micros(self.row.updated_at),
            },
            problem,
        }
    }
}

/// For what a text is sealed: for this object alone.
pub(super) fn purpose(id: ConfigurationObjectId) -> String {
    format!("configuration/{id}")
}

/// Opens a row; the ring is there where anything in it is sealed.
pub(super) fn opened(
    row: ConfigurationObjectRow,
    ring: Option<&KeyRing>,
) -> Result<Object, ConfigurationError> {
    let id = Id::from_uuid(row.id);
    let corrupt = |column| ConfigurationError::Storage(StorageError::Corrupt { column });
    let kind = ObjectKind::parse(&row.kind).ok_or_else(|| corrupt("configuration_objects.kind"))?;
    let document = serde_json::from_str(&row.document)
        .map_err(|_| corrupt("configuration_objects.document"))?;
    let secrets = match (&row.sealed, ring) {
        (Some(sealed), Some(ring)) => {
            let failed = |source| ConfigurationError::Sealed {
                kind: kind.as_str(),
                name: row.name.clone(),
                source,
            };
            let text = ring.open(&purpose(id), sealed).map_err(failed)?;
            serde_json::from_str(text.expose()).map_err(|_| failed(SealError::Damaged))?
        }
        _ => Secrets::new(),
    };
    Ok(Object { id, kind, name: row.name.clone(), document, secrets, row })
}

/// The secrets, sealed for this object; nothing where there are none.
pub(super) fn sealed(
    id: ConfigurationObjectId,
    secrets: &Secrets,
    ring: &KeyRing,
) -> Result<Vec<u8>, SealError> {
    let text = serde_json::to_string(secrets).map_err(|_| SealError::Unavailable)?;
    ring.seal(&purpose(id), &Secret::new(text))
}
