//! Apache Parquet (<https://parquet.apache.org/docs/file-format/>), compressed with Zstandard.
//!
//! Amounts are DECIMAL(38) and instants are microseconds in UTC, so nothing is rounded. One row
//! group is held in memory, column by column, and nothing else.

mod column;

use std::{io::Write, sync::Arc};

use ::parquet::{
    basic::{Compression, ZstdLevel},
    errors::ParquetError,
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::{ColumnPath, Type},
};

use self::column::ColumnBuffer;
use super::{
    super::cell::{Cell, Column},
    Table, TableError,
};

/// How many rows a row group has.
const GROUP_ROWS: usize = 64 * 1024;
/// Or how many bytes of text, where texts are long.
const GROUP_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// A Parquet file.
pub(super) struct Parquet<W: Write + Send> {
    out: SerializedFileWriter<W>,
    columns: Vec<ColumnBuffer>,
    rows: usize,
    text_bytes: usize,
}

impl<W: Write + Send> Parquet<W> {
    /// Begins the file.
    pub(super) fn new(columns: &[Column], out: W) -> Result<Self, TableError> {
        let fields = columns
            .iter()
            .map(|column| column::field(column).map(Arc::new))
            .collect::<Result<Vec<_>, ParquetError>>()?;
        let schema = Type::group_type_builder("export").with_fields(fields).build()?;
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("helixgateway".to_owned());
        // The least and the greatest value of a column are kept to the end of the file; one that is
        // a piece of its row group's texts would keep all of them.
        for column in columns.iter().filter(|column| column::is_in_pieces(column.kind)) {
            let path = ColumnPath::from(column.name);
            let none = EnabledStatistics::None;
            properties = properties.set_column_statistics_enabled(path, none);
        }
        Ok(Self {
            out: SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties.build()))?,
            columns: columns.iter().map(|column| ColumnBuffer::new(column.kind)).collect(),
            rows: 0,
            text_bytes: 0,
        })
    }

    fn write_group(&mut self) -> Result<(), TableError> {
        let mut group = self.out.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else { break };
            column.write(writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
        (self.rows, self.text_bytes) = (0, 0);
        Ok(())
    }
}

impl<W: Write + Send> Table for Parquet<W> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), TableError> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            if let Cell::Text(text) = cell {
                self.text_bytes += text.len();
            }
            column.push(cell);
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS || self.text_bytes >= GROUP_TEXT_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), TableError> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.out.close()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
