//! Models as callers meet them, on a gateway that is whole: names, what they can do, what they cost.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by ending")]

mod abilities;
mod house;
mod names;
mod prices;
