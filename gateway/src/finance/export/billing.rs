//! The billing layout: a row for every cost line and every correction line.

use shared::{
    Id,
    id::{ApiKey, Request, Team, User},
};

use super::{
    cell::{Cell, Column, Kind},
    layout::Rows,
    lines::{Entry, Line},
    names::Names,
    table::{Table, TableError},
};
use crate::storage::tables::export_lines::ExportedCallRow;

/// Nano-dollars have so many decimals of a dollar.
const MONEY: Kind = Kind::Decimal(9);

/// The columns, in their order; new ones come last.
pub(super) fn columns() -> Vec<Column> {
    let columns = [
        ("call_id", Kind::Text),
        ("started_at", Kind::Instant(6)),
        ("booked_at", Kind::Instant(6)),
        ("kind", Kind::Text),
        ("team_id", Kind::Text),
        ("team", Kind::Text),
        ("user_id", Kind::Text),
        ("user", Kind::Text),
        ("key_id", Kind::Text),
        ("key", Kind::Text),
        ("model", Kind::Text),
        ("provider", Kind::Text),
        ("upstream_model", Kind::Text),
        ("surface", Kind::Text),
        ("service_tier", Kind::Text),
        ("price_version", Kind::Text),
        ("token_class", Kind::Text),
        ("tokens", Kind::Integer),
        ("unit_price", MONEY),
        ("cost", MONEY),
        ("is_estimated", Kind::Flag),
        ("is_priced", Kind::Flag),
    ];
    columns.into_iter().map(|(name, kind)| Column { name, kind }).collect()
}

/// Writes a row for each line.
pub(super) struct BillingRows<'a> {
    names: &'a Names,
}

impl<'a> BillingRows<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self { names }
    }

    fn cells<'b>(&'b self, call: &'b ExportedCallRow, line: &'b Line) -> [Cell<'b>; 22] {
        [
            Cell::text(Id::<Request>::from_uuid(call.id).to_string()),
            Cell::Instant(call.started_at),
            Cell::Instant(line.booked_at),
            Cell::text(&line.kind),
            Cell::known(call.team_id.map(|id| Id::<Team>::from_uuid(id).to_string())),
            Cell::known(self.names.team(call.team_id)),
            Cell::known(call.user_id.map(|id| Id::<User>::from_uuid(id).to_string())),
            Cell::known(self.names.user(call.user_id)),
            Cell::known(call.key_id.map(|id| Id::<ApiKey>::from_uuid(id).to_string())),
            Cell::known(self.names.key(call.key_id)),
            Cell::text(&call.model),
            Cell::known(call.provider.as_deref()),
            Cell::known(call.upstream_model.as_deref()),
            Cell::text(&call.surface),
            Cell::known(call.service_tier.as_deref()),
            Cell::known(line.price_version.as_deref()),
            Cell::text(&line.token_class),
            Cell::Integer(line.tokens),
            line.price.map_or(Cell::Empty, |price| Cell::Decimal(price.nanos().into())),
            Cell::Decimal(line.cost.nanos().into()),
            Cell::Flag(call.is_estimated != 0),
            Cell::Flag(line.price.is_some()),
        ]
    }
}

impl Rows for BillingRows<'_> {
    fn take(&mut self, entry: Entry, table: &mut dyn Table) -> Result<u64, TableError> {
        for line in &entry.lines {
            table.row(&self.cells(&entry.call, line))?;
        }
        Ok(entry.lines.len() as u64)
    }

    fn finish(&mut self, _: &mut dyn Table) -> Result<u64, TableError> {
        Ok(0)
    }
}
