//! Typed events: what the operator sees of every call, and what somebody should know beside them.

mod book;
mod call_log;

pub use self::{book::EventBook, call_log::CallLog};
