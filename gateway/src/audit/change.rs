//! An administrative change: by whom, what, on what, from what to what.

use serde_json::Value;

use crate::call::Client;

/// Who makes a change, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// A user's id, `command line` or `system`.
    pub who: String,
    /// For whom, where the actor impersonates somebody.
    pub subject: Option<String>,
    /// The address.
    pub ip: Option<String>,
    /// The program.
    pub user_agent: Option<String>,
    /// The request.
    pub request_id: Option<String>,
}

impl Actor {
    /// An actor that comes by the network.
    #[must_use]
    pub fn from(who: &impl ToString, client: &Client) -> Self {
        let known = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            who: who.to_string(),
            subject: None,
            ip: known(&client.ip),
            user_agent: known(&client.user_agent),
            request_id: known(&client.request_id),
        }
    }

    /// Somebody on the server itself.
    #[must_use]
    pub fn command_line() -> Self {
        Self { who: "command line".to_owned(), ..Self::default() }
    }

    /// The gateway itself.
    #[must_use]
    pub fn system() -> Self {
        Self { who: "system".to_owned(), ..Self::default() }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $name:literal;)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// The stable name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }
        }
    };
}

actions! {
    /// A team was made.
    TeamCreate = "team.create";
    /// A user was made.
    UserCreate = "user.create";
    /// A user has chosen a password.
    UserPassword = "user.password";
    /// A link was made that signs a user in once.
    SignInLinkCreate = "sign_in_link.create";
    /// Somebody has signed in.
    SessionOpen = "session.open";
    /// Somebody has signed out.
    SessionEnd = "session.end";
    /// Somebody has tried to sign in and was refused.
    SessionRefuse = "session.refuse";
    /// An API key was made.
    KeyCreate = "key.create";
    /// An API key was revoked.
    KeyRevoke = "key.revoke";
    /// What a node had leased of the budgets was given back for it.
    BudgetCloseLeases = "budget.close_leases";
    /// Billing lines were exported.
    ExportCreate = "export.create";
    /// The books of a month were closed: what comes for it later is a correction.
    PeriodClose = "period.close";
    /// The files of a closed month were written, and their hashes kept.
    PeriodSeal = "period.seal";
    /// Calls were rated again by the prices as they are now.
    LedgerRerate = "ledger.rerate";
    /// Money was given back for a call.
    CallRefund = "call.refund";
    /// A batch has ended, and its call was charged with what it has cost.
    BatchSettle = "batch.settle";
    /// A provider or a model was added while gateways run.
    ConfigurationCreate = "configuration.create";
    /// A provider or a model was changed while gateways run.
    ConfigurationUpdate = "configuration.update";
    /// A provider or a model was removed while gateways run.
    ConfigurationDelete = "configuration.delete";
    /// Credentials were sealed anew under another master key.
    ConfigurationReseal = "configuration.reseal";
    /// What was synced about models is in force.
    CatalogSync = "catalog.sync";
    /// What was synced about models was refused: it changes too much.
    CatalogRefuse = "catalog.refuse";
    /// What was refused is in force all the same.
    CatalogAccept = "catalog.accept";
    /// An earlier version is in force again.
    CatalogRollback = "catalog.rollback";
    /// Something is said of a model in place of what sources say, or no longer.
    CatalogOverride = "catalog.override";
    /// The chains of a node begin; rows from before are in no chain.
    AuditBegin = "audit.begin";
    /// Records older than their retention were deleted.
    AuditPrune = "audit.prune";
}

/// A change.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// By whom.
    pub actor: &'a Actor,
    /// What.
    pub action: Action,
    /// On what: a prefixed id.
    pub resource: String,
    /// What it was before; none for something new. Never a secret.
    pub before: Option<Value>,
    /// What it is since; none for something that is no more. Never a secret.
    pub after: Option<Value>,
}
