//! The calls of a period.

use sea_query::{Expr, ExprTrait, Order};
use uuid::Uuid;

use super::{CallRow, Calls, select};
use crate::{
    kernel::{first_id_beyond, first_id_since},
    storage::{Database, StorageError},
};

/// Reads the calls that arrived in a half-open period, page by page in the order of arrival.
#[derive(Debug, Clone)]
pub struct CallsBetween {
    from: i64,
    until: i64,
    after: Uuid,
}

impl CallsBetween {
    /// The calls from the microsecond `from` on and before `until`.
    #[must_use]
    pub fn new(from: i64, until: i64) -> Self {
        Self { from, until, after: first_id_since(from) }
    }

    /// The next calls; none at the end.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn next(
        &mut self,
        database: &Database,
        limit: u64,
    ) -> Result<Vec<CallRow>, StorageError> {
        let mut query = select();
        let end = first_id_beyond(self.until);
        query
            .and_where(Expr::col(Calls::Id).gt(self.after))
            .and_where(Expr::col(Calls::Id).lt(end))
            .and_where(Expr::col(Calls::StartedAt).gte(self.from))
            .and_where(Expr::col(Calls::StartedAt).lt(self.until))
            .order_by(Calls::Id, Order::Asc)
            .limit(limit);
        let page: Vec<CallRow> = database.fetch_all(&query).await?;
        if let Some(last) = page.last() {
            self.after = last.id;
        }
        Ok(page)
    }
}
