//! A period of the spend page in a time zone: its ends, its bars, and the period before it.

use jiff::{
    Timestamp as Instant, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};
use shared::{
    Timestamp,
    view::spend::{BarUnit, SpendPeriod},
};

use crate::finance::HOUR_MICROS;

/// The most days that a page shows.
pub(super) const MOST_DAYS: i64 = 731;
/// The most days whose hours are bars.
const MOST_DAYS_BY_HOUR: i64 = 2;
/// The most days that are bars themselves; of more, their months are.
const MOST_DAYS_BY_DAY: i64 = 92;

/// Why there is no such period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PeriodError {
    /// No day.
    #[error("`{0}` is no day; write it like `2026-10-01`")]
    Day(String),
    /// The wrong way round.
    #[error("the first day, {first}, is after the last one, {last}; swap them")]
    Backwards { first: Date, last: Date },
    /// Too much.
    #[error("that is {0} days, and a page shows at most {MOST_DAYS}; take fewer, or an export")]
    TooLong(i64),
    /// The calendar ends.
    #[error("that day is too far from today for a calendar")]
    OutOfCalendar,
}

impl From<jiff::Error> for PeriodError {
    fn from(_: jiff::Error) -> Self {
        Self::OutOfCalendar
    }
}

/// Days in a time zone.
#[derive(Debug, Clone)]
pub(super) struct Span {
    zone: TimeZone,
    pub(super) first: Date,
    pub(super) last: Date,
    /// The first instant.
    pub(super) from: Timestamp,
    /// The first instant after it.
    pub(super) until: Timestamp,
}

/// One bar of the chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) first: Date,
    pub(super) last: Date,
    /// The time of day at which an hour begins.
    pub(super) time: Option<Time>,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Span {
    /// The period in a time zone, seen from an instant.
    pub(super) fn of(
        period: &SpendPeriod,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Self, PeriodError> {
        let today = Instant::from_microsecond(now.micros())?.to_zoned(zone.clone()).date();
        let (first, last) = days_of(period, today)?;
        Self::from_to(first, last, zone)
    }

    fn from_to(first: Date, last: Date, zone: &TimeZone) -> Result<Self, PeriodError> {
        if first > last {
            return Err(PeriodError::Backwards { first, last });
        }
        let span = Self {
            zone: zone.clone(),
            first,
            last,
            from: midnight(first, zone)?,
            until: midnight(last.tomorrow()?, zone)?,
        };
        if span.days() > MOST_DAYS { Err(PeriodError::TooLong(span.days())) } else { Ok(span) }
    }

    /// How many days it has.
    pub(super) fn days(&self) -> i64 {
        days_between(self.first, self.last) + 1
    }

    /// How many of its days have begun.
    pub(super) fn days_so_far(&self, now: Timestamp) -> i64 {
        let today = Instant::from_microsecond(now.micros())
            .map_or(self.last, |now| now.to_zoned(self.zone.clone()).date());
        (days_between(self.first, today.min(self.last)) + 1).max(0)
    }

    /// As many days before it; a whole month has the month before it. Of a period that is still
    /// running, as much of the one before as has passed of it, in whole hours.
    pub(super) fn before(&self, now: Timestamp) -> Result<Self, PeriodError> {
        let is_month = self.first.day() == 1 && self.last == self.first.last_of_month();
        let first = if is_month {
            self.first.yesterday()?.first_of_month()
        } else {
            self.first.checked_sub(self.days().days())?
        };
        let mut before = Self::from_to(first, self.first.yesterday()?, &self.zone)?;
        if now < self.until {
            let passed = now.micros_since(self.from).max(0);
            let hours = passed.div_euclid(HOUR_MICROS) + 1;
            before.until = before.until.min(before.from.plus_seconds(hours * 3_600));
        }
        Ok(before)
    }

    /// How long its bars are.
    pub(super) fn bar_unit(&self) -> BarUnit {
        if self.days() <= MOST_DAYS_BY_HOUR {
            BarUnit::Hour
        } else if self.days() <= MOST_DAYS_BY_DAY {
            BarUnit::Day
        } else {
            BarUnit::Month
        }
    }

    /// Its bars, without gaps.
    pub(super) fn bars(&self) -> Result<Vec<Bar>, PeriodError> {
        match self.bar_unit() {
            BarUnit::Hour => self.hours(),
            BarUnit::Day => self.stretches(|day| day),
            BarUnit::Month => self.stretches(Date::last_of_month),
        }
    }

    fn hours(&self) -> Result<Vec<Bar>, PeriodError> {
        let mut bars = Vec::new();
        let mut from = self.from;
        while from < self.until {
            let until = from.plus_seconds(3_600).min(self.until);
            let local = Instant::from_microsecond(from.micros())?.to_zoned(self.zone.clone());
            let day = local.date();
            bars.push(Bar { first: day, last: day, time: Some(local.time()), from, until });
            from = until;
        }
        Ok(bars)
    }

    fn stretches(&self, end_of: fn(Date) -> Date) -> Result<Vec<Bar>, PeriodError> {
        let mut bars = Vec::new();
        let mut first = self.first;
        while first <= self.last {
            let last = end_of(first).min(self.last);
            let next = last.tomorrow()?;
            let (from, until) = (midnight(first, &self.zone)?, midnight(next, &self.zone)?);
            bars.push(Bar { first, last, time: None, from, until });
            first = next;
        }
        Ok(bars)
    }

    /// Whether one of its midnights is in the middle of an hour of UTC.
    pub(super) fn cuts_hours(&self) -> bool {
        [self.from, self.until].iter().any(|end| end.micros().rem_euclid(HOUR_MICROS) != 0)
    }

    /// An instant as a clock on the wall shows it: `2026-11-22, 14:02`.
    pub(super) fn local(&self, instant: Timestamp) -> String {
        Instant::from_microsecond(instant.micros()).map_or_else(
            |_| String::new(),
            |instant| instant.to_zoned(self.zone.clone()).strftime("%Y-%m-%d, %H:%M").to_string(),
        )
    }
}

fn days_of(period: &SpendPeriod, today: Date) -> Result<(Date, Date), PeriodError> {
    let ago = |days: i64| today.checked_sub(days.days());
    Ok(match period {
        SpendPeriod::Today => (today, today),
        SpendPeriod::Yesterday => (today.yesterday()?, today.yesterday()?),
        SpendPeriod::SevenDays => (ago(6)?, today),
        SpendPeriod::ThirtyDays => (ago(29)?, today),
        SpendPeriod::ThisMonth => (today.first_of_month(), today.last_of_month()),
        SpendPeriod::LastMonth => {
            let last = today.first_of_month().yesterday()?;
            (last.first_of_month(), last)
        }
        SpendPeriod::Days { first, last } => (day(first)?, day(last)?),
    })
}

fn day(text: &str) -> Result<Date, PeriodError> {
    text.parse().map_err(|_| PeriodError::Day(text.to_owned()))
}

fn days_between(first: Date, last: Date) -> i64 {
    i64::from(first.until(last).map_or(0, |span| span.get_days()))
}

/// The first instant of a day, which is not midnight where clocks skip it.
fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp, PeriodError> {
    let start = day.to_zoned(zone.clone())?.start_of_day()?;
    Ok(Timestamp::from_micros(start.timestamp().as_microsecond()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_micros(text.parse::<Instant>().unwrap().as_microsecond())
    }

    fn span(period: &SpendPeriod, now: &str, zone: &str) -> Span {
        Span::of(period, at(now), &TimeZone::get(zone).unwrap()).unwrap()
    }

    fn days(first: &str, last: &str) -> SpendPeriod {
        SpendPeriod::Days { first: first.to_owned(), last: last.to_owned() }
    }

    #[rstest]
    #[case(SpendPeriod::Today, "2026-11-01", "2026-11-01")]
    #[case(SpendPeriod::Yesterday, "2026-10-31", "2026-10-31")]
    #[case(SpendPeriod::SevenDays, "2026-10-26", "2026-11-01")]
    #[case(SpendPeriod::ThirtyDays, "2026-10-03", "2026-11-01")]
    #[case(SpendPeriod::ThisMonth, "2026-11-01", "2026-11-30")]
    #[case(SpendPeriod::LastMonth, "2026-10-01", "2026-10-31")]
    #[case(days("2026-02-03", "2026-02-04"), "2026-02-03", "2026-02-04")]
    fn a_period_has_the_days_that_its_name_says_where_the_viewer_is(
        #[case] period: SpendPeriod,
        #[case] first: &str,
        #[case] last: &str,
    ) {
        // In Tokyo it is the first of November already.
        let span = span(&period, "2026-10-31T20:00:00Z", "Asia/Tokyo");
        assert_eq!((span.first.to_string(), span.last.to_string()), (first.into(), last.into()));
    }

    #[rstest]
    #[case("2026-03-29", 23)]
    #[case("2026-10-25", 25)]
    #[case("2026-10-26", 24)]
    fn a_day_has_as_many_hours_as_its_clocks_make_it(#[case] day: &str, #[case] hours: usize) {
        let span = span(&days(day, day), "2026-11-22T10:00:00Z", "Europe/Berlin");
        let bars = span.bars().unwrap();
        assert_eq!((span.bar_unit(), bars.len()), (BarUnit::Hour, hours));
        assert_eq!(bars.first().unwrap().from, span.from);
        assert_eq!(bars.last().unwrap().until, span.until);
    }

    #[test]
    fn bars_have_no_gaps_whatever_they_are_of() {
        for (first, last, unit, count) in [
            ("2026-10-24", "2026-10-25", BarUnit::Hour, 49),
            ("2026-10-01", "2026-10-31", BarUnit::Day, 31),
            ("2026-08-17", "2026-11-22", BarUnit::Month, 4),
            ("2024-11-23", "2026-11-22", BarUnit::Month, 25),
        ] {
            let span = span(&days(first, last), "2026-11-22T10:00:00Z", "Europe/Berlin");
            let bars = span.bars().unwrap();
            assert_eq!((span.bar_unit(), bars.len()), (unit, count));
            assert!(bars.windows(2).all(|pair| pair[0].until == pair[1].from));
            assert_eq!((bars[0].from, bars[count - 1].until), (span.from, span.until));
        }
    }

    #[test]
    fn a_running_period_is_compared_with_as_much_of_the_one_before() {
        let now = "2026-11-22T10:20:00Z";
        let before = |period: SpendPeriod| {
            let before = span(&period, now, "UTC").before(at(now)).unwrap();
            (before.from, before.until)
        };
        assert_eq!(
            before(SpendPeriod::Today),
            (at("2026-11-21T00:00:00Z"), at("2026-11-21T11:00:00Z"))
        );
        assert_eq!(
            before(SpendPeriod::ThisMonth),
            (at("2026-10-01T00:00:00Z"), at("2026-10-22T11:00:00Z"))
        );
        assert_eq!(
            before(SpendPeriod::LastMonth),
            (at("2026-09-01T00:00:00Z"), at("2026-10-01T00:00:00Z"))
        );
        assert_eq!(
            before(days("2026-11-03", "2026-11-05")),
            (at("2026-10-31T00:00:00Z"), at("2026-11-03T00:00:00Z"))
        );
    }

    #[test]
    fn what_is_no_period_says_what_to_write_instead() {
        let now = at("2026-11-22T10:00:00Z");
        let error = |first: &str, last: &str| {
            Span::of(&days(first, last), now, &TimeZone::UTC).unwrap_err().to_string()
        };
        assert!(error("22.11.2026", "2026-11-22").contains("`22.11.2026` is no day"));
        assert!(error("2026-11-23", "2026-11-22").contains("swap them"));
        assert!(error("2020-11-23", "2026-11-22").contains("at most 731"));
        assert!(error("9999-12-31", "9999-12-31").contains("too far"));
    }

    #[test]
    fn only_some_time_zones_cut_hours() {
        let cuts = |zone| span(&SpendPeriod::Today, "2026-11-22T10:00:00Z", zone).cuts_hours();
        assert!(cuts("Asia/Kolkata"));
        assert!(!cuts("Europe/Berlin"));
    }

    #[test]
    fn the_days_so_far_end_with_today_and_with_the_period() {
        let now = "2026-11-22T10:20:00Z";
        let so_far = |period: SpendPeriod| span(&period, now, "UTC").days_so_far(at(now));
        assert_eq!(so_far(SpendPeriod::ThisMonth), 22);
        assert_eq!(so_far(SpendPeriod::LastMonth), 31);
        assert_eq!(so_far(days("2026-12-01", "2026-12-03")), 0);
    }
}
