//! A period of an export: from an instant to another, the end excluded.

use jiff::{
    ToSpan,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use shared::Timestamp;

/// From an instant on and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant that is not in it.
    pub until: Timestamp,
}

/// The text names no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// No day and no instant.
    #[error(
        "`{0}` is neither a day such as `2026-10-01`, nor a time of day such as \
         `2026-10-01T08:00`, nor an instant such as `2026-10-01T08:00:00Z`"
    )]
    Instant(String),
    /// No month.
    #[error("`{0}` is no month; write it like `2026-10`")]
    Month(String),
    /// No time zone.
    #[error("`{0}` is no time zone; take a name of the IANA database such as `Europe/Berlin`")]
    Zone(String),
    /// Nothing in between.
    #[error("the period ends before it begins: nothing is in between")]
    Empty,
}

impl Period {
    /// From one day, or time of day, or instant, to another. Days begin in the time zone; where a
    /// clock change leaves out its first hour, with the next one.
    ///
    /// # Errors
    /// [`PeriodError`], naming what cannot be read.
    pub fn between(from: &str, until: &str, zone: &str) -> Result<Self, PeriodError> {
        let zone = zone_of(zone)?;
        Self::of(instant(from, &zone)?, instant(until, &zone)?)
    }

    /// A calendar month such as `2026-10` in a time zone.
    ///
    /// # Errors
    /// [`PeriodError`], naming what cannot be read.
    pub fn month(month: &str, zone: &str) -> Result<Self, PeriodError> {
        let zone = zone_of(zone)?;
        let unreadable = || PeriodError::Month(month.to_owned());
        let is_month = month.len() == "2026-10".len();
        let first: Date = is_month
            .then(|| format!("{month}-01").parse().ok())
            .flatten()
            .ok_or_else(unreadable)?;
        let next = first.checked_add(1.month()).map_err(|_| unreadable())?;
        let start = |day: Date| {
            let start = day.to_zoned(zone.clone()).ok();
            start.map(|start| Timestamp::from_micros(start.timestamp().as_microsecond()))
        };
        Self::of(start(first).ok_or_else(unreadable)?, start(next).ok_or_else(unreadable)?)
    }

    fn of(from: Timestamp, until: Timestamp) -> Result<Self, PeriodError> {
        if from < until { Ok(Self { from, until }) } else { Err(PeriodError::Empty) }
    }

    /// Whether an instant, in microseconds, is in it.
    #[must_use]
    pub fn has(&self, micros: i64) -> bool {
        (self.from.micros()..self.until.micros()).contains(&micros)
    }

    /// The month of UTC that this is, such as `2026-10`; none where it is none.
    #[must_use]
    pub fn utc_month(&self) -> Option<String> {
        let month = month_name(self.from.micros())?;
        (Self::month(&month, "UTC").as_ref() == Ok(self)).then_some(month)
    }

    /// The month of UTC around an instant.
    #[must_use]
    pub fn utc_month_of(micros: i64) -> Option<Self> {
        Self::month(&month_name(micros)?, "UTC").ok()
    }
}

fn month_name(micros: i64) -> Option<String> {
    let day = jiff::Timestamp::from_microsecond(micros).ok()?.to_zoned(TimeZone::UTC).date();
    Some(day.strftime("%Y-%m").to_string())
}

fn zone_of(name: &str) -> Result<TimeZone, PeriodError> {
    TimeZone::get(name).map_err(|_| PeriodError::Zone(name.to_owned()))
}

fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, PeriodError> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let local = text.parse::<DateTime>().ok()?;
        Some(local.to_zoned(zone.clone()).ok()?.timestamp())
    });
    instant
        .map(|instant| Timestamp::from_micros(instant.as_microsecond()))
        .ok_or_else(|| PeriodError::Instant(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn text(at: Timestamp) -> String {
        super::super::cell::instant_text(at.micros(), 0)
    }

    #[rstest]
    #[case("2026-10", "UTC", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")]
    // Summer time ends on 25 October: the month is an hour longer.
    #[case("2026-10", "Europe/Berlin", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")]
    #[case("2026-03", "America/New_York", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z")]
    #[case("2026-12", "Asia/Kolkata", "2026-11-30T18:30:00Z", "2026-12-31T18:30:00Z")]
    fn a_month_begins_and_ends_at_midnight_of_its_time_zone(
        #[case] month: &str,
        #[case] zone: &str,
        #[case] from: &str,
        #[case] until: &str,
    ) {
        let period = Period::month(month, zone).unwrap();
        assert_eq!((text(period.from), text(period.until)), (from.to_owned(), until.to_owned()));
    }

    #[test]
    fn days_on_which_clocks_change_have_23_and_25_hours_and_one_without_midnight_begins_later() {
        let hours = |from, until, zone| {
            let period = Period::between(from, until, zone).unwrap();
            period.until.micros_since(period.from) / 3_600_000_000
        };
        assert_eq!(hours("2026-03-29", "2026-03-30", "Europe/Berlin"), 23);
        assert_eq!(hours("2026-10-25", "2026-10-26", "Europe/Berlin"), 25);
        // In Beirut clocks go from midnight to one.
        let day = Period::between("2026-03-29", "2026-03-30", "Asia/Beirut").unwrap();
        assert_eq!(text(day.from), "2026-03-28T22:00:00Z");
        assert_eq!(hours("2026-03-29", "2026-03-30", "Asia/Beirut"), 23);
    }

    #[test]
    fn an_instant_is_an_instant_in_any_time_zone() {
        let period = Period::between("2026-10-01T08:00:00+02:00", "2026-10-01T08:00", "Asia/Tokyo");
        assert_eq!(period, Err(PeriodError::Empty));
        let period = Period::between("2026-10-01T00:00:00Z", "2026-10-02", "UTC").unwrap();
        assert_eq!(text(period.from), "2026-10-01T00:00:00Z");
        assert!(Period::between("yesterday", "2026-10-02", "UTC").is_err());
        assert_eq!(Period::month("2026-1", "UTC"), Err(PeriodError::Month("2026-1".to_owned())));
        assert_eq!(Period::month("2026-10", "Berlin"), Err(PeriodError::Zone("Berlin".to_owned())));
    }

    #[test]
    fn only_a_whole_month_of_utc_is_one() {
        let month = |period: Period| period.utc_month();
        assert_eq!(month(Period::month("2026-02", "UTC").unwrap()), Some("2026-02".to_owned()));
        assert_eq!(month(Period::month("2026-02", "Europe/Berlin").unwrap()), None);
        assert_eq!(month(Period::between("2026-02-01", "2026-02-28", "UTC").unwrap()), None);
    }
}
