//! How far the chains of the audit trail went when a month was closed.

use serde::{Deserialize, Serialize};
use shared::{
    Id,
    id::{Node, NodeId},
};

use crate::{
    audit::{Chain, hexadecimal},
    storage::{StorageError, tables::audit_heads::AuditHeadRow},
};

/// The head of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// Whose chain.
    pub node: NodeId,
    /// Which of its chains.
    pub chain: String,
    /// The number of the last link.
    pub sequence: i64,
    /// Its hash, in hexadecimal.
    pub hash: String,
}

impl ChainHead {
    pub(super) fn of_row(row: &AuditHeadRow) -> Self {
        Self {
            node: Id::<Node>::from_uuid(row.node_id),
            chain: row.chain.clone(),
            sequence: row.audit_sequence,
            hash: hexadecimal(&row.audit_hash),
        }
    }

    pub(super) fn is_of_calls(&self) -> bool {
        self.chain == Chain::Calls.as_str()
    }
}

/// Heads as they are kept.
pub(super) fn to_json(heads: &[ChainHead]) -> String {
    serde_json::to_string(heads).unwrap_or_default()
}

/// Heads as they were kept.
pub(super) fn from_json(text: &str) -> Result<Vec<ChainHead>, StorageError> {
    serde_json::from_str(text)
        .map_err(|_| StorageError::Corrupt { column: "billing_periods.heads" })
}
