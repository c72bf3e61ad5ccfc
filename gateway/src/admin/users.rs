//! Users and teams, made from the command line and at the first run.

use std::sync::Arc;

use serde_json::json;
use shared::{
    Id, Problem, ProblemCode, Role,
    id::{SignInLink, Team, User, UserId},
};

use crate::{
    audit::{self, Action, Actor, Audit, Change},
    identity::{Identity, hash_password},
    kernel::{
        Clock, Ids,
        digest::{secret_text, sha256},
    },
    storage::{
        Database, StorageError, Tx,
        tables::{
            change_sequence, sign_in_links,
            teams::{self, TeamRow},
            users::{self, UserRow},
        },
    },
};

/// How long a sign-in link works.
const LINK_SECONDS: i64 = 24 * 3_600;
/// What the name columns hold.
const NAME_LIMIT_CHARACTERS: usize = 200;

/// Makes users.
pub struct Users {
    database: Database,
    identity: Arc<Identity>,
    audit: Audit,
    clock: Clock,
    ids: Ids,
}

/// A user to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The address to sign in with.
    pub email: String,
    /// The name to be shown.
    pub name: String,
    /// The team; made if there is none of that name.
    pub team: String,
    /// What the user is to the instance.
    pub role: Role,
    /// The password; without one, a sign-in link has to be made.
    pub password: Option<String>,
}

impl Users {
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

    /// Makes a user.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`] at the field at fault; [`ProblemCode::Conflict`] where the
    /// address is taken.
    pub async fn add(&self, actor: &Actor, user: NewUser) -> Result<UserId, Problem> {
        let email = checked(&user.email, "email")?;
        if !email.contains('@') {
            return Err(invalid("email", "An e-mail address has an @ in it."));
        }
        let name = checked(&user.name, "name")?;
        let team = checked(&user.team, "team")?;
        let password_hash = match &user.password {
            Some(password) => Some(
                hash_password(password)
                    .await
                    .map_err(|error| invalid("password", &format!("{error}.")))?,
            ),
            None => None,
        };
        let now = self.clock.now();
        let id: UserId = self.ids.next::<User>(now);
        let change = async {
            let mut tx = self.database.begin().await?;
            let team_id = self.team(&mut tx, actor, team).await?;
            let row = UserRow {
                id: id.uuid(),
                team_id,
                email: email.to_owned(),
                email_key: email.to_lowercase(),
                name: name.to_owned(),
                role: user.role.as_str().to_owned(),
                password_hash,
                disabled_at: None,
            };
            users::add(&mut tx, &row, now.micros()).await?;
            let after = json!({ "email": email, "name": name, "team": team, "role": user.role });
            let change = Change {
                actor,
                action: Action::UserCreate,
                resource: id.to_string(),
                before: None,
                after: Some(after),
            };
            self.audit.record(&mut tx, change).await?;
            change_sequence::raise(&mut tx).await?;
            tx.commit().await?;
            self.identity.refresh().await
        };
        match change.await {
            Ok(()) => Ok(id),
            Err(StorageError::Conflict(_)) => Err(Problem::new(
                ProblemCode::Conflict,
                format!("There is a user {email} already."),
            )
            .at("email")),
            Err(error) => Err(audit::internal(error)),
        }
    }

    /// Makes a link that signs this user in once; gives its token.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where there is no such user.
    pub async fn sign_in_link(&self, email: &str) -> Result<String, Problem> {
        let user = users::find(&self.database, &email.trim().to_lowercase())
            .await
            .map_err(audit::internal)?
            .ok_or_else(|| {
                Problem::new(ProblemCode::NotFound, format!("There is no user {email}."))
            })?;
        self.link_for(&Actor::command_line(), Id::from_uuid(user.id)).await.map_err(audit::internal)
    }

    pub(super) async fn link_for(
        &self,
        actor: &Actor,
        user: UserId,
    ) -> Result<String, StorageError> {
        let now = self.clock.now();
        let token = secret_text(self.ids.bytes());
        let mut tx = self.database.begin().await?;
        sign_in_links::add(
            &mut tx,
            self.ids.next::<SignInLink>(now).uuid(),
            user.uuid(),
            &sha256(token.as_bytes()),
            now.micros(),
            now.plus_seconds(LINK_SECONDS).micros(),
        )
        .await?;
        let change = Change {
            actor,
            action: Action::SignInLinkCreate,
            resource: user.to_string(),
            before: None,
            after: None,
        };
        self.audit.record(&mut tx, change).await?;
        tx.commit().await?;
        Ok(token)
    }

    async fn team(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        name: &str,
    ) -> Result<uuid::Uuid, StorageError> {
        let name_key = name.to_lowercase();
        if let Some(team) = teams::find(tx, &name_key).await? {
            return Ok(team.id);
        }
        let now = self.clock.now();
        let team =
            TeamRow { id: self.ids.next::<Team>(now).uuid(), name: name.to_owned(), name_key };
        teams::add(tx, &team, now.micros()).await?;
        let change = Change {
            actor,
            action: Action::TeamCreate,
            resource: Id::<Team>::from_uuid(team.id).to_string(),
            before: None,
            after: Some(json!({ "name": name })),
        };
        self.audit.record(tx, change).await?;
        Ok(team.id)
    }
}

fn checked<'a>(text: &'a str, field: &'static str) -> Result<&'a str, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NAME_LIMIT_CHARACTERS {
        let detail = format!("`{field}` must have 1 to {NAME_LIMIT_CHARACTERS} characters.");
        return Err(invalid(field, &detail));
    }
    Ok(text)
}

fn invalid(field: &'static str, detail: &str) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail).at(field)
}
