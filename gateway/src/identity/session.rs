//! Browser sessions: 256 random bits in a cookie, their digest in the database.

use shared::{Timestamp, id::Session, id::UserId};

use crate::{
    call::Client,
    kernel::{
        Ids,
        digest::{secret_text, sha256},
    },
    storage::{StorageError, Tx, tables::sessions},
};

/// A session at the only moment at which its token is known.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The cookie's value.
    pub token: String,
    /// How long the cookie lives.
    pub max_age_seconds: i64,
}

/// Opens a session for a user.
///
/// # Errors
/// [`StorageError`] where it cannot be stored.
pub(super) async fn open(
    tx: &mut Tx,
    ids: &Ids,
    now: Timestamp,
    user: UserId,
    needs_password: bool,
    max_age_seconds: i64,
    client: &Client,
) -> Result<NewSession, StorageError> {
    let token = secret_text(ids.bytes());
    let session = sessions::SessionRow {
        id: ids.next::<Session>(now).uuid(),
        user_id: user.uuid(),
        token_hash: sha256(token.as_bytes()).to_vec(),
        needs_password: i64::from(needs_password),
        expires_at: now.plus_seconds(max_age_seconds).micros(),
    };
    let user_agent: String = client.user_agent.chars().take(255).collect();
    sessions::add(tx, &session, &client.ip, &user_agent, now.micros()).await?;
    Ok(NewSession { token, max_age_seconds })
}
