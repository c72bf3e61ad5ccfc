//! After a crash: calls that were under way get their ending, then everything is applied.

use std::{collections::BTreeMap, sync::Arc};

use shared::{
    id::{NodeId, RequestId},
    receipt::{Stage, Verdict, VerdictKind},
};

use super::writer::{ApplyError, LedgerWriter, record};
use crate::{
    call::{Finish, Record},
    journal::{Journal, Position},
    storage::{Database, StorageError, tables::watermarks},
};

const READ_RECORDS: usize = 1_000;
const READ_BYTES: usize = 4 * 1024 * 1024;

/// Ends the calls that a crash cut off, applies everything that the database does not have yet,
/// and gives the writer that goes on from there, with how many calls had been cut off.
///
/// # Errors
/// [`ApplyError`] where journal or database fail; the gateway must not start then.
pub async fn recover(
    database: Database,
    journal: Arc<Journal>,
    node: NodeId,
) -> Result<(LedgerWriter, usize), ApplyError> {
    let cut_off = calls_without_end(&journal)?;
    let count = cut_off.len();
    for finish in cut_off.into_values() {
        let record = Record::Finish(Box::new(interrupted(finish)));
        let bytes = serde_json::to_vec(&record)
            .map_err(|_| StorageError::Corrupt { column: "journal record" })?;
        journal.append_beyond_limit(&bytes)?;
    }
    let from = match watermarks::find(&database, node.uuid()).await? {
        Some(mark) => Position::from_columns(mark.segment, mark.end_offset),
        None => Position::START,
    };
    journal.applied(from)?;
    let mut writer = LedgerWriter::new(database, journal, node, from);
    while writer.apply_some().await? > 0 {}
    Ok((writer, count))
}

fn calls_without_end(journal: &Arc<Journal>) -> Result<BTreeMap<RequestId, Finish>, ApplyError> {
    let mut open = BTreeMap::new();
    let mut reader = journal.reader(Position::START);
    loop {
        let records = reader.next_batch(READ_RECORDS, READ_BYTES)?;
        if records.is_empty() {
            return Ok(open);
        }
        for written in &records {
            match record(written)? {
                Record::Intent(intent) => {
                    open.insert(intent.worst_case.request_id, intent.worst_case);
                }
                Record::Finish(finish) => {
                    open.remove(&finish.request_id);
                }
            }
        }
    }
}

/// The record of a call whose end nobody saw: charged with all that was set aside for it, because
/// the provider may have done all of it. A later correction can only lower it.
fn interrupted(mut worst_case: Finish) -> Finish {
    for (stage, summary) in [
        (
            Stage::Cost,
            format!("${} charged: all that was reserved; the end was not seen", worst_case.cost),
        ),
        (Stage::Audit, format!("recorded as {} after a restart", worst_case.request_id)),
    ] {
        worst_case.verdicts.retain(|verdict| verdict.stage != stage);
        worst_case.verdicts.push(Verdict {
            stage,
            kind: VerdictKind::Warned,
            summary,
            took_micros: 0,
        });
    }
    worst_case
}
