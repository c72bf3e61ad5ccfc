//! What this node has of one budget's window: spent, set aside, leased; and what others have.

use shared::Money;
use tokio::time::Instant;

use super::window::Window;

/// One window's counters on this node.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) window: Window,
    /// Settled by this node.
    pub(super) spent: Money,
    /// Set aside for calls under way on this node.
    pub(super) reserved: Money,
    /// Leased and neither settled nor set aside; below zero where a provider has billed more
    /// than was set aside.
    pub(super) free: Money,
    /// What other nodes have, as last read.
    pub(super) elsewhere: Elsewhere,
    /// The largest threshold that was told, in percent.
    pub(super) told_percent: u16,
    /// Whether the database is being asked for a lease.
    pub(super) is_asking: bool,
    /// When there was too little last, if nothing was granted since.
    pub(super) refused_at: Option<Instant>,
    /// When the database did not answer last, if it has not since.
    pub(super) failed_at: Option<Instant>,
}

/// What other nodes have of a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Elsewhere {
    pub(super) spent: Money,
    pub(super) leased: Money,
    /// When some node last found too little, as it wrote it.
    pub(super) wanted_at: i64,
}

impl Share {
    pub(super) const fn new(window: Window, spent: Money, elsewhere: Elsewhere) -> Self {
        Self {
            window,
            spent,
            reserved: Money::ZERO,
            free: Money::ZERO,
            elsewhere,
            told_percent: 0,
            is_asking: false,
            refused_at: None,
            failed_at: None,
        }
    }

    /// Settled by all nodes, as far as is known here.
    pub(super) fn spent_everywhere(&self) -> Money {
        self.spent.saturating_add(self.elsewhere.spent)
    }

    /// What cannot be used otherwise at the moment: set aside here, leased elsewhere.
    pub(super) fn reserved_everywhere(&self) -> Money {
        self.reserved.saturating_add(self.elsewhere.leased)
    }

    pub(super) fn reserve(&mut self, amount: Money, is_leased: bool) {
        self.reserved += amount;
        if is_leased {
            self.free -= amount;
        }
    }

    /// Gives back what was set aside and adds what was spent.
    pub(super) fn settle(&mut self, reserved: Money, spent: Money, is_leased: bool) {
        self.reserved -= reserved;
        self.spent += spent;
        if is_leased {
            self.free += reserved - spent;
        }
    }

    /// Takes out of the lease what exceeds `keep`, for the database; nothing where there is none.
    pub(super) fn take_free(&mut self, keep: Money) -> Option<Money> {
        let surplus = self.free - keep;
        (surplus > Money::ZERO).then(|| {
            self.free -= surplus;
            surplus
        })
    }

    /// Whether nothing of it is left to be settled or given back.
    pub(super) fn is_at_rest(&self) -> bool {
        self.reserved.is_zero() && self.free <= Money::ZERO && !self.is_asking
    }
}
