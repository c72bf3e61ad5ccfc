//! Lanes: the threads that serve calls, one for each processor core.
//!
//! A call stays on its lane. What is shared by calls but dear to share between threads, such as
//! idle connections to a provider, is kept [per lane](PerLane).

use std::{cell::Cell, sync::OnceLock, thread};

thread_local! {
    /// Zero for every thread that is no lane.
    static LANE: Cell<usize> = const { Cell::new(0) };
}

/// How many lanes there are: as many as processor cores that this process may use.
#[must_use]
pub fn count() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Makes the current thread the lane of this number, from 1 to [`count`].
pub fn enter(number: usize) {
    LANE.set(number);
}

/// A value for each lane, and one for all threads that are none. Each is made when it is first
/// asked for.
#[derive(Debug)]
pub struct PerLane<T> {
    everywhere_else: T,
    lanes: Box<[OnceLock<T>]>,
}

impl<T: Clone> PerLane<T> {
    /// The value for threads that are no lane, and room for the others.
    #[must_use]
    pub fn new(everywhere_else: T) -> Self {
        Self { everywhere_else, lanes: (0..count()).map(|_| OnceLock::new()).collect() }
    }

    /// The value of the current thread; where `make` makes none, lanes share that of the others.
    pub fn get(&self, make: impl FnOnce() -> Option<T>) -> &T {
        let slot = LANE.get().checked_sub(1).and_then(|lane| self.lanes.get(lane));
        match slot {
            Some(slot) => {
                slot.get_or_init(|| make().unwrap_or_else(|| self.everywhere_else.clone()))
            }
            None => &self.everywhere_else,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_has_a_value_of_its_own_and_keeps_it() {
        let values = PerLane::new(0);
        assert_eq!(*values.get(|| Some(1)), 0);
        thread::scope(|scope| {
            let lane = scope.spawn(|| {
                enter(1);
                (*values.get(|| Some(1)), *values.get(|| Some(2)))
            });
            assert_eq!(lane.join().unwrap(), (1, 1));
        });
    }

    #[test]
    fn a_lane_without_a_value_shares_that_of_the_other_threads() {
        let values = PerLane::new(7);
        thread::scope(|scope| {
            let lane = scope.spawn(|| {
                enter(1);
                *values.get(|| None)
            });
            assert_eq!(lane.join().unwrap(), 7);
        });
    }
}
