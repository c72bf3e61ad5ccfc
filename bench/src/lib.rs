//! What the gateway is tested against and compared with.
//!
//! [`fake_provider`] stands in for vendors of models, to the byte of their wire formats, and keeps
//! its own bill. [`bare_proxy`] is the yardstick: what any proxy costs on this machine.
//! [`load`] sends the same calls through both and through the gateway, in turns, and compares.

pub mod bare_proxy;
pub mod fake_provider;
pub mod load;
pub mod monotonic;
mod serve;
pub mod stop;
