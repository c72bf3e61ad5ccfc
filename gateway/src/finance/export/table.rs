//! A file of rows and columns that is being written: each row goes out, none is kept.

mod csv;
mod parquet;
mod xlsx;

use std::io::{self, Write};

pub(in crate::finance) use self::csv::{armed, disarmed};
use super::{
    Format,
    cell::{Cell, Column},
};

/// Why a row cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The disk, or who reads the output.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    /// Parquet.
    #[error("the Parquet file cannot be written")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// Excel.
    #[error("the Excel file cannot be written")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

/// Takes rows.
pub(super) trait Table: Send {
    /// Writes a row: a cell for each column.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), TableError>;

    /// Writes what comes after the last row.
    fn finish(self: Box<Self>) -> Result<(), TableError>;
}

/// Begins a table.
pub(super) fn table<'a>(
    format: Format,
    columns: Vec<Column>,
    out: impl Write + Send + 'a,
) -> Result<Box<dyn Table + 'a>, TableError> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::new(columns, out)?),
        Format::Parquet => Box::new(parquet::Parquet::new(&columns, out)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::new(columns, out)?),
    })
}
