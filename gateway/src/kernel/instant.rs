//! Instants as people write them: RFC 3339, UTC.

use jiff::{civil, tz::TimeZone};
use shared::Timestamp;

/// The text is neither a date nor an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a date (`2026-11-30`) nor an instant (`2026-11-30T08:00:00Z`)")]
pub struct ParseInstantError(String);

/// The instant as RFC 3339, to the second: `2026-11-30T08:00:00Z`.
#[must_use]
pub fn written(instant: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(instant.micros())
        .map_or_else(|_| instant.micros().to_string(), |instant| format!("{instant:.0}"))
}

/// Reads an instant, or a date for its first microsecond in UTC.
///
/// # Errors
/// [`ParseInstantError`] where the text is neither.
pub fn read(text: &str) -> Result<Timestamp, ParseInstantError> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let midnight = text.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    });
    instant
        .map(|instant| Timestamp::from_micros(instant.as_microsecond()))
        .ok_or_else(|| ParseInstantError(text.to_owned()))
}

/// Whether this is the name of a time zone of the IANA database.
#[must_use]
pub fn is_time_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_and_read_in_utc() {
        let instant = Timestamp::from_micros(1_790_000_000_000_000);
        assert_eq!(written(instant), "2026-09-21T14:13:20Z");
        assert_eq!(read("2026-09-21T14:13:20Z"), Ok(instant));
        assert_eq!(read("2026-09-21T16:13:20+02:00"), Ok(instant));
        assert_eq!(read("1970-01-02"), Ok(Timestamp::from_micros(86_400_000_000)));
        assert!(read("yesterday").is_err());
    }
}
