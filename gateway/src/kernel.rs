//! The ground floor: time, ids, numbers, secrets, digests, patterns, lanes, health and configuration.
//!
//! Everything above takes time and randomness from here as values, so that a test owns both.

pub mod clock;
pub mod config;
pub mod decimal;
pub mod digest;
pub mod health;
pub mod ids;
pub mod instant;
pub mod lane;
pub mod pattern;
pub mod secret;

pub use clock::Clock;
pub use health::{Health, Trouble};
pub use ids::{ID_MARGIN_MICROS, Ids, first_id_beyond, first_id_since};
pub use pattern::{Pattern, Template, TemplateError};
pub use secret::Secret;
