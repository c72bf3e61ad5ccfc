use ::parquet::{
    file::{
        metadata::RowGroupMetaData,
        reader::{FileReader, SerializedFileReader},
    },
    record::Field,
};
use bytes::Bytes;

use super::*;
use crate::finance::export::cell::Kind;

const COLUMNS: [Column; 5] = [
    Column { name: "text", kind: Kind::Text },
    Column { name: "tokens", kind: Kind::Integer },
    Column { name: "cost", kind: Kind::Decimal(9) },
    Column { name: "at", kind: Kind::Instant(6) },
    Column { name: "is_priced", kind: Kind::Flag },
];

fn written(rows: impl Iterator<Item = [Cell<'static>; 5]>) -> SerializedFileReader<Bytes> {
    let mut out = Vec::new();
    let mut table = Box::new(Parquet::new(&COLUMNS, &mut out).unwrap());
    for row in rows {
        table.row(&row).unwrap();
    }
    table.finish().unwrap();
    SerializedFileReader::new(Bytes::from(out)).unwrap()
}

#[test]
fn every_kind_of_cell_comes_back_exactly_empty_ones_included() {
    let full = [
        Cell::text("größtes"),
        Cell::Integer(i64::MAX),
        Cell::Decimal(-1),
        Cell::Instant(1_790_000_000_000_001),
        Cell::Flag(true),
    ];
    let empty = [const { Cell::Empty }; 5];
    let read = written([full, empty].into_iter());
    let rows: Vec<_> = read.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let fields: Vec<_> = rows[0].get_column_iter().map(|(_, field)| field.clone()).collect();
    assert_eq!(fields[0], Field::Str("größtes".to_owned()));
    assert_eq!(fields[1], Field::Long(i64::MAX));
    let Field::Decimal(cost) = &fields[2] else { panic!("{:?}", fields[2]) };
    assert_eq!((cost.scale(), cost.precision()), (9, 38));
    assert_eq!(cost.data(), (-1_i128).to_be_bytes());
    assert_eq!(fields[3], Field::TimestampMicros(1_790_000_000_000_001));
    assert_eq!(fields[4], Field::Bool(true));
    assert!(rows[1].get_column_iter().all(|(_, field)| *field == Field::Null));
}

#[test]
fn a_row_group_ends_after_so_many_rows_and_after_so_many_bytes_of_text() {
    let row = |text: &'static str| {
        [Cell::text(text), Cell::Integer(1), Cell::Empty, Cell::Empty, Cell::Empty]
    };
    let many = written((0..=GROUP_ROWS).map(|_| row("x")));
    let rows = |file: &SerializedFileReader<Bytes>| -> Vec<i64> {
        file.metadata().row_groups().iter().map(RowGroupMetaData::num_rows).collect()
    };
    assert_eq!(rows(&many), [65_536, 1]);
    let long: &'static str = "y".repeat(GROUP_TEXT_BYTES / 4).leak();
    assert_eq!(rows(&written((0..5).map(|_| row(long)))), [4, 1]);
}
