//! Which calls came after the books of their month were closed.
//!
//! Such a call counts later, by correction lines. It has the time of its arrival all the same, so
//! one without any cost, which no correction tells of, would turn up in a month that must not
//! change any more. The chain of calls says in which order they came.

use std::collections::HashMap;

use uuid::Uuid;

use super::heads;
use crate::storage::{
    Database, StorageError,
    tables::{billing_periods, export_lines::ExportedCallRow},
};

/// How far the chains of calls went when each month was closed.
#[derive(Debug, Default)]
pub(in crate::finance) struct Sealed(Vec<SealedMonth>);

#[derive(Debug)]
struct SealedMonth {
    start_at: i64,
    end_at: i64,
    /// The last link of each node.
    last_calls: HashMap<Uuid, i64>,
}

impl Sealed {
    /// As the database says it.
    pub(in crate::finance) async fn load(database: &Database) -> Result<Self, StorageError> {
        let mut months = Vec::new();
        for row in billing_periods::list(database).await? {
            let Some(text) = &row.heads else { continue };
            let heads = heads::from_json(text)?;
            let of_calls = heads.iter().filter(|head| head.is_of_calls());
            months.push(SealedMonth {
                start_at: row.month_start_at,
                end_at: row.month_end_at,
                last_calls: of_calls.map(|head| (head.node.uuid(), head.sequence)).collect(),
            });
        }
        Ok(Self(months))
    }

    /// Whether a call came after the books of its month were closed.
    pub(in crate::finance) fn is_late(&self, call: &ExportedCallRow) -> bool {
        let is_of =
            |month: &&SealedMonth| (month.start_at..month.end_at).contains(&call.started_at);
        let (Some(month), Some(link)) = (self.0.iter().find(is_of), call.audit_sequence) else {
            return false;
        };
        month.last_calls.get(&call.node_id).is_none_or(|last| link > *last)
    }
}
