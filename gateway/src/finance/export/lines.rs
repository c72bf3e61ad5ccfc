//! The billing lines of a period, call by call: what was used in it, then what was booked about
//! calls in it later.
//!
//! Usage counts when its call arrived, a correction when it was booked. The order is the same in
//! every run: calls by id, then corrections by when they count. One page is held at a time.

mod corrections;
mod usage;

use shared::Money;
use uuid::Uuid;

pub(in crate::finance) use self::usage::first_call;
use self::{corrections::CorrectionReader, usage::UsageReader};
use super::Period;
use crate::{
    finance::periods::Sealed,
    storage::{Database, StorageError, tables::export_lines::ExportedCallRow},
};

/// What usage is called where corrections have their kind.
pub(super) const USAGE: &str = "usage";

/// A call with lines that count in the period.
pub(super) struct Entry {
    pub(super) call: ExportedCallRow,
    pub(super) lines: Vec<Line>,
    /// Whether this is what the call used, and not what was booked later.
    pub(super) is_usage: bool,
}

/// One billing line.
pub(super) struct Line {
    /// [`USAGE`], or the kind of a correction.
    pub(super) kind: String,
    /// When it counts, in microseconds.
    pub(super) booked_at: i64,
    /// Empty where tokens of several classes are in one line, because none has a price.
    pub(super) token_class: String,
    pub(super) tokens: i64,
    /// Per million tokens, or per call; none where the model had no price.
    pub(super) price: Option<Money>,
    pub(super) cost: Money,
    pub(super) price_version: Option<String>,
}

/// Reads the lines of a period.
pub(super) struct LineReader<'a> {
    database: &'a Database,
    usage: UsageReader<'a>,
    corrections: CorrectionReader,
    is_usage_read: bool,
}

impl<'a> LineReader<'a> {
    pub(super) fn new(database: &'a Database, period: Period, sealed: &'a Sealed) -> Self {
        Self {
            database,
            usage: UsageReader::new(period, sealed),
            corrections: CorrectionReader::new(period),
            is_usage_read: false,
        }
    }

    /// The next entries; none at the end. A page can be empty and not the last one.
    pub(super) async fn next_page(&mut self) -> Result<Option<Vec<Entry>>, StorageError> {
        if !self.is_usage_read {
            if let Some(page) = self.usage.next_page(self.database).await? {
                return Ok(Some(page));
            }
            self.is_usage_read = true;
        }
        self.corrections.next_page(self.database).await
    }
}

/// When an id was made, in microseconds, to the millisecond (RFC 9562, UUIDv7).
pub(super) fn made_at(id: Uuid) -> i64 {
    i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX).saturating_mul(1_000)
}
