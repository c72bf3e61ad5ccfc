//! How the books of a node stand in the database.

use shared::id::NodeId;

use crate::{
    audit::{Chain, Place},
    storage::{
        Database, StorageError, Tx,
        tables::{audit_heads, billing_state},
    },
};

/// What a batch goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Books {
    /// How far the chain of calls goes.
    pub(super) place: Place,
    /// Nothing is booked before this microsecond.
    pub(super) closed_until: i64,
}

impl Books {
    /// The books as they stand; the chain of calls begins where there is none yet.
    pub(super) async fn open(database: &Database, node: NodeId) -> Result<Self, StorageError> {
        let mut tx = database.begin().await?;
        let chain = Chain::Calls;
        if audit_heads::lock(&mut tx, node.uuid(), chain.as_str()).await?.is_none() {
            audit_heads::begin(&mut tx, Place::START.row(node.uuid(), chain)).await?;
        }
        let books = Self::hold(&mut tx, node).await?;
        tx.commit().await?;
        Ok(books)
    }

    /// The books as they stand, and stay until the transaction ends.
    pub(super) async fn hold(tx: &mut Tx, node: NodeId) -> Result<Self, StorageError> {
        let head = audit_heads::lock(tx, node.uuid(), Chain::Calls.as_str()).await?;
        // Asked only now: who closes a month waits for the lock that was just taken, or had it before.
        let closed_until = billing_state::closed_until_in(tx).await?;
        Ok(Self { place: Place::of_row(head.as_ref()), closed_until })
    }
}
