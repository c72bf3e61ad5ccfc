//! What the pages show: one small struct per thing, made by the engine's services.

pub mod chat;
pub mod keys;
pub mod providers;
pub mod session;
pub mod spend;
