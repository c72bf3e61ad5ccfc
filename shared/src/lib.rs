//! Types that cross the wire between the browser and the server.
//!
//! Everything here compiles to WebAssembly, does no I/O and knows neither the database nor HTTP.
//! The engine (`gateway`), the pages (`app`) and the server all speak these types, so a number
//! that a page shows is the same value that the ledger holds.

pub mod id;
pub mod money;
pub mod problem;
pub mod receipt;
pub mod role;
pub mod standing;
pub mod time;
pub mod view;

pub use id::Id;
pub use money::Money;
pub use problem::{Problem, ProblemCode};
pub use role::Role;
pub use standing::{Room, Standing};
pub use time::Timestamp;
