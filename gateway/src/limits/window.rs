//! A sliding window that counts exactly, in slices.
//!
//! The last `PERIOD` is cut into sixty slices. What is counted belongs to the slice in which it
//! was, and counts until the window has left that slice as a whole: for at least a period, and for
//! at most one slice more. So in no span of a period, wherever it begins, is there ever more than
//! what [`Window::room`] said, and what is used is free again at an instant that is known exactly.

use std::collections::VecDeque;

use crate::kernel::config::LimitPeriod;

/// Into how many slices a period is cut: a second of a minute, a minute of an hour, 24 minutes of
/// a day. Something counts at most this part of the period longer than it has to.
pub(super) const SLICES: i64 = 60;

/// How long a slice is, in microseconds.
pub(super) const fn slice_micros(period: LimitPeriod) -> i64 {
    period.seconds() * 1_000_000 / SLICES
}

/// What was counted lately. Instants are microseconds.
#[derive(Debug, Clone)]
pub(super) struct Window {
    slice_micros: i64,
    /// Slices in which something was counted, by number, the oldest first.
    slices: VecDeque<(i64, i64)>,
    used: i64,
}

impl Window {
    pub(super) fn new(period: LimitPeriod) -> Self {
        Self { slice_micros: slice_micros(period), slices: VecDeque::new(), used: 0 }
    }

    /// Forgets what has left the window; gives the slice that is counted in now.
    ///
    /// A clock that is set back stands still here until it has caught up; one that is set back by
    /// more than a period begins anew, because nothing would come free for that long.
    fn advance(&mut self, now: i64) -> i64 {
        let mut slice = now.div_euclid(self.slice_micros);
        if let Some((newest, _)) = self.slices.back() {
            if *newest - slice > SLICES {
                self.slices.clear();
                self.used = 0;
            } else {
                slice = slice.max(*newest);
            }
        }
        while let Some((oldest, amount)) = self.slices.front() {
            if *oldest >= slice - SLICES {
                break;
            }
            self.used -= amount;
            self.slices.pop_front();
        }
        slice
    }

    /// What is used at `now`.
    pub(super) fn used(&mut self, now: i64) -> i64 {
        self.advance(now);
        self.used
    }

    /// Counts an amount at `now`; gives the slice, by which it can be put right later.
    pub(super) fn add(&mut self, now: i64, amount: i64) -> i64 {
        let slice = self.advance(now);
        self.used += amount;
        match self.slices.back_mut() {
            Some((newest, counted)) if *newest == slice => *counted += amount,
            _ => self.slices.push_back((slice, amount)),
        }
        slice
    }

    /// Puts right what was counted in a slice; nothing where that has left the window.
    pub(super) fn correct(&mut self, slice: i64, by: i64) {
        if let Some((_, counted)) = self.slices.iter_mut().rev().find(|(at, _)| *at == slice) {
            *counted += by;
            self.used += by;
        }
    }

    /// When `amount` fits below `limit` if nothing else is counted until then. An amount above the
    /// limit never does; what is given then is when nothing of today counts any more.
    pub(super) fn fits_at(&mut self, now: i64, amount: i64, limit: i64) -> i64 {
        self.advance(now);
        let mut used = self.used;
        let mut at = now;
        for (slice, counted) in &self.slices {
            if used + amount <= limit {
                break;
            }
            used -= counted;
            at = self.left_at(*slice);
        }
        at
    }

    /// When nothing of what is used now counts any more.
    pub(super) fn whole_at(&mut self, now: i64) -> i64 {
        self.advance(now);
        let newest = self.slices.iter().rev().find(|(_, counted)| *counted > 0);
        newest.map_or(now, |(slice, _)| self.left_at(*slice))
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_idle(&mut self, now: i64) -> bool {
        self.advance(now);
        self.slices.is_empty()
    }

    /// When the window has left a slice as a whole.
    fn left_at(&self, slice: i64) -> i64 {
        (slice + SLICES + 1) * self.slice_micros
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const SECOND: i64 = 1_000_000;
    const MINUTE: i64 = 60 * SECOND;
    const START: i64 = 1_790_000_000 * SECOND;
    const LIMIT: i64 = 10;

    /// Counts where it fits below the limit; gives whether it did.
    fn take(window: &mut Window, now: i64, amount: i64) -> bool {
        let fits = window.used(now) + amount <= LIMIT;
        if fits {
            window.add(now, amount);
        }
        fits
    }

    #[test]
    fn what_is_counted_counts_for_a_minute_and_at_most_a_second_more() {
        let mut window = Window::new(LimitPeriod::Minute);
        window.add(START + 300_000, 4);
        assert_eq!(window.used(START + 300_000 + MINUTE), 4);
        assert_eq!(window.used(START + MINUTE + SECOND - 1), 4);
        assert_eq!(window.used(START + MINUTE + SECOND), 0);
        assert!(window.is_idle(START + MINUTE + SECOND));
    }

    #[test]
    fn it_is_known_to_the_microsecond_when_something_fits_and_when_all_is_free() {
        let mut window = Window::new(LimitPeriod::Minute);
        window.add(START, 6);
        window.add(START + 5 * SECOND, 4);
        let now = START + 6 * SECOND;
        assert_eq!(window.fits_at(now, 1, LIMIT), START + MINUTE + SECOND);
        assert_eq!(window.fits_at(now, 6, LIMIT), START + MINUTE + SECOND);
        assert_eq!(window.fits_at(now, 7, LIMIT), START + MINUTE + 6 * SECOND);
        assert_eq!(window.fits_at(now, 0, LIMIT), now);
        assert_eq!(window.whole_at(now), START + MINUTE + 6 * SECOND);
        assert_eq!(Window::new(LimitPeriod::Day).whole_at(now), now);
    }

    #[test]
    fn what_was_set_aside_is_put_right_in_its_slice_while_that_counts() {
        let mut window = Window::new(LimitPeriod::Minute);
        let slice = window.add(START, 8);
        window.add(START + SECOND, 1);
        window.correct(slice, -5);
        assert_eq!(window.used(START + SECOND), 4);
        assert_eq!(window.used(START + MINUTE + SECOND), 1);
        window.correct(slice, 100);
        assert_eq!(window.used(START + MINUTE + SECOND), 1, "it has left the window");
    }

    #[test]
    fn a_clock_that_is_set_back_frees_nothing_early_and_starves_nobody() {
        let mut window = Window::new(LimitPeriod::Minute);
        window.add(START, LIMIT);
        assert_eq!(window.used(START - 30 * SECOND), LIMIT);
        assert!(!take(&mut window, START - 30 * SECOND, 1));
        assert_eq!(window.used(START - 3_600 * SECOND), 0);
    }

    #[rstest]
    #[case(LimitPeriod::Minute, 1)]
    #[case(LimitPeriod::Hour, 60)]
    #[case(LimitPeriod::Day, 1_440)]
    fn a_slice_is_a_sixtieth_of_the_period(#[case] period: LimitPeriod, #[case] seconds: i64) {
        assert_eq!(slice_micros(period), seconds * SECOND);
    }

    #[derive(Debug, Clone, Copy)]
    struct Try {
        after_micros: i64,
        amount: i64,
        /// Which part of it was used in the end, in percent.
        used_percent: i64,
    }

    fn any_tries() -> impl Strategy<Value = Vec<Try>> {
        let pause = prop_oneof![
            4 => 0..2 * SECOND,
            2 => Just(SECOND),
            1 => 0..MINUTE,
            1 => Just(MINUTE),
            1 => 0..3 * MINUTE,
        ];
        let one = (pause, 1..=LIMIT, 0..=100_i64);
        let one = one.prop_map(|(after_micros, amount, used_percent)| Try {
            after_micros,
            amount,
            used_percent,
        });
        prop::collection::vec(one, 1..200)
    }

    proptest! {
        #[test]
        fn in_no_span_of_a_minute_is_there_more_than_the_limit(tries in any_tries()) {
            let mut window = Window::new(LimitPeriod::Minute);
            let mut let_in: Vec<(i64, i64)> = Vec::new();
            let mut now = START;
            for Try { after_micros, amount, .. } in tries {
                now += after_micros;
                if take(&mut window, now, amount) {
                    let_in.push((now, amount));
                }
                let last_minute = let_in.iter().filter(|(at, _)| *at > now - MINUTE);
                prop_assert!(last_minute.map(|(_, amount)| amount).sum::<i64>() <= LIMIT);
            }
        }

        #[test]
        fn who_waits_as_long_as_told_is_let_in_and_not_a_slice_earlier(tries in any_tries()) {
            let mut window = Window::new(LimitPeriod::Minute);
            let mut now = START;
            for Try { after_micros, amount, .. } in tries {
                now += after_micros;
                if take(&mut window, now, amount) {
                    continue;
                }
                let at = window.fits_at(now, amount, LIMIT);
                prop_assert!(at > now && at <= now + MINUTE + SECOND, "nobody waits for longer");
                prop_assert!(!take(&mut window.clone(), at - 1, amount));
                prop_assert!(take(&mut window, at, amount));
                now = at;
            }
        }

        #[test]
        fn after_any_number_of_corrections_exactly_what_was_used_counts(tries in any_tries()) {
            let mut window = Window::new(LimitPeriod::Minute);
            let mut truth: Vec<(i64, i64)> = Vec::new();
            let mut now = START;
            for Try { after_micros, amount, used_percent } in tries {
                now += after_micros;
                let slice = window.add(now, amount);
                let used = amount * used_percent / 100;
                window.correct(slice, used - amount);
                truth.push((now / SECOND, used));
                let counts = truth.iter().filter(|(second, _)| *second >= now / SECOND - SLICES);
                prop_assert_eq!(window.used(now), counts.map(|(_, used)| used).sum::<i64>());
                prop_assert!(window.slices.len() <= usize::try_from(SLICES).unwrap() + 1);
            }
        }
    }
}
