//! The engine of Helix Gateway.
//!
//! It knows HTTP bodies and bytes but neither the web framework nor the pages. Bottom to top, a
//! module imports only rows below its own (`docs/ARCHITECTURE.md`; a test keeps the arrows):
//!
//! | row | modules |
//! |---|---|
//! | 0 | `kernel` |
//! | 1 | `storage`, `journal` |
//! | 2 | `identity`, `access`, `policy`, `budgets`, `catalog`, `routing`, `wire`, `providers`, `metering`, `audit`, `events` |
//! | 3 | `proxy` (read this first), `admin`, `conversations`, `finance` |

pub mod kernel;
pub mod markdown;
pub mod storage;
