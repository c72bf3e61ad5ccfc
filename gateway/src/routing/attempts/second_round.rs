//! Where all were asked in vain, and one of them may be asked once more.

use shared::Timestamp;

use super::{super::affinity::mixed, Attempts, RuledOut, micros};

/// The shortest pause before a second round, in microseconds; the longest is three times as long.
const PAUSE_MICROS: i64 = 50_000;

impl Attempts {
    /// After how long those that may be asked once more are; none where none may.
    pub(super) fn second_round(&mut self) -> Option<i64> {
        if self.is_second_round || self.is_alone() {
            return None;
        }
        let again = self.worth_another_try();
        let wait = again.iter().map(|(_, wait)| *wait).min()?;
        let settings = &self.pool().settings;
        let has_time = self.time_left().is_none_or(|left| micros(wait) < left);
        if wait > settings.queue_micros || !has_time || !self.pool().retry_budget.take() {
            return None;
        }
        self.is_second_round = true;
        self.looked_at = 0;
        self.passed_over.clear();
        self.again = again.into_iter().map(|(place, _)| place).collect();
        Some(wait)
    }

    /// Places, and in how many microseconds each could be asked, in the order of the plan.
    fn worth_another_try(&self) -> Vec<(usize, i64)> {
        let now = self.pool().settings.clock.now();
        let in_order = (0..self.plan.len()).filter_map(|index| self.plan.place(index));
        in_order
            .filter_map(|place| {
                let (_, why) = self.pool().healths[place].figures(place, 1, None, now);
                let asked = self.ended.iter().find(|(other, _)| *other == place);
                match (asked, why) {
                    (Some((_, outcome)), _) if !outcome.may_repeat() => None,
                    (_, Some(RuledOut::Resting { for_micros })) => Some((place, for_micros)),
                    (Some(_), None) => Some((place, self.pause(now))),
                    _ => None,
                }
            })
            .collect()
    }

    /// Not the same for calls that failed together.
    fn pause(&self, now: Timestamp) -> i64 {
        let chance =
            mixed(now.micros().unsigned_abs() ^ self.plan.caller.user.uuid().as_u64_pair().1);
        PAUSE_MICROS + i64::try_from(chance % 100_000).unwrap_or(0)
    }
}
