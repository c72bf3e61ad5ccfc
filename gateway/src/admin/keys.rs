//! API keys: made, shown once, listed, revoked.

use std::sync::Arc;

use serde_json::json;
use shared::{
    Id, Problem, ProblemCode, Timestamp,
    id::{ApiKey, ApiKeyId, UserId},
    view::keys::{KeySummary, NewKey},
};

use crate::{
    audit::{self, Action, Actor, Audit, Change},
    identity::{Client, Identity, Principal},
    kernel::{
        Clock, Ids,
        digest::{secret_text, sha256},
    },
    storage::{
        Database, StorageError,
        tables::{
            api_keys::{self, ApiKeyRow},
            change_sequence, users,
        },
    },
};

/// What every key begins with, so that scanners find leaked ones.
const PREFIX: &str = "hx_";
const NAME_LIMIT_CHARACTERS: usize = 100;
const DAY_SECONDS: i64 = 24 * 3_600;
const LONGEST_EXPIRY_DAYS: u32 = 3_650;

/// The service behind the page API keys.
pub struct Keys {
    database: Database,
    identity: Arc<Identity>,
    audit: Audit,
    clock: Clock,
    ids: Ids,
}

impl Keys {
    /// The service.
    #[must_use]
    pub fn new(
        database: Database,
        identity: Arc<Identity>,
        audit: Audit,
        clock: Clock,
        ids: Ids,
    ) -> Self {
        Self { database, identity, audit, clock, ids }
    }

    /// The caller's keys, the newest first.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] where the database fails.
    pub async fn list(&self, principal: &Principal) -> Result<Vec<KeySummary>, Problem> {
        let rows = api_keys::list_of(&self.database, principal.user_id().uuid())
            .await
            .map_err(audit::internal)?;
        Ok(rows.into_iter().map(summary).collect())
    }

    /// Makes a key for the caller.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`] at `name` or `expires_in_days`.
    pub async fn create(
        &self,
        principal: &Principal,
        client: &Client,
        name: &str,
        expires_in_days: Option<u32>,
    ) -> Result<NewKey, Problem> {
        let actor = Actor::from(&principal.user_id(), client);
        self.create_for(principal.user_id(), &actor, name, expires_in_days).await
    }

    /// Makes a key for the user with this address: for the command line, on the server itself.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where there is no such user; else as [`Keys::create`].
    pub async fn create_for_email(&self, email: &str, name: &str) -> Result<NewKey, Problem> {
        let user = users::find(&self.database, &email.trim().to_lowercase())
            .await
            .map_err(audit::internal)?
            .ok_or_else(|| {
                Problem::new(ProblemCode::NotFound, format!("There is no user {email}."))
            })?;
        self.create_for(Id::from_uuid(user.id), &Actor::command_line(), name, None).await
    }

    /// Revokes a key of the caller's.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where the caller has no such key; revoking twice is no error.
    pub async fn revoke(
        &self,
        principal: &Principal,
        client: &Client,
        key: ApiKeyId,
    ) -> Result<(), Problem> {
        let row = api_keys::find(&self.database, key.uuid()).await.map_err(audit::internal)?;
        match row {
            Some(row) if row.user_id == principal.user_id().uuid() => {
                self.revoke_as(&Actor::from(&principal.user_id(), client), key).await
            }
            _ => Err(no_such_key()),
        }
    }

    /// Revokes any key: for the command line, on the server itself.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where there is no such key; revoking twice is no error.
    pub async fn revoke_any(&self, key: ApiKeyId) -> Result<(), Problem> {
        self.revoke_as(&Actor::command_line(), key).await
    }

    async fn create_for(
        &self,
        user: UserId,
        actor: &Actor,
        name: &str,
        expires_in_days: Option<u32>,
    ) -> Result<NewKey, Problem> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_LIMIT_CHARACTERS {
            return Err(Problem::new(
                ProblemCode::InvalidRequest,
                format!("A key needs a name of 1 to {NAME_LIMIT_CHARACTERS} characters."),
            )
            .at("name"));
        }
        if expires_in_days.is_some_and(|days| days == 0 || days > LONGEST_EXPIRY_DAYS) {
            return Err(Problem::new(
                ProblemCode::InvalidRequest,
                format!("A key can expire in 1 to {LONGEST_EXPIRY_DAYS} days, or never."),
            )
            .at("expires_in_days"));
        }
        let now = self.clock.now();
        let secret = format!("{PREFIX}{}", secret_text(self.ids.bytes()));
        let row = ApiKeyRow {
            id: self.ids.next::<ApiKey>(now).uuid(),
            user_id: user.uuid(),
            name: name.to_owned(),
            secret_hash: sha256(secret.as_bytes()).to_vec(),
            last_four: secret[secret.len() - 4..].to_owned(),
            created_at: now.micros(),
            expires_at: expires_in_days
                .map(|days| now.plus_seconds(i64::from(days) * DAY_SECONDS).micros()),
            revoked_at: None,
            last_used_at: None,
        };
        let change = async {
            let mut tx = self.database.begin().await?;
            api_keys::add(&mut tx, &row).await?;
            let after = json!({ "name": name, "user": user, "expires_at": row.expires_at });
            let change = Change {
                actor,
                action: Action::KeyCreate,
                resource: Id::<ApiKey>::from_uuid(row.id).to_string(),
                before: None,
                after: Some(after),
            };
            self.audit.record(&mut tx, change).await?;
            change_sequence::raise(&mut tx).await?;
            tx.commit().await?;
            self.identity.refresh().await?;
            Ok::<_, StorageError>(())
        };
        change.await.map_err(audit::internal)?;
        Ok(NewKey { summary: summary(row), secret })
    }

    async fn revoke_as(&self, actor: &Actor, key: ApiKeyId) -> Result<(), Problem> {
        let now = self.clock.now();
        let change = async {
            let mut tx = self.database.begin().await?;
            if !api_keys::revoke(&mut tx, key.uuid(), now.micros()).await? {
                // Revoking twice is no error; a key that never was is one.
                return Ok(api_keys::find(&self.database, key.uuid()).await?.is_some());
            }
            let change = Change {
                actor,
                action: Action::KeyRevoke,
                resource: key.to_string(),
                before: Some(json!({ "revoked_at": null })),
                after: Some(json!({ "revoked_at": now.micros() })),
            };
            self.audit.record(&mut tx, change).await?;
            change_sequence::raise(&mut tx).await?;
            tx.commit().await?;
            self.identity.refresh().await?;
            Ok::<_, StorageError>(true)
        };
        if change.await.map_err(audit::internal)? { Ok(()) } else { Err(no_such_key()) }
    }
}

fn no_such_key() -> Problem {
    Problem::new(ProblemCode::NotFound, "There is no such key.")
}

fn summary(row: ApiKeyRow) -> KeySummary {
    KeySummary {
        id: Id::from_uuid(row.id),
        name: row.name,
        last_four: row.last_four,
        created_at: Timestamp::from_micros(row.created_at),
        last_used_at: row.last_used_at.map(Timestamp::from_micros),
        expires_at: row.expires_at.map(Timestamp::from_micros),
        revoked_at: row.revoked_at.map(Timestamp::from_micros),
    }
}
