//! Seals every credential anew after the master key was changed, while gateways run.
//!
//! Nothing that a running gateway holds changes by it: what is sealed says the same as before.

use serde_json::json;
use shared::{Id, Problem, ProblemCode, id::ConfigurationObject};

use super::{
    Configuration,
    object::{self, Object},
};
use crate::{
    audit::{self, Action, Actor, Change},
    kernel::seal::KeyId,
    storage::{StorageError, tables::configuration_objects},
};

/// What has become of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resealed {
    /// The key that seals now.
    pub key: KeyId,
    /// How many were sealed anew.
    pub resealed: usize,
    /// How many were sealed by it before.
    pub unchanged: usize,
}

/// By which keys credentials are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBy {
    /// The id of the key.
    pub key: String,
    /// The names of the objects.
    pub names: Vec<String>,
}

impl Configuration {
    /// Seals every credential by the present master key that is sealed by a former one.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`] where there is no key, or one does not open;
    /// [`ProblemCode::Internal`] where the database fails. What was done until then stays done.
    pub async fn reseal(&self, actor: &Actor) -> Result<Resealed, Problem> {
        let unusable = |error: String| Problem::new(ProblemCode::InvalidRequest, error);
        let key = self.keys.ring().await.map_err(|error| unusable(error.to_string()))?.current();
        let objects = self.objects().await.map_err(|error| unusable(error.to_string()))?;
        let mut done = Resealed { key, resealed: 0, unchanged: 0 };
        for object in objects.iter().filter(|object| object.row.sealed.is_some()) {
            if object.row.sealed_by.as_deref() == Some(&*key.to_string()) {
                done.unchanged += 1;
            } else if self.reseal_one(actor, object).await.map_err(audit::internal)? {
                done.resealed += 1;
            }
        }
        Ok(done)
    }

    /// One, if nobody has written it since; then it is sealed by the present key already.
    async fn reseal_one(&self, actor: &Actor, object: &Object) -> Result<bool, StorageError> {
        let Ok(ring) = self.keys.ring().await else { return Ok(false) };
        let Ok(sealed) = object::sealed(object.id, &object.secrets, ring) else {
            return Ok(false);
        };
        let key = ring.current().to_string();
        let mut tx = self.database.begin().await?;
        if !configuration_objects::reseal(&mut tx, &object.row, &sealed, &key).await? {
            return Ok(false);
        }
        let change = Change {
            actor,
            action: Action::ConfigurationReseal,
            resource: Id::<ConfigurationObject>::to_string(&object.id),
            before: Some(json!({ "name": object.name, "sealed_by": object.row.sealed_by })),
            after: Some(json!({ "name": object.name, "sealed_by": key })),
        };
        self.audit.record(&mut tx, change).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// By which keys the credentials of the database are sealed, without opening them.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] where the database fails.
    pub async fn sealed_by(&self) -> Result<Vec<SealedBy>, Problem> {
        let rows = configuration_objects::list(&self.database).await.map_err(audit::internal)?;
        let mut keys: Vec<SealedBy> = Vec::new();
        for row in rows {
            let Some(key) = row.sealed_by else { continue };
            match keys.iter_mut().find(|known| known.key == key) {
                Some(known) => known.names.push(row.name),
                None => keys.push(SealedBy { key, names: vec![row.name] }),
            }
        }
        Ok(keys)
    }

    /// The key that seals.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`], saying why there is none.
    pub async fn master_key(&self) -> Result<KeyId, Problem> {
        let ring = self.keys.ring().await;
        let ring = ring.map_err(|it| Problem::new(ProblemCode::InvalidRequest, it.to_string()))?;
        Ok(ring.current())
    }
}
