//! Server functions: thin doors to the engine's services, called by pages that are hydrated.
//!
//! Each takes the caller from the session cookie, asks one service and hands its answer on. Their
//! addresses are written out, so that a page which was loaded before an update can still call.

mod call;
#[cfg(feature = "ssr")]
pub mod caller;
pub mod chat;
pub mod keys;
pub mod providers;
pub mod spend;

pub use call::Call;
