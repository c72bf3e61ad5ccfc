//! Why something is booked about a call after its end.

/// The kind of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CorrectionKind {
    /// The call reached the ledger after its month was closed: this is its cost.
    Late,
    /// A price was put right.
    Rerate,
    /// Money was given back.
    Refund,
    /// A batch was charged with the most that it could cost: this makes it what it has cost.
    Settle,
}

impl CorrectionKind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Rerate => "rerate",
            Self::Refund => "refund",
            Self::Settle => "settle",
        }
    }
}
