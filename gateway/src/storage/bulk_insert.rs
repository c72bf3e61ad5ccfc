//! An insert of many rows: the text of each statement is rendered once and kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use sea_query::{InsertStatement, SimpleExpr};

use super::{Dialect, Statement};

/// An insert into the table and columns that `insert` names, with any number of rows; meant to be
/// a `static`.
pub struct BulkInsert {
    insert: fn(Dialect) -> InsertStatement,
    texts: Mutex<BTreeMap<(Dialect, usize), Arc<str>>>,
}

impl BulkInsert {
    /// Nothing is rendered yet.
    #[must_use]
    pub const fn new(insert: fn(Dialect) -> InsertStatement) -> Self {
        Self { insert, texts: Mutex::new(BTreeMap::new()) }
    }

    /// The statement for this many rows of this many columns.
    pub(super) fn text(&self, dialect: Dialect, rows: usize, columns: usize) -> Arc<str> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let text =
            texts.entry((dialect, rows)).or_insert_with(|| self.render(dialect, rows, columns));
        Arc::clone(text)
    }

    fn render(&self, dialect: Dialect, rows: usize, columns: usize) -> Arc<str> {
        let mut insert = (self.insert)(dialect);
        for _ in 0..rows {
            insert.values_panic((0..columns).map(|_| SimpleExpr::from(0)));
        }
        let (text, _) = insert.render(dialect);
        match dialect {
            // Otherwise SQLite copies every page that it touches, to take back the rows before one
            // that fails. The transaction takes them back.
            Dialect::Sqlite => text.replacen("INSERT", "INSERT OR FAIL", 1).into(),
            Dialect::Postgres | Dialect::MySql => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_query::{Alias, Query};

    use super::*;

    static PAIRS: BulkInsert = BulkInsert::new(|_| {
        Query::insert()
            .into_table(Alias::new("pairs"))
            .columns([Alias::new("a"), Alias::new("b")])
            .take()
    });

    #[test]
    fn each_dialect_gets_a_place_for_every_value() {
        let text = |dialect| PAIRS.text(dialect, 2, 2).to_string();
        assert_eq!(
            text(Dialect::Sqlite),
            r#"INSERT OR FAIL INTO "pairs" ("a", "b") VALUES (?, ?), (?, ?)"#
        );
        assert_eq!(
            text(Dialect::Postgres),
            r#"INSERT INTO "pairs" ("a", "b") VALUES ($1, $2), ($3, $4)"#
        );
        assert_eq!(text(Dialect::MySql), "INSERT INTO `pairs` (`a`, `b`) VALUES (?, ?), (?, ?)");
    }

    #[test]
    fn a_text_is_rendered_once() {
        let first = PAIRS.text(Dialect::MySql, 4, 2);
        assert!(Arc::ptr_eq(&first, &PAIRS.text(Dialect::MySql, 4, 2)));
    }
}
