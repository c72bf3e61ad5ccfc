//! Today, this month and its days, in a time zone.

use jiff::{Timestamp as Instant, ToSpan, tz::TimeZone};
use shared::Timestamp;

/// The periods around an instant.
pub(super) struct Periods {
    pub(super) today: Timestamp,
    pub(super) month: Timestamp,
    pub(super) days: Vec<Day>,
}

/// One day of the month so far.
pub(super) struct Day {
    pub(super) label: String,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl Periods {
    pub(super) fn around(now: Timestamp, zone: &TimeZone) -> Self {
        Self::try_around(now, zone).unwrap_or(Self { today: now, month: now, days: Vec::new() })
    }

    fn try_around(now: Timestamp, zone: &TimeZone) -> Result<Self, jiff::Error> {
        let local = Instant::from_microsecond(now.micros())?.to_zoned(zone.clone());
        let today = local.start_of_day()?;
        let month = local.first_of_month()?.start_of_day()?;
        let mut days = Vec::new();
        let mut day = month.clone();
        while day <= today {
            let next = day.checked_add(1.day())?.start_of_day()?;
            days.push(Day {
                label: day.date().to_string(),
                from: Timestamp::from_micros(day.timestamp().as_microsecond()),
                until: Timestamp::from_micros(next.timestamp().as_microsecond()),
            });
            day = next;
        }
        Ok(Self {
            today: Timestamp::from_micros(today.timestamp().as_microsecond()),
            month: Timestamp::from_micros(month.timestamp().as_microsecond()),
            days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_so_far_has_every_day_without_gaps() {
        let now: Instant = "2026-11-22T10:00:00Z".parse().unwrap();
        let periods = Periods::around(Timestamp::from_micros(now.as_microsecond()), &TimeZone::UTC);
        assert_eq!(periods.days.len(), 22);
        assert_eq!(periods.days[0].label, "2026-11-01");
        assert_eq!(periods.days[21].from, periods.today);
        assert!(periods.days.windows(2).all(|pair| pair[0].until == pair[1].from));
    }
}
