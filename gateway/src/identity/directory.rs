//! The snapshot: everyone who can call, by what they prove themselves with.

use std::{collections::HashMap, sync::Arc};

use shared::{
    Id, Role, Timestamp,
    id::{SessionId, TeamId, UserId},
};

use super::principal::{Person, Principal, Via};
use crate::{
    kernel::digest::Sha256,
    storage::{Database, StorageError, tables},
};

/// Keys, sessions, users and teams at one moment.
#[derive(Debug, Default)]
pub struct Directory {
    entries: HashMap<Sha256, Entry>,
    sessions: HashMap<SessionId, Sha256>,
    people: HashMap<UserId, Arc<Person>>,
    team_names: HashMap<TeamId, String>,
}

#[derive(Debug)]
struct Entry {
    principal: Principal,
    expires_at: Option<Timestamp>,
}

impl Directory {
    /// Reads everything.
    ///
    /// # Errors
    /// [`StorageError`] where the database does not answer or a stored role is unknown.
    pub async fn read(database: &Database, now: Timestamp) -> Result<Self, StorageError> {
        let teams = tables::teams::list(database).await?;
        let users = tables::users::list(database).await?;
        let keys = tables::api_keys::list_live(database).await?;
        let sessions = tables::sessions::list_open(database, now.micros()).await?;
        let mut directory = Self::default();
        let team_by_id: HashMap<_, _> = teams.iter().map(|team| (team.id, team)).collect();
        for user in users.into_iter().filter(|user| user.disabled_at.is_none()) {
            let corrupt = StorageError::Corrupt { column: "users.role" };
            let role: Role = user.role.parse().map_err(|_| corrupt)?;
            let team = team_by_id
                .get(&user.team_id)
                .ok_or(StorageError::Corrupt { column: "users.team_id" })?;
            let person = Person {
                user: Id::from_uuid(user.id),
                team: Id::from_uuid(user.team_id),
                name: user.name,
                email: user.email,
                email_key: user.email_key,
                team_name: team.name.clone(),
                team_key: team.name_key.clone(),
                role,
            };
            directory.people.insert(person.user, Arc::new(person));
        }
        directory.team_names =
            teams.into_iter().map(|team| (Id::from_uuid(team.id), team.name)).collect();
        for key in keys {
            let via = Via::Key { id: Id::from_uuid(key.id), last_four: key.last_four };
            let expires_at = key.expires_at.map(Timestamp::from_micros);
            directory.enter(&key.secret_hash, Id::from_uuid(key.user_id), via, expires_at)?;
        }
        for session in sessions {
            let via = Via::Session {
                id: Id::from_uuid(session.id),
                needs_password: session.needs_password != 0,
            };
            let expires_at = Some(Timestamp::from_micros(session.expires_at));
            let user = Id::from_uuid(session.user_id);
            let hash = directory.enter(&session.token_hash, user, via, expires_at)?;
            directory.sessions.insert(Id::from_uuid(session.id), hash);
        }
        Ok(directory)
    }

    fn enter(
        &mut self,
        hash: &[u8],
        user: UserId,
        via: Via,
        expires_at: Option<Timestamp>,
    ) -> Result<Sha256, StorageError> {
        let hash: Sha256 =
            hash.try_into().map_err(|_| StorageError::Corrupt { column: "secret_hash" })?;
        // A disabled user's keys and sessions find no person and so do not exist.
        if let Some(person) = self.people.get(&user) {
            let principal = Principal { person: Arc::clone(person), via: Arc::new(via) };
            self.entries.insert(hash, Entry { principal, expires_at });
        }
        Ok(hash)
    }

    /// Who proves itself with the secret of this digest, unless that has expired.
    #[must_use]
    pub fn principal(&self, hash: &Sha256, now: Timestamp) -> Option<&Principal> {
        let entry = self.entries.get(hash)?;
        let is_expired = entry.expires_at.is_some_and(|expires_at| expires_at <= now);
        (!is_expired).then_some(&entry.principal)
    }

    /// Who is signed in with this session, unless it has ended or expired.
    #[must_use]
    pub fn session(&self, session: SessionId, now: Timestamp) -> Option<&Principal> {
        self.principal(self.sessions.get(&session)?, now)
    }

    /// The name of a user, for reports.
    #[must_use]
    pub fn user_name(&self, user: UserId) -> Option<&str> {
        self.people.get(&user).map(|person| person.name.as_str())
    }

    /// A user as a principal who proved itself with nothing; it opens no door by itself.
    #[must_use]
    pub fn as_principal(&self, user: UserId) -> Option<Principal> {
        let via = Via::Session { id: Id::from_uuid(uuid::Uuid::nil()), needs_password: true };
        let person = Arc::clone(self.people.get(&user)?);
        Some(Principal { person, via: Arc::new(via) })
    }

    /// The name of a team, for reports.
    #[must_use]
    pub fn team_name(&self, team: TeamId) -> Option<&str> {
        self.team_names.get(&team).map(String::as_str)
    }
}
