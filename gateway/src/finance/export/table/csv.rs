//! Comma-separated values, RFC 4180, UTF-8, a header first.
//!
//! A text that a spreadsheet would take for a formula is disarmed as OWASP says (CSV Injection):
//! one that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets a single quote before
//! it. So does one that begins with a single quote, so that whoever takes one quote off the
//! beginning of a text has it as it was. Numbers and instants stay as they are.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    super::cell::{Cell, Column, Decimal, Kind, instant_text},
    Table, TableError,
};

/// How much is collected before it goes out, in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// A CSV file.
pub(super) struct Csv<W: Write> {
    columns: Vec<Column>,
    out: ::csv::Writer<W>,
}

impl<W: Write> Csv<W> {
    /// Begins with the header.
    pub(super) fn new(columns: Vec<Column>, out: W) -> Result<Self, TableError> {
        let mut out = ::csv::WriterBuilder::new().buffer_capacity(BUFFER_BYTES).from_writer(out);
        out.write_record(columns.iter().map(|column| column.name)).map_err(io::Error::from)?;
        Ok(Self { columns, out })
    }
}

impl<W: Write + Send> Table for Csv<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), TableError> {
        for (column, cell) in self.columns.iter().zip(cells) {
            let text = text(column.kind, cell);
            self.out.write_field(text.as_bytes()).map_err(io::Error::from)?;
        }
        // Nothing more: the end of the row.
        self.out.write_record(None::<&[u8]>).map_err(io::Error::from)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), TableError> {
        Ok(self.out.flush()?)
    }
}

fn text<'a>(kind: Kind, cell: &'a Cell<'_>) -> Cow<'a, str> {
    match (cell, kind) {
        (Cell::Empty, _) => Cow::Borrowed(""),
        (Cell::Text(text), _) => disarmed(text),
        (Cell::Integer(number), _) => Cow::Owned(number.to_string()),
        (Cell::Decimal(units), Kind::Decimal(scale)) => {
            Cow::Owned(Decimal { units: *units, scale }.to_string())
        }
        (Cell::Decimal(units), _) => Cow::Owned(units.to_string()),
        (Cell::Instant(micros), Kind::Instant(decimals)) => {
            Cow::Owned(instant_text(*micros, decimals))
        }
        (Cell::Instant(micros), _) => Cow::Owned(instant_text(*micros, 6)),
        (Cell::Flag(true), _) => Cow::Borrowed("true"),
        (Cell::Flag(false), _) => Cow::Borrowed("false"),
    }
}

/// The text, with a quote before it where a spreadsheet would take it for a formula.
pub(in crate::finance) fn disarmed(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text as it was.
pub(in crate::finance) fn armed(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(rows: &[(String, String)]) -> Vec<u8> {
        let mut out = Vec::new();
        let columns = ["a", "b"].map(|name| Column { name, kind: Kind::Text });
        let mut table = Box::new(Csv::new(columns.to_vec(), &mut out).unwrap());
        for (a, b) in rows {
            table.row(&[Cell::text(a), Cell::text(b)]).unwrap();
        }
        table.finish().unwrap();
        out
    }

    #[test]
    fn a_formula_becomes_a_text_and_a_number_stays_one() {
        assert_eq!(disarmed("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        for formula in ["+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'quoted"] {
            assert_eq!(disarmed(formula), format!("'{formula}"));
        }
        assert_eq!(disarmed("gpt-5.2"), "gpt-5.2");
        assert_eq!(text(Kind::Decimal(9), &Cell::Decimal(-25)), "-0.000000025");
    }

    proptest! {
        #[test]
        fn what_is_read_back_is_what_was_written_and_no_cell_begins_a_formula(
            rows in prop::collection::vec((any::<String>(), "[=+@'\t\r\n\",; -]{0,4}x?"), 0..8)
        ) {
            let bytes = written(&rows);
            let mut read = ::csv::ReaderBuilder::new().from_reader(bytes.as_slice());
            let found: Vec<(String, String)> = read
                .records()
                .map(|record| {
                    let record = record.unwrap();
                    assert!(!record.iter().any(|cell| cell.starts_with(['=', '+', '-', '@'])));
                    (armed(&record[0]).to_owned(), armed(&record[1]).to_owned())
                })
                .collect();
            prop_assert_eq!(found, rows);
        }
    }
}
