//! May they, these files: a file that was uploaded through the gateway is its owner's wherever a
//! request names it.
//!
//! All callers share the provider's account, so the provider would read anybody's to whoever knows
//! its id. What the gateway does not know was brought there by another way; whether that may be
//! named, the configuration says. Only a body that names files costs a query.

use shared::{
    Problem, ProblemCode,
    receipt::{Stage, VerdictKind},
};
use tokio::runtime::Handle;

use super::Allowed;
use crate::{
    call::{Refusal, Trail},
    identity::Principal,
    kernel::config::{Config, UnknownFiles},
    storage::{Database, StorageError, tables::provider_objects},
    wire::named_files,
};

/// The longest id that is repeated, in characters.
const ID_LIMIT_CHARACTERS: usize = 64;

/// Decides who may name which files.
pub struct Files {
    database: Database,
    /// Where the database is asked: calls are served elsewhere.
    runtime: Handle,
    unknown: UnknownFiles,
}

impl Files {
    /// The files told of in `database`.
    #[must_use]
    pub fn new(database: Database, config: &Config) -> Self {
        Self { database, runtime: Handle::current(), unknown: config.files.unknown }
    }

    /// The rest of the stage: whether the caller may have the files that the body names.
    ///
    /// # Errors
    /// Not found, for a file of somebody else as for none.
    pub async fn check(&self, allowed: Allowed, trail: &mut Trail) -> Result<Allowed, Refusal> {
        match self.check_body(allowed.principal(), &allowed.call().body).await {
            Ok(()) => Ok(allowed),
            Err(refusal) => {
                trail.note(Stage::Rbac, VerdictKind::Refused, refusal.public_detail());
                Err(refusal)
            }
        }
    }

    /// The same for one body of many.
    ///
    /// # Errors
    /// As [`Files::check`].
    pub async fn check_body(&self, principal: &Principal, body: &[u8]) -> Result<(), Refusal> {
        let named = named_files(body)?;
        if named.is_empty() {
            return Ok(());
        }
        let (database, ids) = (self.database.clone(), named.clone());
        let look = async move { provider_objects::owners_of_files(&database, &ids).await };
        let found = self.runtime.spawn(look).await;
        let owners = found.map_err(|_| unread(None))?.map_err(|error| unread(Some(&error)))?;
        let user = principal.user_id().uuid();
        for id in named {
            let mut of_file = owners.iter().filter(|owner| owner.vendor_id == id).peekable();
            let is_known = of_file.peek().is_some();
            let may_be_named = of_file.any(|owner| owner.user_id == user)
                || (!is_known && self.unknown == UnknownFiles::Relay);
            if !may_be_named {
                return Err(Refusal::Edge(no_file(&id)));
            }
        }
        Ok(())
    }
}

fn no_file(id: &str) -> Problem {
    let id: String =
        id.chars().filter(|letter| !letter.is_control()).take(ID_LIMIT_CHARACTERS).collect();
    let detail = format!(
        "There is no file `{id}`. Upload it through this gateway, and name the id that it answers."
    );
    Problem::new(ProblemCode::NotFound, detail).at("file_id")
}

fn unread(error: Option<&StorageError>) -> Refusal {
    tracing::error!(
        error = error.map(|error| error as &dyn std::error::Error),
        "whose a file is cannot be read"
    );
    let detail = "The gateway cannot read at the moment whose the files of this request are. Try \
                  again shortly.";
    Refusal::Edge(Problem::new(ProblemCode::RecordsUnavailable, detail).retry_after(1))
}
