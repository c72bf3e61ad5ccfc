//! What a provider still lets through, as its own headers tell it, and how long it has asked to be
//! left alone.

use shared::Timestamp;

/// How long a deployment is left alone that has too many requests and does not say until when;
/// twice as long each time in a row.
const FIRST_REST_MICROS: i64 = 1_000_000;
const LONGEST_REST_MICROS: i64 = 30_000_000;
/// No advice is followed for longer than that.
const LONGEST_ADVICE_MICROS: i64 = 3_600_000_000;
/// Whatever is left, a deployment has that much room beside the others: what was told is of the
/// past.
const LEAST_ROOM: f64 = 0.01;

/// One limit as a provider tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit {
    /// How much there is in all, where that is told.
    pub limit: Option<u64>,
    /// How much is left.
    pub remaining: u64,
    /// In how many microseconds it is whole again, where that is told.
    pub resets_in_micros: Option<i64>,
}

/// The limits that an answer's headers tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Of requests.
    pub requests: Option<Limit>,
    /// Of tokens; where several are told, the one of which least is left.
    pub tokens: Option<Limit>,
}

/// What one deployment lets through.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    requests: Option<Told>,
    tokens: Option<Told>,
    resting_until: Option<Timestamp>,
    /// How often it had too many requests since it last answered.
    busy_in_a_row: u32,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    limit: Limit,
    resets_at: Option<Timestamp>,
}

impl Allowance {
    /// An answer has told its limits.
    pub(super) fn told(&mut self, limits: &Limits, now: Timestamp) {
        let told = |limit: Limit| Told {
            limit,
            resets_at: limit.resets_in_micros.map(|micros| later(now, micros)),
        };
        self.requests = limits.requests.map(told).or(self.requests);
        self.tokens = limits.tokens.map(told).or(self.tokens);
    }

    /// It has answered: what it asked for before counts no longer for how long it rests next.
    pub(super) const fn answered(&mut self) {
        self.busy_in_a_row = 0;
    }

    /// It has too many requests; or it has failed and says when to come again.
    pub(super) fn rest(&mut self, advice_seconds: Option<u32>, is_busy: bool, now: Timestamp) {
        let advised = advice_seconds.map(|seconds| i64::from(seconds) * 1_000_000);
        let micros = match advised {
            Some(micros) => micros.min(LONGEST_ADVICE_MICROS),
            None if is_busy => FIRST_REST_MICROS
                .saturating_mul(1 << self.busy_in_a_row.min(16))
                .min(LONGEST_REST_MICROS),
            None => return,
        };
        self.busy_in_a_row = self.busy_in_a_row.saturating_add(u32::from(is_busy));
        let until = later(now, micros);
        self.resting_until = self.resting_until.max(Some(until));
    }

    /// For how long it is to be left alone, in microseconds.
    pub(super) fn rests_for_micros(&self, now: Timestamp) -> Option<i64> {
        let used_up = [self.requests, self.tokens]
            .into_iter()
            .flatten()
            .filter_map(|told| (told.limit.remaining == 0).then_some(told.resets_at).flatten());
        let until = self.resting_until.into_iter().chain(used_up).max()?;
        Some(until.micros_since(now)).filter(|micros| *micros > 0)
    }

    /// How much of its limits is left, from nearly 0 to 1; 1 where it tells none.
    pub(super) fn room(&self, now: Timestamp) -> f64 {
        [self.requests, self.tokens]
            .into_iter()
            .flatten()
            .filter(|told| told.resets_at.is_none_or(|at| now < at))
            .filter_map(Told::share)
            .fold(1.0, f64::min)
            .max(LEAST_ROOM)
    }
}

impl Told {
    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    fn share(self) -> Option<f64> {
        let limit = self.limit.limit.filter(|limit| *limit > 0)?;
        Some(self.limit.remaining as f64 / limit as f64)
    }
}

fn later(now: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000)
    }

    fn requests(remaining: u64, limit: u64, resets_in_seconds: i64) -> Limits {
        let resets_in_micros = Some(resets_in_seconds * 1_000_000);
        Limits {
            requests: Some(Limit { limit: Some(limit), remaining, resets_in_micros }),
            tokens: None,
        }
    }

    #[test]
    fn advice_is_followed_and_without_it_the_rest_grows_until_an_answer() {
        let mut allowance = Allowance::default();
        assert_eq!(allowance.rests_for_micros(at(0)), None);
        allowance.rest(Some(7), true, at(0));
        assert_eq!(allowance.rests_for_micros(at(0)), Some(7_000_000));
        assert_eq!(allowance.rests_for_micros(at(7)), None);
        let mut rests = Vec::new();
        for second in [100, 200, 300, 400, 500, 600] {
            allowance.rest(None, true, at(second));
            rests.extend(allowance.rests_for_micros(at(second)));
        }
        assert_eq!(rests, [2, 4, 8, 16, 30, 30].map(|seconds| seconds * 1_000_000));
        allowance.answered();
        allowance.rest(None, true, at(700));
        assert_eq!(allowance.rests_for_micros(at(700)), Some(1_000_000));
    }

    #[test]
    fn a_failure_without_advice_is_no_reason_to_rest() {
        let mut allowance = Allowance::default();
        allowance.rest(None, false, at(0));
        assert_eq!(allowance.rests_for_micros(at(0)), None);
        allowance.rest(Some(3), false, at(0));
        assert_eq!(allowance.rests_for_micros(at(0)), Some(3_000_000));
    }

    #[test]
    fn what_is_left_is_a_share_until_it_is_whole_again() {
        let mut allowance = Allowance::default();
        assert!((allowance.room(at(0)) - 1.0).abs() < f64::EPSILON);
        allowance.told(&requests(25, 100, 10), at(0));
        assert!((allowance.room(at(9)) - 0.25).abs() < f64::EPSILON);
        assert!((allowance.room(at(10)) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn where_nothing_is_left_it_rests_until_it_is_whole_again() {
        let mut allowance = Allowance::default();
        allowance.told(&requests(0, 100, 10), at(0));
        assert_eq!(allowance.rests_for_micros(at(4)), Some(6_000_000));
        assert!(allowance.room(at(4)) > 0.0);
        allowance.told(&requests(5, 100, 10), at(5));
        assert_eq!(allowance.rests_for_micros(at(5)), None);
    }
}
