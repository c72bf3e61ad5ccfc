//! How many of the last calls failed, over a window that moves in tenths.

use shared::Timestamp;

const PARTS: usize = 10;
const PARTS_COUNT: i64 = 10;

/// Counts of one deployment.
#[derive(Debug)]
pub(super) struct Window {
    part_micros: i64,
    /// Which part is the last; they are numbered from the epoch.
    last: i64,
    /// Calls and failures of each part, by its number.
    parts: [(u32, u32); PARTS],
}

impl Window {
    pub(super) fn new(window_micros: i64) -> Self {
        let part_micros = (window_micros / PARTS_COUNT).max(1);
        Self { part_micros, last: i64::MIN, parts: [(0, 0); PARTS] }
    }

    pub(super) fn add(&mut self, now: Timestamp, is_failure: bool) {
        let place = self.move_to(now);
        let (calls, failures) = &mut self.parts[place];
        *calls = calls.saturating_add(1);
        *failures = failures.saturating_add(u32::from(is_failure));
    }

    /// Calls and failures of the window that ends now.
    pub(super) fn counts(&mut self, now: Timestamp) -> (u32, u32) {
        self.move_to(now);
        self.parts.iter().fold((0, 0), |(calls, failures), part| {
            (calls.saturating_add(part.0), failures.saturating_add(part.1))
        })
    }

    fn move_to(&mut self, now: Timestamp) -> usize {
        let number = now.micros().div_euclid(self.part_micros);
        let passed = number.saturating_sub(self.last);
        if passed >= PARTS_COUNT {
            self.parts = [(0, 0); PARTS];
            self.last = number;
        }
        // A clock that was set back counts to the last part.
        while self.last < number {
            self.last += 1;
            let place = place(self.last);
            self.parts[place] = (0, 0);
        }
        place(self.last)
    }
}

fn place(number: i64) -> usize {
    usize::try_from(number.rem_euclid(PARTS_COUNT)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_for_one_window_and_not_longer() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let mut window = Window::new(10_000_000);
        window.add(at(100), true);
        window.add(at(104), false);
        assert_eq!(window.counts(at(109)), (2, 1));
        assert_eq!(window.counts(at(110)), (1, 0), "the first is out");
        assert_eq!(window.counts(at(1_000)), (0, 0));
        window.add(at(999), true);
        assert_eq!(window.counts(at(1_000)), (1, 1), "a clock that is set back loses nothing");
    }
}
