//! Which part of every limit this node has, where nodes divide them.

use crate::call::NodesShare;

/// This node's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// How many nodes divide the limits; at least one.
    nodes: i64,
    /// This node's place among them, from 0.
    place: i64,
    /// Whether it is only until a Redis counts for all of them again.
    is_for_now: bool,
}

impl Share {
    /// Everything.
    pub(super) const WHOLE: Self = Self { nodes: 1, place: 0, is_for_now: false };

    /// Of the node at this place among so many.
    pub(super) fn new(place: usize, nodes: usize) -> Self {
        let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
        Self { nodes: number(nodes).max(1), place: number(place), is_for_now: false }
    }

    /// The same until a Redis counts again.
    pub(super) const fn for_now(self) -> Self {
        Self { is_for_now: true, ..self }
    }

    /// The most that is ever let through at once, of a limit.
    pub(super) fn largest(self, limit: i64) -> i64 {
        if self.is_for_now { limit } else { self.of(limit) }
    }

    pub(super) const fn nodes(self) -> i64 {
        self.nodes
    }

    /// This node's part of a limit. All parts together are the limit, unless there are more nodes
    /// than it has units: then each has one, because a node that lets nobody through would answer
    /// whoever is led to it with refusals alone.
    pub(super) fn of(self, limit: i64) -> i64 {
        let rest = i64::from(self.place < limit % self.nodes);
        (limit / self.nodes + rest).max(1)
    }

    /// What is told of it where a limit is divided.
    pub(super) fn told(self, whole: i64) -> Option<NodesShare> {
        (self.nodes > 1).then_some(NodesShare { whole, nodes: self.nodes })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_of_all_nodes_are_the_limit_or_one_each(
            limit in 1..10_000_i64,
            nodes in 1..40_usize,
        ) {
            let parts: Vec<i64> = (0..nodes).map(|at| Share::new(at, nodes).of(limit)).collect();
            let count = i64::try_from(nodes).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), limit.max(count));
            prop_assert!(parts.iter().max().unwrap() - parts.iter().min().unwrap() <= 1);
        }
    }
}
