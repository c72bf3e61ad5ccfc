//! The load run: the same calls direct, through the bare proxies and through the gateway, in
//! turns, and what each of them cost.

mod call;
mod child;
mod client_dialect;
mod closed_loop;
mod connection;
mod figures;
mod gateway;
mod goals;
mod ledger_check;
mod meter;
mod open_loop;
mod percentile;
mod plan;
mod process;
mod provider_dialect;
mod report;
mod run;
mod scenario;
mod soak;
mod stage;
mod stream_timing;
mod streams;
mod table;
mod tally;
mod ticker;
mod translation;

pub use self::{
    call::Through,
    child::pin_to_core,
    client_dialect::ClientDialect,
    ledger_check::{LedgerComparison, ledger_matches},
    plan::Plan,
    provider_dialect::ProviderDialect,
    report::Report,
    run::{LOAD_CORE, LoadError, Options, run},
    table::render,
    translation::{Translation, Way},
};
