//! After a crash: calls that were under way get their ending, then everything is applied.

use std::{collections::BTreeMap, sync::Arc};

use serde::de::IgnoredAny;
use shared::{
    Money,
    id::{NodeId, RequestId},
    receipt::{Stage, Verdict, VerdictKind},
};

use super::adoption;
use super::books::Books;
use super::writer::{ApplyError, LedgerWriter, PORTION_BYTES, PORTION_RECORDS, record};
use crate::{
    call::{CostLine, Finish, Record, Recorded, TokenClass},
    journal::{Journal, Position},
    kernel::config::JournalPlace,
    storage::{
        Database,
        tables::{open_calls, watermarks},
    },
};

/// Ends the calls that a crash cut off, applies everything that the database does not have yet,
/// and gives the writer that goes on from there, with how many calls had been cut off.
///
/// # Errors
/// [`ApplyError`] where journal or database fail; the gateway must not start then.
pub async fn recover(
    database: Database,
    journal: Arc<Journal>,
    node: NodeId,
    place: JournalPlace,
) -> Result<(LedgerWriter, usize), ApplyError> {
    let mut known_elsewhere = match place {
        JournalPlace::Files => BTreeMap::new(),
        JournalPlace::Database => calls_in_database(&database, node).await?,
    };
    let cut_off = calls_without_end(&journal, &mut known_elsewhere)?;
    let cut_off = cut_off.into_values().map(|(so_far, worst)| interrupted(so_far, worst));
    let ends: Vec<Finish> = cut_off.chain(known_elsewhere.into_values()).collect();
    for finish in &ends {
        journal.append_beyond_limit(&Record::Finish(finish).to_bytes())?;
    }
    let from = match watermarks::find(&database, node.uuid()).await? {
        Some(mark) => Position::from_columns(mark.segment, mark.end_offset),
        None => Position::START,
    };
    journal.applied(from)?;
    let books = Books::open(&database, node).await?;
    let mut writer = LedgerWriter::new(database, journal, node, from, books, place);
    while writer.apply_some().await? {}
    Ok((writer, ends.len()))
}

/// The ends of calls that the database says are this node's: it may have taken them over and died
/// before its journal had them.
async fn calls_in_database(
    database: &Database,
    node: NodeId,
) -> Result<BTreeMap<RequestId, Finish>, ApplyError> {
    let mut tx = database.begin().await?;
    let calls = open_calls::of_node(&mut tx, node.uuid()).await?;
    tx.commit().await?;
    let ends = calls.iter().map(adoption::end_of).filter_map(Result::transpose);
    ends.map(|end| end.map(|finish| (finish.request_id, finish))).collect()
}

/// Calls without an end, and what each is charged with then. What the journal knows, nobody else has
/// to tell.
fn calls_without_end(
    journal: &Arc<Journal>,
    known_elsewhere: &mut BTreeMap<RequestId, Finish>,
) -> Result<BTreeMap<RequestId, (Finish, Money)>, ApplyError> {
    let mut open = BTreeMap::new();
    let mut reader = journal.reader(Position::START);
    loop {
        let records = reader.read(PORTION_RECORDS, PORTION_BYTES, |_, payload| {
            match record::<Finish, IgnoredAny>(payload)? {
                Recorded::Intent { so_far, worst_case } => {
                    known_elsewhere.remove(&so_far.request_id);
                    open.insert(so_far.request_id, (so_far, worst_case));
                }
                Recorded::Finish(finish) => {
                    known_elsewhere.remove(&finish.request_id);
                    open.remove(&finish.request_id);
                }
            }
            Ok::<_, ApplyError>(())
        })?;
        if records == 0 {
            return Ok(open);
        }
    }
}

/// The record of a call whose end nobody saw: charged with all that was set aside for it, because
/// the provider may have done all of it, in a line of its own. A later correction can only lower it.
pub(super) fn interrupted(so_far: Finish, worst_case: Money) -> Finish {
    let line =
        CostLine { class: TokenClass::Reserved, tokens: 1, price: worst_case, cost: worst_case };
    let lines = if worst_case.is_zero() { Vec::new() } else { vec![line] };
    let mut finish = Finish { lines, cost: worst_case, is_estimated: true, ..so_far };
    for (stage, summary) in [
        (
            Stage::Cost,
            format!("${worst_case} charged: all that was reserved; the end was not seen"),
        ),
        (Stage::Audit, format!("recorded as {} after a restart", finish.request_id)),
    ] {
        finish.verdicts.0.retain(|verdict| verdict.stage != stage);
        finish.verdicts.0.push(Verdict {
            stage,
            kind: VerdictKind::Warned,
            summary,
            took_micros: 0,
        });
    }
    finish
}
