//! The engine of Helix Gateway.
//!
//! It knows HTTP bodies and bytes but neither the web framework nor the pages. Bottom to top, a
//! module imports only rows below its own (`docs/ARCHITECTURE.md`; a test keeps the arrows):
//!
//! | row | modules |
//! |---|---|
//! | 0 | `kernel` |
//! | 1 | `storage`, `journal`, `wire` |
//! | 2 | `markdown`, `call`, then in the order in which a call passes them `identity`, `access`, `policy`, `limits`, `budgets`, `routing`, `providers`; beside them `catalog`, `metering`, `audit`, `events` |
//! | 3 | `proxy` (read this first), `admin`, `conversations`, `finance`, `responses`, `batches`, `configuration`, `discovery` |

pub mod access;
pub mod admin;
pub mod audit;
pub mod batches;
pub mod budgets;
pub mod call;
pub mod catalog;
pub mod configuration;
pub mod conversations;
pub mod discovery;
pub mod events;
pub mod finance;
mod gateway;
pub mod identity;
pub mod journal;
pub mod kernel;
pub mod limits;
pub mod markdown;
pub mod metering;
pub mod policy;
pub mod providers;
pub mod proxy;
pub mod responses;
pub mod routing;
pub mod storage;
pub mod wire;

pub use gateway::{Gateway, OpenError, Opened};
