//! Excel workbooks, for people: a sheet for every 1,048,575 rows, with a header that stays in sight.
//!
//! Numbers of a workbook are binary floating point (ECMA-376), so an amount has 15 exact digits at
//! most; what has to be exact to the last digit is in the other formats. Rows wait in a temporary
//! file until the end, not in memory.

use std::io::Write;

use rust_xlsxwriter::{ColNum, DocProperties, ExcelDateTime, RowNum, Workbook, Worksheet};

use super::{
    super::cell::{Cell, Column, Kind},
    Table, TableError,
};

/// How many rows fit below the header.
const SHEET_ROWS: RowNum = 1_048_575;
const COLUMN_WIDTH: f64 = 22.0;
const MICROS_A_DAY: f64 = 86_400_000_000.0;
/// The day number of 1970-01-01 in a workbook.
const UNIX_EPOCH_DAY: f64 = 25_569.0;

/// A workbook.
pub(super) struct Xlsx<W: Write + Send> {
    columns: Vec<Column>,
    formats: Vec<rust_xlsxwriter::Format>,
    workbook: Workbook,
    sheet: Worksheet,
    rows: RowNum,
    sheet_rows: RowNum,
    out: W,
}

impl<W: Write + Send> Xlsx<W> {
    /// Begins the first sheet.
    pub(super) fn new(columns: Vec<Column>, out: W) -> Result<Self, TableError> {
        Self::with_rows(columns, out, SHEET_ROWS)
    }

    fn with_rows(columns: Vec<Column>, out: W, sheet_rows: RowNum) -> Result<Self, TableError> {
        let mut workbook = Workbook::new();
        // The same rows make the same file, whenever it is written.
        let created = ExcelDateTime::from_ymd(2026, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let sheet = begin(&mut workbook, &columns)?;
        let formats = columns.iter().map(|column| number_format(column.kind)).collect();
        Ok(Self { columns, formats, workbook, sheet, rows: 0, sheet_rows, out })
    }
}

fn begin(workbook: &mut Workbook, columns: &[Column]) -> Result<Worksheet, TableError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, COLUMN_WIDTH)?;
        sheet.write_string(0, at, column.name)?;
    }
    Ok(sheet)
}

fn number_format(kind: Kind) -> rust_xlsxwriter::Format {
    let format = rust_xlsxwriter::Format::new();
    match kind {
        Kind::Text | Kind::Integer | Kind::Flag | Kind::Decimal(0) => format,
        Kind::Decimal(scale) => format.set_num_format(format!("0.{}", "0".repeat(scale as usize))),
        Kind::Instant(0) => format.set_num_format("yyyy-mm-dd hh:mm:ss"),
        Kind::Instant(_) => format.set_num_format("yyyy-mm-dd hh:mm:ss.000"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a workbook has no other numbers")]
fn number(kind: Kind, cell: &Cell<'_>) -> Option<f64> {
    match (cell, kind) {
        (Cell::Integer(number), _) => Some(*number as f64),
        (Cell::Decimal(units), Kind::Decimal(scale)) => {
            Some(*units as f64 / 10_f64.powi(scale.cast_signed()))
        }
        (Cell::Instant(micros), _) => Some(*micros as f64 / MICROS_A_DAY + UNIX_EPOCH_DAY),
        _ => None,
    }
}

impl<W: Write + Send> Table for Xlsx<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), TableError> {
        if self.rows == self.sheet_rows {
            let next = begin(&mut self.workbook, &self.columns)?;
            self.workbook.push_worksheet(std::mem::replace(&mut self.sheet, next));
            self.rows = 0;
        }
        self.rows += 1;
        let cells = self.columns.iter().zip(&self.formats).zip(cells);
        for (at, ((column, format), cell)) in (0..ColNum::MAX).zip(cells) {
            match cell {
                Cell::Empty => {}
                // A string, whatever it begins with: it is never a formula.
                Cell::Text(text) => {
                    self.sheet.write_string(self.rows, at, text.as_ref())?;
                }
                Cell::Flag(flag) => {
                    self.sheet.write_boolean(self.rows, at, *flag)?;
                }
                Cell::Integer(_) | Cell::Decimal(_) | Cell::Instant(_) => {
                    if let Some(number) = number(column.kind, cell) {
                        self.sheet.write_number_with_format(self.rows, at, number, format)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), TableError> {
        let Self { mut workbook, sheet, out, .. } = *self;
        workbook.push_worksheet(sheet);
        Ok(workbook.save_to_writer(out)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    fn sheets(rows: i64, sheet_rows: RowNum) -> Vec<String> {
        let columns = vec![
            Column { name: "text", kind: Kind::Text },
            Column { name: "cost", kind: Kind::Decimal(9) },
            Column { name: "at", kind: Kind::Instant(6) },
        ];
        let mut out = Vec::new();
        let mut table = Box::new(Xlsx::with_rows(columns, &mut out, sheet_rows).unwrap());
        for row in 0..rows {
            let cells = [Cell::text("=1+1"), Cell::Decimal(row.into()), Cell::Instant(0)];
            table.row(&cells).unwrap();
        }
        table.finish().unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(out)).unwrap();
        let mut sheets = Vec::new();
        while let Ok(mut file) =
            archive.by_name(&format!("xl/worksheets/sheet{}.xml", sheets.len() + 1))
        {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            sheets.push(text);
        }
        sheets
    }

    #[test]
    fn a_full_sheet_is_followed_by_another_with_a_header_of_its_own() {
        let rows = |rows| -> Vec<usize> {
            sheets(rows, 3).iter().map(|sheet| sheet.matches("<row ").count()).collect()
        };
        assert_eq!(rows(0), [1]);
        assert_eq!(rows(3), [4]);
        assert_eq!(rows(7), [4, 4, 2]);
    }

    #[test]
    fn a_formula_is_a_text_and_amounts_and_instants_are_numbers_with_a_format() {
        let sheet = &sheets(3, SHEET_ROWS)[0];
        assert!(sheet.contains("=1+1") && !sheet.contains("<f>"), "{sheet}");
        assert!(sheet.contains(r#"<c r="B4" s="1"><v>0.000000002</v></c>"#), "{sheet}");
        assert!(sheet.contains(r#"<c r="C2" s="2"><v>25569</v></c>"#), "{sheet}");
        assert!(sheet.contains(r#"state="frozen""#));
    }

    #[test]
    fn the_same_rows_make_the_same_file() {
        assert_eq!(sheets(5, 2), sheets(5, 2));
    }
}
