//! The only code that talks to an LLM.
//!
//! A call reaches a provider only as [`Routed`], which only the routing stage can make; the
//! credential is opened against it and nowhere else. Backends are tried in order until one has
//! answered with its first byte; after that there is no going back.

mod attempt;
mod client;
mod demo;
mod failure;
mod handle;
mod send;

pub use failure::Failure;
pub use handle::{Handle, ProviderError};
pub use send::{Answered, Providers, Reached, UpstreamBody};
