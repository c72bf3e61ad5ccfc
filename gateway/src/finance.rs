//! Finance: what the spend page shows, exports of the ledger, and the closing of months.

mod corrections;
mod export;
mod periods;
mod spend;

pub use self::corrections::{Corrections, PriceChange, Refunded, RerateFilter, Rerated, Settled};
pub use self::{
    export::{
        ExportError, ExportRequest, Exported, Exports, FocusVersion, Format, Layout, Period,
        PeriodError, TableError, Totals,
    },
    periods::{
        BillingPeriod, BillingPeriods, ChainHead, Closed, ClosingError, Manifest, ManifestFile,
        SealedTotals, Verified, verify_files,
    },
    spend::Finance,
};

const HOUR_MICROS: i64 = 3_600 * 1_000_000;
