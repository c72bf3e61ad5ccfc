//! How the database would run a statement, kept beside running it: for judging indexes, never for
//! serving.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::{AssertSqlSafe, Row, mysql::MySqlRow};

use super::{Database, Statement, StorageError, pools::Pools};

/// The plans of the statements that a [`Database::with_plans`] has run, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<Mutex<Vec<String>>>);

impl Plans {
    /// Takes what there is.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Database {
    /// The same database, which also keeps the plan of every query that it runs.
    #[must_use]
    pub fn with_plans(&self) -> (Self, Plans) {
        let plans = Plans::default();
        (Self { pools: self.pools.clone(), plans: Some(plans.clone()) }, plans)
    }

    /// Keeps the plan of a query, if plans are wanted.
    pub(super) async fn note_plan(&self, statement: &impl Statement) -> Result<(), StorageError> {
        let Some(Plans(plans)) = &self.plans else { return Ok(()) };
        let plan = self.explain(statement).await?;
        plans.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
        Ok(())
    }

    /// A line for each step, without costs and counts of rows.
    async fn explain(&self, statement: &impl Statement) -> Result<String, StorageError> {
        let (sql, values) = statement.render(self.dialect());
        let lines: Vec<String> = match &self.pools {
            Pools::Sqlite { read, .. } => {
                let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = sqlx::query_with(sql, values).fetch_all(read).await?;
                rows.iter().map(|row| row.try_get("detail")).collect::<Result<_, _>>()?
            }
            Pools::Postgres(pool) => {
                let sql = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {sql}"));
                let rows = sqlx::query_with(sql, values).fetch_all(pool).await?;
                rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
            }
            Pools::MySql(pool) => {
                let sql = AssertSqlSafe(format!("EXPLAIN {sql}"));
                let rows = sqlx::query_with(sql, values).fetch_all(pool).await?;
                rows.iter().map(mysql_step).collect::<Result<_, _>>()?
            }
        };
        Ok(lines.join("\n"))
    }
}

fn mysql_step(row: &MySqlRow) -> Result<String, sqlx::Error> {
    let mut step = Vec::new();
    for column in ["table", "type", "key", "Extra"] {
        let value: Option<String> = row.try_get(column)?;
        step.push(format!("{}={}", column.to_lowercase(), value.unwrap_or_default()));
    }
    Ok(step.join(" "))
}
