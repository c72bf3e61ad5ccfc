//! One column of a row group, packed.

use ::parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as PhysicalType},
    column::writer::ColumnWriter,
    data_type::{ByteArray, FixedLenByteArray},
    errors::ParquetError,
    schema::types::Type,
};
use bytes::Bytes;

use super::super::super::cell::{Cell, Column, Kind};

const DECIMAL_BYTES: i32 = 16;
const DECIMAL_PRECISION: i32 = 38;

/// How a column is declared; each may be empty.
pub(super) fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (PhysicalType::INT64, None),
        Kind::Flag => (PhysicalType::BOOLEAN, None),
        Kind::Instant(_) => {
            (PhysicalType::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS)))
        }
        Kind::Decimal(scale) => (
            PhysicalType::FIXED_LEN_BYTE_ARRAY,
            Some(LogicalType::decimal(scale.cast_signed(), DECIMAL_PRECISION)),
        ),
    };
    let mut field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    if let Kind::Decimal(scale) = column.kind {
        field = field
            .with_length(DECIMAL_BYTES)
            .with_precision(DECIMAL_PRECISION)
            .with_scale(scale.cast_signed());
    }
    field.build()
}

/// Whether the values of a column are pieces of one allocation while they are written.
pub(super) const fn is_in_pieces(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Decimal(_))
}

/// The cells of a column until their row group is written.
pub(super) struct ColumnBuffer {
    /// 1 for each cell that has a value, 0 for each that is empty.
    levels: Vec<i16>,
    values: Values,
}

enum Values {
    /// All texts, and where each ends.
    Texts {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    Numbers(Vec<i64>),
    /// Big-endian two's complement, as the format asks for.
    Decimals(Vec<u8>),
    Flags(Vec<bool>),
}

impl ColumnBuffer {
    pub(super) fn new(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Texts { bytes: Vec::new(), ends: Vec::new() },
            Kind::Integer | Kind::Instant(_) => Values::Numbers(Vec::new()),
            Kind::Decimal(_) => Values::Decimals(Vec::new()),
            Kind::Flag => Values::Flags(Vec::new()),
        };
        Self { levels: Vec::new(), values }
    }

    /// Adds a cell of the column's kind; any other is empty.
    pub(super) fn push(&mut self, cell: &Cell<'_>) {
        let has_value = match (&mut self.values, cell) {
            (Values::Texts { bytes, ends }, Cell::Text(text)) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                true
            }
            (Values::Numbers(numbers), Cell::Integer(number) | Cell::Instant(number)) => {
                numbers.push(*number);
                true
            }
            (Values::Decimals(bytes), Cell::Decimal(units)) => {
                bytes.extend_from_slice(&units.to_be_bytes());
                true
            }
            (Values::Flags(flags), Cell::Flag(flag)) => {
                flags.push(*flag);
                true
            }
            _ => false,
        };
        self.levels.push(i16::from(has_value));
    }

    /// Writes the cells and forgets them.
    pub(super) fn write(&mut self, out: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match (&mut self.values, out) {
            (Values::Texts { bytes, ends }, ColumnWriter::ByteArrayColumnWriter(out)) => {
                // Every value is a piece of one allocation.
                let all = Bytes::from(std::mem::take(bytes));
                let mut start = 0;
                let texts: Vec<ByteArray> = ends
                    .drain(..)
                    .map(|end| {
                        let text = all.slice(start..end);
                        start = end;
                        ByteArray::from(text)
                    })
                    .collect();
                out.write_batch(&texts, levels, None)?;
            }
            (Values::Numbers(numbers), ColumnWriter::Int64ColumnWriter(out)) => {
                out.write_batch(numbers, levels, None)?;
                numbers.clear();
            }
            (Values::Decimals(bytes), ColumnWriter::FixedLenByteArrayColumnWriter(out)) => {
                let all = Bytes::from(std::mem::take(bytes));
                let width = size_of::<i128>();
                let decimals: Vec<FixedLenByteArray> = (0..all.len())
                    .step_by(width)
                    .map(|at| ByteArray::from(all.slice(at..at + width)).into())
                    .collect();
                out.write_batch(&decimals, levels, None)?;
            }
            (Values::Flags(flags), ColumnWriter::BoolColumnWriter(out)) => {
                out.write_batch(flags, levels, None)?;
                flags.clear();
            }
            _ => return Err(ParquetError::General("a column is not of its kind".to_owned())),
        }
        self.levels.clear();
        Ok(())
    }
}
