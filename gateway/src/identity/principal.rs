//! A known caller.

use std::sync::Arc;

use shared::{
    Role,
    id::{ApiKeyId, SessionId, TeamId, UserId},
    view::session::SignedIn,
};

/// With what the caller proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// An API key.
    Key {
        /// The key.
        id: ApiKeyId,
        /// To tell keys apart.
        last_four: String,
    },
    /// A browser session.
    Session {
        /// The session.
        id: SessionId,
        /// Whether a password must be chosen before anything else.
        needs_password: bool,
    },
}

/// A user as the snapshot knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user: UserId,
    pub(super) team: TeamId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) email_key: String,
    pub(super) team_name: String,
    pub(super) team_key: String,
    pub(super) role: Role,
}

/// A caller whom `identity` has authenticated; made nowhere else.
#[derive(Debug, Clone)]
pub struct Principal {
    pub(super) person: Arc<Person>,
    pub(super) via: Arc<Via>,
}

impl Principal {
    /// The user.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.person.user
    }

    /// The user's team.
    #[must_use]
    pub fn team_id(&self) -> TeamId {
        self.person.team
    }

    /// The user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.person.name
    }

    /// The user's address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.person.email
    }

    /// The user's address in lower case.
    #[must_use]
    pub fn email_key(&self) -> &str {
        &self.person.email_key
    }

    /// The team's name.
    #[must_use]
    pub fn team_name(&self) -> &str {
        &self.person.team_name
    }

    /// The team's name in lower case.
    #[must_use]
    pub fn team_key(&self) -> &str {
        &self.person.team_key
    }

    /// What the user is to the instance.
    #[must_use]
    pub fn role(&self) -> Role {
        self.person.role
    }

    /// With what the caller proved itself.
    #[must_use]
    pub fn via(&self) -> &Via {
        &self.via
    }

    /// The key, where one was used.
    #[must_use]
    pub fn key_id(&self) -> Option<ApiKeyId> {
        match &*self.via {
            Via::Key { id, .. } => Some(*id),
            Via::Session { .. } => None,
        }
    }

    /// Who is signed in, for the shell.
    #[must_use]
    pub fn signed_in(&self) -> SignedIn {
        SignedIn {
            user_id: self.user_id(),
            name: self.name().to_owned(),
            email: self.email().to_owned(),
            role: self.role(),
            team: self.team_name().to_owned(),
            needs_password: matches!(&*self.via, Via::Session { needs_password: true, .. }),
        }
    }
}
