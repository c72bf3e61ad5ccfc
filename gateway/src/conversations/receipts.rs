//! Receipts of answers: from the ledger, and from memory until the ledger has them.
//!
//! A call's record reaches the ledger a moment after the call; a reader who looks at once must
//! see the receipt nevertheless.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, PoisonError},
};

use shared::{Money, id::RequestId, receipt::Receipt};

use crate::{
    proxy::ledger,
    storage::{Database, StorageError},
};

/// How many receipts wait in memory at most.
const MOST_RECENT: usize = 1_024;

pub(super) struct Receipts {
    database: Database,
    recent: Mutex<VecDeque<Receipt>>,
}

impl Receipts {
    pub(super) fn new(database: Database) -> Self {
        Self { database, recent: Mutex::default() }
    }

    /// Keeps a receipt until the ledger has it.
    pub(super) fn remember(&self, receipt: Receipt) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == MOST_RECENT {
            recent.pop_front();
        }
        recent.push_back(receipt);
    }

    /// The receipts of these calls, as far as they are known.
    pub(super) async fn find_all(
        &self,
        requests: &[RequestId],
    ) -> Result<HashMap<RequestId, Receipt>, StorageError> {
        let mut found = ledger::receipts(&self.database, requests).await?;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|receipt| !found.contains_key(&receipt.request_id));
        let wanted = requests.iter().copied().collect::<HashSet<_>>();
        for receipt in recent.iter().filter(|receipt| wanted.contains(&receipt.request_id)) {
            found.insert(receipt.request_id, receipt.clone());
        }
        Ok(found)
    }
}

/// What all of these calls cost.
pub(super) fn total(receipts: &HashMap<RequestId, Receipt>) -> Money {
    receipts.values().fold(Money::ZERO, |sum, receipt| sum.saturating_add(receipt.cost))
}
