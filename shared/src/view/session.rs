//! Who is signed in, as the shell shows it.

use serde::{Deserialize, Serialize};

use crate::{Role, id::UserId};

/// The signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The user's id.
    pub user_id: UserId,
    /// The name shown in the shell.
    pub name: String,
    /// The address that the user signs in with.
    pub email: String,
    /// What the user is to the instance.
    pub role: Role,
    /// The name of the user's team.
    pub team: String,
    /// Whether the user must choose a password before anything else works (first sign-in by
    /// one-time link).
    pub needs_password: bool,
}
