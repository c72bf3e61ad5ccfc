//! The first run: a local administrator, and a link that signs in once.

use shared::Role;

use super::{NewUser, Users};
use crate::{
    audit::Actor,
    storage::{Database, tables::users},
};

/// The address of the administrator that the first run makes.
pub const ADMINISTRATOR_EMAIL: &str = "admin@localhost";
const ADMINISTRATOR_TEAM: &str = "Administrators";

/// What the first run made.
#[derive(Debug, Clone)]
pub struct FirstRun {
    /// The token of the link; printed once and kept nowhere.
    pub token: String,
}

/// Makes the administrator where there is no user at all; later runs do nothing.
///
/// # Errors
/// The [`shared::Problem`] of making the user.
pub async fn first_run(
    database: &Database,
    service: &Users,
) -> Result<Option<FirstRun>, shared::Problem> {
    let existing = users::list(database).await.map_err(crate::audit::internal)?;
    if !existing.is_empty() {
        return Ok(None);
    }
    let administrator = NewUser {
        email: ADMINISTRATOR_EMAIL.to_owned(),
        name: "Administrator".to_owned(),
        team: ADMINISTRATOR_TEAM.to_owned(),
        role: Role::InstanceAdmin,
        password: None,
    };
    let id = service.add(&Actor::system(), administrator).await?;
    let token = service.link_for(&Actor::system(), id).await.map_err(crate::audit::internal)?;
    Ok(Some(FirstRun { token }))
}
