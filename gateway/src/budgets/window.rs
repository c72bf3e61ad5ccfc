//! The calendar month around an instant, in a named time zone.

use jiff::{Timestamp as Instant, ToSpan, Zoned, tz::TimeZone};
use shared::Timestamp;

/// A half-open span of time: a budget counts within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Window {
    /// The calendar month that holds `now`. A time zone that moves its clocks makes a month an
    /// hour longer or shorter; the ends stay at local midnight.
    pub(super) fn month(now: Timestamp, zone: &TimeZone) -> Self {
        let month = || -> Result<Self, jiff::Error> {
            let local = Instant::from_microsecond(now.micros())?.to_zoned(zone.clone());
            let start = local.first_of_month()?.start_of_day()?;
            let end = start.checked_add(1.month())?.start_of_day()?;
            Ok(Self { start: timestamp(&start), end: timestamp(&end) })
        };
        // Only instants some thousand years away have no month.
        month().unwrap_or(Self { start: now, end: now.plus_seconds(1) })
    }

    pub(super) fn contains(self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }
}

fn timestamp(zoned: &Zoned) -> Timestamp {
    Timestamp::from_micros(zoned.timestamp().as_microsecond())
}

/// An instant for people, in the zone that the budget is meant in: `2026-12-01 00:00
/// Europe/Berlin`.
pub(super) fn for_people(at: Timestamp, zone: &TimeZone, zone_name: &str) -> String {
    match Instant::from_microsecond(at.micros()) {
        Ok(instant) => {
            let local = instant.to_zoned(zone.clone());
            format!("{} {zone_name}", local.strftime("%Y-%m-%d %H:%M"))
        }
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<Instant>().unwrap().as_microsecond())
    }

    #[test]
    fn a_month_begins_and_ends_at_local_midnight_over_a_change_of_clocks() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let window = Window::month(at("2026-03-29T12:00:00Z"), &berlin);
        assert_eq!(window.start, at("2026-02-28T23:00:00Z"));
        assert_eq!(window.end, at("2026-03-31T22:00:00Z"));
    }

    #[test]
    fn the_last_microsecond_of_a_month_is_in_it_and_the_next_is_not() {
        let utc = TimeZone::UTC;
        let window = Window::month(at("2026-12-31T23:59:59.999999Z"), &utc);
        assert!(window.contains(at("2026-12-31T23:59:59.999999Z")));
        assert!(!window.contains(at("2027-01-01T00:00:00Z")));
    }
}
