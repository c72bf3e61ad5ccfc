//! Every difference between the three databases, each a named function with three arms.

use sea_query::{Alias, Expr, ExprTrait, Func, IntoIden, SimpleExpr};

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

    /// In the update that an insert becomes where its key is taken: the value that was to be inserted.
    #[must_use]
    pub fn inserted(self, column: impl IntoIden) -> SimpleExpr {
        match self {
            Self::Sqlite | Self::Postgres => {
                Expr::col((Alias::new("excluded"), column.into_iden()))
            }
            Self::MySql => Func::cust("VALUES").arg(Expr::col(column.into_iden())).into(),
        }
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
            Self::Sqlite => None,
            // No statement of ours takes long: one that waits this long waits for somebody who
            // has forgotten a lock. Where more is meant, as in a migration, it is lifted.
            Self::Postgres => Some("SET statement_timeout = '60s'"),
            // Strict, or else a value that does not fit is cut without a word. READ COMMITTED, as
            // PostgreSQL has it: under REPEATABLE READ an update that finds nothing locks the gap
            // where the row would be, and two nodes that then both insert wait for each other.
            Self::MySql => Some(
                "SET NAMES utf8mb4 COLLATE utf8mb4_bin, \
                 SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'); \
                 SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            ),
        }
    }

    /// Begins a transaction that reads the database as it is at one moment.
    #[must_use]
    pub(super) const fn begin_snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN DEFERRED",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            // The level holds for this one transaction.
            Self::MySql => {
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
                 START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
            }
        }
    }

    /// Lifts what [`Dialect::on_connect`] sets for statements that may take as long as they do.
    #[must_use]
    pub(super) const fn without_time_limit(self) -> Option<&'static str> {
        match self {
            Self::Sqlite | Self::MySql => None,
            Self::Postgres => Some("SET statement_timeout = 0"),
        }
    }

    /// When each migration was applied: its number, and seconds since the epoch.
    pub(super) const fn migration_times(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT version, CAST(strftime('%s', installed_on) AS INTEGER) \
                 FROM _sqlx_migrations"
            }
            Self::Postgres => {
                "SELECT version, CAST(EXTRACT(EPOCH FROM installed_on) AS BIGINT) \
                 FROM _sqlx_migrations"
            }
            Self::MySql => {
                "SELECT version, CAST(UNIX_TIMESTAMP(installed_on) AS SIGNED) \
                 FROM _sqlx_migrations"
            }
        }
    }
}
