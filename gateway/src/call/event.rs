//! What happens beside the calls that somebody should know.

use serde::Serialize;
use shared::{
    Money, Timestamp,
    id::BudgetId,
    view::spend::{BudgetLevel, BudgetMode},
};
use tokio::sync::mpsc;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A budget's spend has passed a share of its limit.
    BudgetThreshold(BudgetThreshold),
    /// A model without a price has answered: its cost is not known.
    ModelUnpriced(ModelUnpriced),
}

/// A budget's spend has passed a share of its limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetThreshold {
    /// The budget.
    pub budget: BudgetId,
    /// Whom it binds.
    pub level: BudgetLevel,
    /// The name of whom it binds.
    pub name: String,
    /// Hard or soft.
    pub mode: BudgetMode,
    /// The share, in percent.
    pub percent: u16,
    /// The limit of the window.
    pub limit: Money,
    /// Settled in the window so far.
    pub spent: Money,
    /// The window's first instant.
    pub window_start: Timestamp,
    /// The first instant after it.
    pub window_end: Timestamp,
}

/// A model without a price has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelUnpriced {
    /// The model as callers name it.
    pub model: String,
    /// The day on which it did, in UTC: `2026-11-23`.
    pub day: String,
}

/// The way to whoever keeps events. Events are few: each is told once per window or day.
#[derive(Debug, Clone)]
pub struct EventSender(mpsc::UnboundedSender<Event>);

/// Where the events come out.
pub type EventReceiver = mpsc::UnboundedReceiver<Event>;

impl EventSender {
    /// A sender and where its events come out.
    #[must_use]
    pub fn channel() -> (Self, EventReceiver) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells of an event; where nobody keeps events any more, nobody is told.
    pub fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }
}
