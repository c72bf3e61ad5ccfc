//! The calendar day, week or month around an instant, in a named time zone.

use jiff::{Timestamp as Instant, ToSpan, Zoned, tz::TimeZone};
use shared::{Timestamp, view::spend::BudgetPeriod};

/// A half-open span of time: a budget counts within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Window {
    /// The calendar period that holds `now`. A time zone that moves its clocks makes it an hour
    /// longer or shorter; both ends are the first instant of a local day. A week begins on Monday
    /// (ISO 8601).
    pub(super) fn around(period: BudgetPeriod, now: Timestamp, zone: &TimeZone) -> Self {
        let window = || -> Result<Self, jiff::Error> {
            let local = Instant::from_microsecond(now.micros())?.to_zoned(zone.clone());
            let (first_day, next) = match period {
                BudgetPeriod::Day => (local, 1.day()),
                BudgetPeriod::Week => {
                    let days = i64::from(local.weekday().to_monday_zero_offset());
                    (local.checked_sub(days.days())?, 1.week())
                }
                BudgetPeriod::Month => (local.first_of_month()?, 1.month()),
            };
            let start = first_day.start_of_day()?;
            // From noon on, so that a midnight that does not exist cannot move the date.
            let noon = first_day.with().hour(12).build()?;
            let end = noon.checked_add(next)?.start_of_day()?;
            Ok(Self { start: timestamp(&start), end: timestamp(&end) })
        };
        // Only instants some thousand years away have no window.
        window().unwrap_or(Self { start: now, end: now.plus_seconds(1) })
    }

    #[cfg(test)]
    fn contains(self, now: Timestamp) -> bool {
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
    use proptest::prelude::*;

    use super::*;

    /// With clocks that move at one, two, three and midnight, by one hour and by half of one, and
    /// one that has left out a whole day.
    const ZONES: [&str; 8] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Apia",
    ];

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<Instant>().unwrap().as_microsecond())
    }

    fn window(period: BudgetPeriod, now: &str, zone: &str) -> Window {
        Window::around(period, at(now), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_month_begins_and_ends_at_local_midnight_over_a_change_of_clocks() {
        let window = window(BudgetPeriod::Month, "2026-03-29T12:00:00Z", "Europe/Berlin");
        assert_eq!(window.start, at("2026-02-28T23:00:00Z"));
        assert_eq!(window.end, at("2026-03-31T22:00:00Z"));
    }

    #[test]
    fn a_day_has_23_or_25_hours_when_the_clocks_move() {
        let hours = |window: Window| (window.end.micros() - window.start.micros()) / 3_600_000_000;
        let day = |now| hours(window(BudgetPeriod::Day, now, "Europe/Berlin"));
        assert_eq!(day("2026-03-29T12:00:00Z"), 23);
        assert_eq!(day("2026-10-25T12:00:00Z"), 25);
        assert_eq!(day("2026-10-26T12:00:00Z"), 24);
    }

    #[test]
    fn a_day_whose_midnight_does_not_exist_begins_at_one() {
        // Chile moves its clocks at midnight: 2026-09-06 begins at 01:00 local time.
        let window = window(BudgetPeriod::Day, "2026-09-06T12:00:00Z", "America/Santiago");
        assert_eq!(window.start, at("2026-09-06T04:00:00Z"));
        assert_eq!(window.end, at("2026-09-07T03:00:00Z"));
    }

    #[test]
    fn a_week_begins_on_monday() {
        for now in ["2026-11-23T00:00:00Z", "2026-11-25T12:00:00Z", "2026-11-29T23:59:59.999999Z"] {
            let window = window(BudgetPeriod::Week, now, "UTC");
            assert_eq!(window.start, at("2026-11-23T00:00:00Z"), "{now}");
            assert_eq!(window.end, at("2026-11-30T00:00:00Z"), "{now}");
        }
    }

    #[test]
    fn the_last_microsecond_of_a_month_is_in_it_and_the_next_is_not() {
        let window = window(BudgetPeriod::Month, "2026-12-31T23:59:59.999999Z", "UTC");
        assert!(window.contains(at("2026-12-31T23:59:59.999999Z")));
        assert!(!window.contains(at("2027-01-01T00:00:00Z")));
    }

    proptest! {
        #[test]
        fn every_instant_is_in_its_window_and_windows_follow_each_other_without_a_gap(
            micros in 0..4_000_000_000_000_000_i64,
            zone in prop::sample::select(&ZONES[..]),
            period in prop::sample::select(&BudgetPeriod::ALL[..]),
        ) {
            let zone = TimeZone::get(zone).unwrap();
            let now = Timestamp::from_micros(micros);
            let window = Window::around(period, now, &zone);
            prop_assert!(window.contains(now));
            let last = Timestamp::from_micros(window.end.micros() - 1);
            prop_assert_eq!(Window::around(period, window.start, &zone), window);
            prop_assert_eq!(Window::around(period, last, &zone), window);
            prop_assert_eq!(Window::around(period, window.end, &zone).start, window.end);
        }
    }
}
