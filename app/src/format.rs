//! Numbers and instants for people, written the same on the server and in the browser.

use shared::Timestamp;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SECONDS_PER_DAY: i64 = 86_400;

/// A day of the proleptic Gregorian calendar, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) number: i64,
}

impl Day {
    /// The day of an instant in UTC.
    ///
    /// The arithmetic is Howard Hinnant's `civil_from_days`, which counts from 1 March 0000 so
    /// that the leap day is the last of its year.
    pub(crate) fn of(instant: Timestamp) -> Self {
        const DAYS_FROM_0000_03_01_TO_EPOCH: i64 = 719_468;
        const DAYS_IN_400_YEARS: i64 = 146_097;
        let days = seconds(instant).div_euclid(SECONDS_PER_DAY) + DAYS_FROM_0000_03_01_TO_EPOCH;
        let era = days.div_euclid(DAYS_IN_400_YEARS);
        let day_of_era = days.rem_euclid(DAYS_IN_400_YEARS);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let number = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self { year, month, number }
    }

    fn month_name(self) -> &'static str {
        usize::try_from(self.month - 1)
            .ok()
            .and_then(|index| MONTHS.get(index))
            .copied()
            .unwrap_or("")
    }
}

fn seconds(instant: Timestamp) -> i64 {
    instant.micros().div_euclid(1_000_000)
}

/// `22 Nov 2026`, UTC.
pub(crate) fn date(instant: Timestamp) -> String {
    let day = Day::of(instant);
    format!("{} {} {}", day.number, day.month_name(), day.year)
}

/// `22 Nov`, UTC.
pub(crate) fn short_date(instant: Timestamp) -> String {
    let day = Day::of(instant);
    format!("{} {}", day.number, day.month_name())
}

/// `14:02 UTC`.
pub(crate) fn time(instant: Timestamp) -> String {
    let second = seconds(instant).rem_euclid(SECONDS_PER_DAY);
    format!("{:02}:{:02} UTC", second / 3_600, second / 60 % 60)
}

/// `22 Nov 2026, 14:02 UTC`.
pub(crate) fn date_and_time(instant: Timestamp) -> String {
    format!("{}, {}", date(instant), time(instant))
}

/// `2026-11-22T14:02:07Z`, for the `datetime` of a `<time>`.
pub(crate) fn machine(instant: Timestamp) -> String {
    let day = Day::of(instant);
    let second = seconds(instant).rem_euclid(SECONDS_PER_DAY);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        day.year,
        day.month,
        day.number,
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// The month of `2026-11-22`: `Nov`.
pub(crate) fn month_of(day: &str) -> &'static str {
    let month = day.split('-').nth(1).and_then(|month| month.parse::<usize>().ok());
    month.and_then(|month| MONTHS.get(month.checked_sub(1)?)).copied().unwrap_or("")
}

/// Days from `2026-11-01` to `2026-11-30`: `1 – 30 Nov 2026`.
pub(crate) fn days(first: &str, last: &str) -> String {
    let parts = |day: &str| -> (String, &'static str, String) {
        let year = day.split('-').next().unwrap_or_default().to_owned();
        let number = day.rsplit('-').next().unwrap_or_default().trim_start_matches('0').to_owned();
        (number, month_of(day), year)
    };
    let ((from, from_month, from_year), (to, to_month, to_year)) = (parts(first), parts(last));
    let until = format!("{to} {to_month} {to_year}");
    match (from_year == to_year, from_month == to_month) {
        _ if first == last => until,
        (true, true) => format!("{from} – {until}"),
        (true, false) => format!("{from} {from_month} – {until}"),
        (false, _) => format!("{from} {from_month} {from_year} – {until}"),
    }
}

/// How far apart two instants are, in the largest whole unit: `3 min`, `5 h`, `12 days`.
pub(crate) fn distance(earlier: Timestamp, later: Timestamp) -> String {
    let seconds = later.micros_since(earlier).max(0) / 1_000_000;
    match seconds {
        0..60 => "less than a minute".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..SECONDS_PER_DAY => format!("{} h", seconds / 3_600),
        _ if seconds < 2 * SECONDS_PER_DAY => "1 day".to_owned(),
        _ => format!("{} days", seconds / SECONDS_PER_DAY),
    }
}

/// How long it is until an instant, to the nearest unit: what was set to 90 days a moment ago still
/// has `90 days`.
pub(crate) fn remaining(now: Timestamp, until: Timestamp) -> String {
    let half_a_unit = match until.micros_since(now).max(0) / 1_000_000 {
        0..60 => 0,
        60..3_600 => 30,
        3_600..SECONDS_PER_DAY => 1_800,
        _ => SECONDS_PER_DAY / 2,
    };
    distance(now, until.plus_seconds(half_a_unit))
}

/// Whole days between the days of two instants, UTC.
pub(crate) fn days_between(earlier: Timestamp, later: Timestamp) -> i64 {
    seconds(later).div_euclid(SECONDS_PER_DAY) - seconds(earlier).div_euclid(SECONDS_PER_DAY)
}

/// `7 µs`, `412 ms`, `1.84 s`.
pub(crate) fn duration(micros: i64) -> String {
    match micros {
        ..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{:02} s", micros / 1_000_000, micros / 10_000 % 100),
    }
}

/// `91,442,870`.
pub(crate) fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `91.4 M`, `48.2 k`, `950`.
pub(crate) fn short_count(number: i64) -> String {
    let scaled = |unit: i64, name| {
        let tenths = (number + unit / 20) / (unit / 10);
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    };
    match number {
        ..1_000 => number.to_string(),
        1_000..1_000_000 => scaled(1_000, "k"),
        1_000_000..1_000_000_000 => scaled(1_000_000, "M"),
        _ => scaled(1_000_000_000, "B"),
    }
}

/// `1 call`, `3 calls`.
pub(crate) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn instants_are_written_as_civil_dates_across_leap_days_and_centuries() {
        for (seconds, written) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_356_127, "2026-11-22T14:02:07Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(machine(at(seconds)), written);
        }
        assert_eq!(date_and_time(at(1_795_356_127)), "22 Nov 2026, 14:02 UTC");
    }

    #[test]
    fn days_are_written_without_saying_anything_twice() {
        assert_eq!(days("2026-11-22", "2026-11-22"), "22 Nov 2026");
        assert_eq!(days("2026-11-01", "2026-11-30"), "1 – 30 Nov 2026");
        assert_eq!(days("2026-10-28", "2026-11-03"), "28 Oct – 3 Nov 2026");
        assert_eq!(days("2025-12-28", "2026-01-03"), "28 Dec 2025 – 3 Jan 2026");
        assert_eq!(days("2025-11-01", "2026-11-30"), "1 Nov 2025 – 30 Nov 2026");
    }

    #[test]
    fn numbers_are_grouped_and_shortened_without_losing_their_size() {
        assert_eq!(count(91_442_870), "91,442,870");
        assert_eq!(count(-1_000), "-1,000");
        assert_eq!(short_count(999), "999");
        assert_eq!(short_count(48_211), "48.2 k");
        assert_eq!(short_count(91_442_870), "91.4 M");
    }

    #[test]
    fn durations_are_written_in_the_unit_that_fits() {
        assert_eq!(duration(7), "7 µs");
        assert_eq!(duration(412_000), "412 ms");
        assert_eq!(duration(1_842_113), "1.84 s");
    }

    #[test]
    fn distances_are_told_in_the_largest_whole_unit() {
        assert_eq!(distance(at(0), at(59)), "less than a minute");
        assert_eq!(distance(at(0), at(7_199)), "1 h");
        assert_eq!(distance(at(0), at(86_400)), "1 day");
        assert_eq!(distance(at(0), at(86_400 * 78)), "78 days");
        assert_eq!(remaining(at(3), at(86_400 * 90)), "90 days");
        assert_eq!(remaining(at(0), at(86_400 * 90 - 50_000)), "89 days");
        assert_eq!(remaining(at(1), at(3_600 * 5)), "5 h");
        assert_eq!(remaining(at(0), at(59)), "less than a minute");
        assert_eq!(remaining(at(60), at(0)), "less than a minute");
    }
}
