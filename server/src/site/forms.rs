//! What plain forms post. On success the reader is sent on (303), so that reloading repeats
//! nothing; on failure the same page comes back, saying why and keeping what was typed.

pub(super) mod chat;
pub(super) mod keys;
pub(super) mod providers;
pub(super) mod sign_in;
pub(super) mod theme;
