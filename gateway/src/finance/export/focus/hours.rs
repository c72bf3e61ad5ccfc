//! Collects lines into rows, hour by hour.
//!
//! Calls come in the order of their ids, and so of time but for a moment. An hour is written once no
//! call of it can come any more, so there are never more rows in memory than an hour or two have.

use std::collections::BTreeMap;

use super::{
    FocusVersion, Names,
    columns::{self, FocusColumn},
    group::{Group, Sums},
    row::Row,
};
use crate::{
    finance::{
        HOUR_MICROS,
        export::{
            cell::Cell,
            layout::Rows,
            lines::{Entry, made_at},
            table::{Table, TableError},
        },
    },
    kernel::ID_MARGIN_MICROS,
};

/// Writes a row for each group.
pub(in super::super) struct FocusRows<'a> {
    columns: Vec<&'static FocusColumn>,
    names: &'a Names,
    groups: BTreeMap<Group, Sums>,
    /// Up to when calls have come, in microseconds.
    reached: i64,
}

impl<'a> FocusRows<'a> {
    pub(in super::super) fn new(version: FocusVersion, names: &'a Names) -> Self {
        let columns = columns::of(version).collect();
        Self { columns, names, groups: BTreeMap::new(), reached: i64::MIN }
    }

    /// Writes the hours that are over, given that calls have come up to `now`.
    fn write_until(&mut self, now: i64, table: &mut dyn Table) -> Result<u64, TableError> {
        let mut written = 0;
        while let Some(first) = self.groups.first_entry() {
            if first.key().hour_at.saturating_add(HOUR_MICROS + ID_MARGIN_MICROS) > now {
                break;
            }
            let (group, sums) = first.remove_entry();
            let row = Row { group: &group, sums, names: self.names };
            let cells: Vec<Cell<'_>> =
                self.columns.iter().map(|column| (column.value)(&row)).collect();
            table.row(&cells)?;
            written += 1;
        }
        Ok(written)
    }
}

impl Rows for FocusRows<'_> {
    fn take(&mut self, entry: Entry, table: &mut dyn Table) -> Result<u64, TableError> {
        let now = made_at(entry.call.id);
        // Corrections begin anew with every instant at which some were booked.
        let is_anew = now.saturating_add(ID_MARGIN_MICROS) < self.reached;
        let written = self.write_until(if is_anew { i64::MAX } else { now }, table)?;
        self.reached = now;
        for line in &entry.lines {
            let mut sums = Sums::default();
            sums.add(&entry, line);
            if sums.is_nothing() {
                continue;
            }
            self.groups.entry(Group::of(&entry.call, line)).or_default().add(&entry, line);
        }
        Ok(written)
    }

    fn finish(&mut self, table: &mut dyn Table) -> Result<u64, TableError> {
        self.write_until(i64::MAX, table)
    }
}
