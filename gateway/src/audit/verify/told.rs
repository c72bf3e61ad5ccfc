//! What changes tell of the chains themselves: deletions, and rows from before the chains began.

use serde_json::{Value, json};

use super::super::change::Action;

/// A change, as far as it may tell of chains.
pub(in super::super) struct FoundChange<'a> {
    pub(in super::super) action: &'a str,
    pub(in super::super) resource: &'a str,
    pub(in super::super) before: Option<&'a str>,
    pub(in super::super) after: &'a str,
}

/// What the tombstone of a deletion says; the change that tells of the deletion must say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Deletion {
    pub(in super::super) node: String,
    pub(in super::super) chain: String,
    pub(in super::super) last_sequence: i64,
    /// In hexadecimal.
    pub(in super::super) last_hash: String,
    pub(in super::super) entries: i64,
    pub(in super::super) reason: String,
    pub(in super::super) at: i64,
}

impl Deletion {
    /// What the change names as its resource.
    pub(in super::super) fn resource(&self) -> String {
        format!("{} of {} up to {}", self.chain, self.node, self.last_sequence)
    }

    /// What it says was there before.
    pub(in super::super) fn before(&self) -> Value {
        json!({ "links": self.entries, "last_hash": self.last_hash })
    }

    /// What it says is there since.
    pub(in super::super) fn after(&self) -> Value {
        json!({ "links": 0, "reason": self.reason, "arrived_before": self.at })
    }

    fn is_told_by(&self, (resource, before, after): &(String, Value, Value)) -> bool {
        *resource == self.resource() && *before == self.before() && *after == self.after()
    }
}

/// Rows that had no place when a node's chains began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Unplaced {
    pub(in super::super) changes: i64,
    pub(in super::super) calls: i64,
}

impl Unplaced {
    /// As the change that begins the chains tells it.
    pub(in super::super) fn after(self) -> Value {
        json!({ "unplaced_changes": self.changes, "unplaced_calls": self.calls })
    }

    fn told(after: &Value) -> Option<Self> {
        let count = |name: &str| after.get(name).and_then(Value::as_i64);
        Some(Self { changes: count("unplaced_changes")?, calls: count("unplaced_calls")? })
    }
}

/// What was told so far.
#[derive(Default)]
pub(super) struct Told {
    deletions: Vec<(String, Value, Value)>,
    /// The fewest that any node has found at its beginning: there cannot be more since.
    unplaced: Option<Unplaced>,
}

impl Told {
    pub(super) fn hear(&mut self, change: &FoundChange<'_>) {
        let value = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        if change.action == Action::AuditPrune.as_str() {
            let before = change.before.map_or(Value::Null, value);
            self.deletions.push((change.resource.to_owned(), before, value(change.after)));
        }
        if change.action == Action::AuditBegin.as_str()
            && let Some(told) = Unplaced::told(&value(change.after))
        {
            let least = self.unplaced.unwrap_or(told);
            self.unplaced = Some(Unplaced {
                changes: least.changes.min(told.changes),
                calls: least.calls.min(told.calls),
            });
        }
    }

    pub(super) fn has(&self, deletion: &Deletion) -> bool {
        self.deletions.iter().any(|told| deletion.is_told_by(told))
    }

    /// How many rows without a place there may be; none where nothing tells of it.
    pub(super) fn unplaced(&self) -> Option<Unplaced> {
        self.unplaced
    }
}
