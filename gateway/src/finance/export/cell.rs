//! What a table is made of: typed columns, and cells that are exact.

use std::{borrow::Cow, fmt};

/// A column of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What is in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    /// An exact number with so many decimals.
    Decimal(u32),
    /// An instant, told with so many decimals of a second.
    Instant(u8),
    Flag,
}

/// One value, of the kind that its column has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Empty,
    Text(Cow<'a, str>),
    Integer(i64),
    /// In units of the column's last decimal.
    Decimal(i128),
    /// Microseconds since 1970, UTC.
    Instant(i64),
    Flag(bool),
}

impl<'a> Cell<'a> {
    /// A text; empty where there is none.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// A text that may be missing.
    pub(super) fn known(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }
}

/// An exact number: units of the last of `scale` decimals.
pub(super) struct Decimal {
    pub(super) units: i128,
    pub(super) scale: u32,
}

impl Decimal {
    /// The text without zeros at its end.
    pub(super) fn short(&self) -> String {
        let text = self.to_string();
        if !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Decimal {
    /// All decimals: `0.003812500`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let units = self.units.unsigned_abs();
        if self.scale == 0 {
            return write!(formatter, "{sign}{units}");
        }
        let one = 10_u128.pow(self.scale);
        let width = self.scale as usize;
        write!(formatter, "{sign}{}.{:0width$}", units / one, units % one)
    }
}

/// An instant as RFC 3339 in UTC with so many decimals of a second.
pub(super) fn instant_text(micros: i64, decimals: u8) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(
        |_| micros.to_string(),
        |instant| format!("{instant:.precision$}", precision = usize::from(decimals)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_told_exactly_and_without_a_zero_too_many_where_it_is_short() {
        let decimal = |units, scale| Decimal { units, scale };
        assert_eq!(decimal(3_812_500, 9).to_string(), "0.003812500");
        assert_eq!(decimal(-1, 9).to_string(), "-0.000000001");
        assert_eq!(decimal(1_750_000_000, 9).short(), "1.75");
        assert_eq!(decimal(-20_000_000_000, 9).short(), "-20");
        assert_eq!(decimal(0, 6).short(), "0");
        assert_eq!(decimal(1_200, 0).short(), "1200");
    }

    #[test]
    fn an_instant_has_as_many_decimals_as_were_asked_for() {
        assert_eq!(instant_text(1_790_000_000_000_010, 6), "2026-09-21T14:13:20.000010Z");
        assert_eq!(instant_text(1_790_000_000_000_000, 0), "2026-09-21T14:13:20Z");
    }
}
