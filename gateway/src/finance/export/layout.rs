//! Makes rows out of billing lines.

use super::{
    Layout,
    billing::BillingRows,
    cell::Column,
    focus::FocusRows,
    lines::Entry,
    names::Names,
    table::{Table, TableError},
};

/// Takes calls with their lines and writes what they come to.
pub(super) trait Rows: Send {
    /// Takes a call; gives how many rows were written, which may be of calls before.
    fn take(&mut self, entry: Entry, table: &mut dyn Table) -> Result<u64, TableError>;

    /// Writes what is left; gives how many rows that were.
    fn finish(&mut self, table: &mut dyn Table) -> Result<u64, TableError>;
}

/// The columns of a layout.
pub(super) fn columns(layout: Layout) -> Vec<Column> {
    match layout {
        Layout::Billing => super::billing::columns(),
        Layout::Focus(version) => super::focus::columns(version),
    }
}

/// The rows of a layout.
pub(super) fn rows<'a>(layout: Layout, names: &'a Names) -> Box<dyn Rows + 'a> {
    match layout {
        Layout::Billing => Box::new(BillingRows::new(names)),
        Layout::Focus(version) => Box::new(FocusRows::new(version, names)),
    }
}
