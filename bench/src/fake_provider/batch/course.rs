//! How a batch goes, as the model of its first request says.

use http::StatusCode;

/// How a batch goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::fake_provider) struct Course {
    /// How often it is asked for and still under way.
    pub(in crate::fake_provider) polls: u64,
    /// How it ends.
    pub(in crate::fake_provider) end: End,
    /// How many of its requests, the first ones, end in an error of the vendor's.
    pub(in crate::fake_provider) errors: usize,
    /// How often its results break off on the way.
    pub(in crate::fake_provider) cuts: u64,
    /// With what it is refused.
    pub(in crate::fake_provider) refusal: Option<StatusCode>,
}

/// How a batch ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::fake_provider) enum End {
    /// Every request was reached.
    #[default]
    Completed,
    /// Its time was over when half of them were.
    Expired,
    /// Somebody ended it when half of them were.
    Cancelled,
    /// None was.
    Failed,
}

impl End {
    /// The end of that name.
    pub(in crate::fake_provider) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "completed" => Self::Completed,
            "expired" => Self::Expired,
            "cancelled" => Self::Cancelled,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}
