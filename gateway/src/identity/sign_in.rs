//! Signing in and out: by password, or by a link that works once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use shared::{Id, Problem, ProblemCode, Timestamp, id::UserId};

use super::{Identity, NewSession, Principal, Via, hash_password, session, verify_password};
use crate::{
    audit::{self, Action, Actor, Audit, Change},
    call::Client,
    kernel::{Clock, Ids, digest::sha256},
    storage::{
        Database, StorageError,
        tables::{change_sequence, sessions, sign_in_links, users},
    },
};

/// Failed tries from one address for one user before each further one has to wait.
const FREE_TRIES: u32 = 5;
/// How long failed tries count.
const TRIES_WINDOW_SECONDS: i64 = 300;
/// How many addresses are remembered at most.
const REMEMBERED_TRIES: usize = 10_000;

/// The service behind the sign-in page.
pub struct SignIn {
    database: Database,
    identity: Arc<Identity>,
    audit: Audit,
    clock: Clock,
    ids: Ids,
    session_seconds: i64,
    failed: Mutex<HashMap<(String, String), (u32, Timestamp)>>,
}

impl SignIn {
    /// The service; sessions last `session_seconds`.
    #[must_use]
    pub fn new(
        database: Database,
        identity: Arc<Identity>,
        audit: Audit,
        clock: Clock,
        ids: Ids,
        session_seconds: i64,
    ) -> Self {
        Self { database, identity, audit, clock, ids, session_seconds, failed: Mutex::default() }
    }

    /// Who is signed in with this cookie; from memory.
    ///
    /// # Errors
    /// [`ProblemCode::Unauthenticated`] if nobody is.
    pub fn principal(&self, token: &str) -> Result<Principal, Problem> {
        self.identity
            .find(token)
            .filter(|principal| principal.key_id().is_none())
            .ok_or_else(|| unauthenticated("Your session has ended. Sign in again."))
    }

    /// Signs in with e-mail address and password.
    ///
    /// # Errors
    /// [`ProblemCode::Unauthenticated`] without saying which of the two is wrong;
    /// [`ProblemCode::RateLimited`] after too many tries from one address.
    pub async fn with_password(
        &self,
        email: &str,
        password: &str,
        client: &Client,
    ) -> Result<NewSession, Problem> {
        let email_key = email.trim().to_lowercase();
        self.check_tries(&email_key, client)?;
        let user = users::find(&self.database, &email_key).await.map_err(audit::internal)?;
        let user = user.filter(|user| user.disabled_at.is_none());
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let is_right = verify_password(password, hash).await;
        match user {
            Some(ref user) if is_right => {
                self.forget_tries(&email_key, client);
                self.open_session(Id::from_uuid(user.id), false, client).await
            }
            _ => {
                self.tell_of_refusal(user.map(|user| Id::from_uuid(user.id)), client).await?;
                self.count_try(email_key, client);
                Err(unauthenticated(
                    "E-mail address and password do not match. Check both and try again.",
                ))
            }
        }
    }

    /// Signs in with a link, which works once; a password must be chosen next.
    ///
    /// # Errors
    /// [`ProblemCode::Unauthenticated`] if the link is unknown, used or expired.
    pub async fn with_link(&self, token: &str, client: &Client) -> Result<NewSession, Problem> {
        let now = self.clock.now();
        let mut tx = self.database.begin().await.map_err(audit::internal)?;
        let user = sign_in_links::redeem(&mut tx, &sha256(token.as_bytes()), now.micros())
            .await
            .map_err(audit::internal)?
            .ok_or_else(|| {
                unauthenticated(
                    "This link has been used or has expired. Sign in with your password, or run \
                     `helixgateway user sign-in-link` on the server for a new link.",
                )
            })?;
        tx.commit().await.map_err(audit::internal)?;
        self.open_session(Id::from_uuid(user), true, client).await
    }

    /// Chooses the signed-in user's password.
    ///
    /// # Errors
    /// [`ProblemCode::InvalidRequest`] at `password` if it is too short or too long.
    pub async fn choose_password(
        &self,
        principal: &Principal,
        client: &Client,
        password: &str,
    ) -> Result<(), Problem> {
        let hash = hash_password(password).await.map_err(|error| {
            Problem::new(ProblemCode::InvalidRequest, format!("Please choose another: {error}."))
                .at("password")
        })?;
        let user = principal.user_id();
        let change = async {
            let mut tx = self.database.begin().await?;
            users::set_password(&mut tx, user.uuid(), &hash).await?;
            sessions::password_chosen(&mut tx, user.uuid()).await?;
            let change = Change {
                actor: &Actor::from(&user, client),
                action: Action::UserPassword,
                resource: user.to_string(),
                before: None,
                after: None,
            };
            self.audit.record(&mut tx, change).await?;
            change_sequence::raise(&mut tx).await?;
            tx.commit().await?;
            self.identity.refresh().await
        };
        change.await.map_err(audit::internal)
    }

    /// Ends the session of this cookie.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] if the database does not answer.
    pub async fn end(&self, token: &str, client: &Client) -> Result<(), Problem> {
        let principal = self.identity.find(token);
        let now = self.clock.now().micros();
        let change = async {
            let mut tx = self.database.begin().await?;
            sessions::end(&mut tx, &sha256(token.as_bytes()), now).await?;
            if let Some(principal) = principal {
                let user = principal.user_id();
                let change = Change {
                    actor: &Actor::from(&user, client),
                    action: Action::SessionEnd,
                    resource: session_of(&principal),
                    before: None,
                    after: None,
                };
                self.audit.record(&mut tx, change).await?;
            }
            change_sequence::raise(&mut tx).await?;
            tx.commit().await?;
            self.identity.refresh().await
        };
        change.await.map_err(audit::internal)
    }

    async fn open_session(
        &self,
        user: UserId,
        needs_password: bool,
        client: &Client,
    ) -> Result<NewSession, Problem> {
        let now = self.clock.now();
        let change = async {
            let mut tx = self.database.begin().await?;
            let session = session::open(
                &mut tx,
                &self.ids,
                now,
                user,
                needs_password,
                self.session_seconds,
                client,
            )
            .await?;
            let change = Change {
                actor: &Actor::from(&user, client),
                action: Action::SessionOpen,
                resource: user.to_string(),
                before: None,
                after: None,
            };
            self.audit.record(&mut tx, change).await?;
            change_sequence::raise(&mut tx).await?;
            tx.commit().await?;
            self.identity.refresh().await?;
            Ok::<_, StorageError>(session)
        };
        change.await.map_err(audit::internal)
    }

    /// A refused try, of somebody who is known or of nobody.
    async fn tell_of_refusal(&self, user: Option<UserId>, client: &Client) -> Result<(), Problem> {
        let change = async {
            let mut tx = self.database.begin().await?;
            let who = user.map_or_else(|| "nobody".to_owned(), |user| user.to_string());
            let change = Change {
                actor: &Actor::from(&who, client),
                action: Action::SessionRefuse,
                resource: who.clone(),
                before: None,
                after: None,
            };
            self.audit.record(&mut tx, change).await?;
            tx.commit().await
        };
        change.await.map_err(audit::internal)
    }

    fn check_tries(&self, email_key: &str, client: &Client) -> Result<(), Problem> {
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, (_, last)| now < last.plus_seconds(TRIES_WINDOW_SECONDS));
        let tries = failed.get(&(client.ip.clone(), email_key.to_owned()));
        match tries {
            Some((count, last)) if *count >= FREE_TRIES => {
                let wait = 2_i64.pow((*count - FREE_TRIES).min(6));
                if now < last.plus_seconds(wait) {
                    let seconds = u32::try_from(wait).unwrap_or(u32::MAX);
                    return Err(Problem::new(
                        ProblemCode::RateLimited,
                        format!("Too many tries. Wait {seconds} seconds and try again."),
                    )
                    .retry_after(seconds));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn count_try(&self, email_key: String, client: &Client) {
        let now = self.clock.now();
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() < REMEMBERED_TRIES {
            let tries = failed.entry((client.ip.clone(), email_key)).or_insert((0, now));
            *tries = (tries.0.saturating_add(1), now);
        }
    }

    fn forget_tries(&self, email_key: &str, client: &Client) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&(client.ip.clone(), email_key.to_owned()));
    }
}

fn session_of(principal: &Principal) -> String {
    match principal.via() {
        Via::Session { id, .. } => id.to_string(),
        Via::Key { .. } => principal.user_id().to_string(),
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(ProblemCode::Unauthenticated, detail)
}
