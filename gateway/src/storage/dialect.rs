//! Every difference between the three databases, each a named function with three arms.

use sea_query::{Expr, ExprTrait, SimpleExpr};

/// Which database this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// SQLite 3, one writer, WAL.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
    /// MySQL 8 or MariaDB 10.6 and later.
    MySql,
}

impl Dialect {
    /// Whether several nodes can be on one database: a file is one node's.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        !matches!(self, Self::Sqlite)
    }

    /// How many bound parameters one statement may have.
    #[must_use]
    pub const fn parameter_limit(self) -> usize {
        match self {
            Self::Sqlite => 32_766,
            Self::Postgres | Self::MySql => 65_535,
        }
    }

    /// `SUM` of a BIGINT column as a BIGINT: PostgreSQL widens it to NUMERIC and MySQL to DECIMAL,
    /// which would not decode into `i64`.
    #[must_use]
    pub fn sum(self, column: impl Into<Expr>) -> SimpleExpr {
        let target = match self {
            Self::Sqlite | Self::Postgres => "BIGINT",
            Self::MySql => "SIGNED",
        };
        Expr::expr(column.into()).sum().if_null(0).cast_as(target)
    }

    /// Counts the tables of a name in the schema that is in use.
    #[must_use]
    pub(super) const fn counts_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?",
            Self::Postgres => {
                "SELECT COUNT(*) FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = $1"
            }
            Self::MySql => {
                "SELECT COUNT(*) FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_name = ?"
            }
        }
    }

    /// Statements that a new connection runs before anything else.
    #[must_use]
    pub const fn on_connect(self) -> Option<&'static str> {
        match self {
            Self::Sqlite | Self::Postgres => None,
            Self::MySql => Some("SET NAMES utf8mb4 COLLATE utf8mb4_bin"),
        }
    }
}
