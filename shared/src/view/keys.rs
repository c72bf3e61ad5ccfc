//! API keys as their page shows them.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, id::ApiKeyId};

/// One key in the list; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySummary {
    /// The key's id.
    pub id: ApiKeyId,
    /// The name that its owner gave it.
    pub name: String,
    /// The last four characters of the secret, to tell keys apart.
    pub last_four: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute; none if never.
    pub last_used_at: Option<Timestamp>,
    /// When it stops working by itself; none if never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked; none while it works.
    pub revoked_at: Option<Timestamp>,
}

/// A key at the only moment at which its secret is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKey {
    /// What the list will show.
    pub summary: KeySummary,
    /// The secret, shown once: `hx_…`.
    pub secret: String,
}
