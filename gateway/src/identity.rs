//! Who is calling.
//!
//! Keys, sessions, users and teams live in a snapshot in memory, so that authenticating a call
//! costs no database round trip. Every change refreshes this node's snapshot before it is
//! acknowledged, and other nodes see it through the change sequence within a second.

mod authenticate;
mod directory;
mod password;
mod principal;
mod session;
mod sign_in;

pub use authenticate::{Identity, Known};
pub use directory::Directory;
pub use password::{PasswordError, hash_password, verify_password};
pub use principal::{Principal, Via};
pub use session::NewSession;
pub use sign_in::SignIn;

pub use crate::call::Client;
