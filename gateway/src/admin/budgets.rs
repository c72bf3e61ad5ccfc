//! Budgets for the command line: what is used of them, and leases of nodes that are gone.

use serde_json::json;
use shared::{
    Id, Money, Problem, ProblemCode, Timestamp,
    id::NodeId,
    view::spend::{BudgetLease, BudgetLevel, BudgetStatus},
};

use crate::{
    audit::{self, Action, Actor, Audit, Change},
    budgets::Budgets,
    kernel::{Clock, config::Config},
    storage::{
        Database, StorageError,
        tables::{
            api_keys,
            budget_leases::{self, BudgetLeaseRow},
            budget_windows::{self, WindowKey},
            teams, users,
        },
    },
};

/// A node that was heard of within this time is not gone.
const IS_THERE_SECONDS: i64 = 60;

/// The service behind `helixgateway budgets`.
pub struct BudgetOverview {
    config: Config,
    database: Database,
    audit: Audit,
    clock: Clock,
}

impl BudgetOverview {
    /// The service.
    #[must_use]
    pub fn new(config: Config, database: Database, audit: Audit, clock: Clock) -> Self {
        Self { config, database, audit, clock }
    }

    /// Every budget with a name of its own, and those for each team, user or key of which
    /// something is used.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] where the database fails.
    pub async fn statuses(&self) -> Result<Vec<BudgetStatus>, Problem> {
        self.read().await.map_err(audit::internal)
    }

    async fn read(&self) -> Result<Vec<BudgetStatus>, StorageError> {
        let clock = self.clock.clone();
        let budgets = Budgets::for_viewing(&self.config, &self.database, clock).await?;
        let mut statuses = budgets.statuses();
        let mut each = Vec::new();
        for team in teams::list(&self.database).await? {
            each.extend(budgets.statuses_at(BudgetLevel::Team, &team.name_key, &team.name));
        }
        for user in users::list(&self.database).await? {
            each.extend(budgets.statuses_at(BudgetLevel::User, &user.email_key, &user.email));
        }
        for key in api_keys::list_live(&self.database).await? {
            let id = Id::<shared::id::ApiKey>::from_uuid(key.id).to_string();
            each.extend(budgets.statuses_at(BudgetLevel::Key, &id, &format!("…{}", key.last_four)));
        }
        for status in each {
            let is_used = !status.spent.is_zero() || !status.reserved.is_zero();
            if is_used && statuses.iter().all(|known| known.id != status.id) {
                statuses.push(status);
            }
        }
        Ok(statuses)
    }

    /// What nodes have leased and not settled.
    ///
    /// # Errors
    /// [`ProblemCode::Internal`] where the database fails.
    pub async fn leases(&self) -> Result<Vec<BudgetLease>, Problem> {
        let rows = budget_leases::list_open(&self.database).await.map_err(audit::internal)?;
        Ok(rows.iter().map(lease).collect())
    }

    /// Gives back what a node has leased that is gone for good; gives how much that was. If it
    /// comes back all the same, what it has spent is settled as ever.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where it has leased nothing; [`ProblemCode::Conflict`] where it
    /// was heard of a moment ago and this is not `forced`.
    pub async fn close_leases(&self, node: NodeId, forced: bool) -> Result<Money, Problem> {
        let now = self.clock.now();
        let rows = budget_leases::list_open(&self.database).await.map_err(audit::internal)?;
        let of_node: Vec<_> = rows.into_iter().filter(|row| row.node_id == node.uuid()).collect();
        let Some(heard_at) = of_node.iter().map(|row| row.renewed_at).max() else {
            let detail = format!(
                "The node {node} has leased nothing. `helixgateway budgets leases` lists who has."
            );
            return Err(Problem::new(ProblemCode::NotFound, detail));
        };
        let silent_seconds = (now.micros() - heard_at) / 1_000_000;
        if silent_seconds < IS_THERE_SECONDS && !forced {
            let detail = format!(
                "The node {node} was heard of {silent_seconds} seconds ago: it may be spending \
                 what it has leased. Stop it, wait until it has been silent for \
                 {IS_THERE_SECONDS} seconds, or add --force."
            );
            return Err(Problem::new(ProblemCode::Conflict, detail));
        }
        self.give_back(node, &of_node).await.map_err(audit::internal)
    }

    async fn give_back(
        &self,
        node: NodeId,
        leases: &[BudgetLeaseRow],
    ) -> Result<Money, StorageError> {
        let mut tx = self.database.begin().await?;
        let mut total = Money::ZERO;
        for row in leases {
            let window = WindowKey { budget_id: row.budget_id, start_at: row.window_start_at };
            // Closing says nothing of when the node was there.
            let (amount, heard_at) = (row.leased_nanos, row.renewed_at);
            budget_windows::give_back(&mut tx, node.uuid(), window, amount, heard_at).await?;
            total += Money::from_nanos(amount);
        }
        let change = Change {
            actor: &Actor::command_line(),
            action: Action::BudgetCloseLeases,
            resource: node.to_string(),
            before: Some(json!({ "leased": total })),
            after: Some(json!({ "leased": Money::ZERO })),
        };
        self.audit.record(&mut tx, change).await?;
        tx.commit().await?;
        Ok(total)
    }
}

fn lease(row: &BudgetLeaseRow) -> BudgetLease {
    BudgetLease {
        budget: Id::from_uuid(row.budget_id),
        window_start: Timestamp::from_micros(row.window_start_at),
        node: Id::from_uuid(row.node_id),
        leased: Money::from_nanos(row.leased_nanos),
        heard_at: Timestamp::from_micros(row.renewed_at),
    }
}
