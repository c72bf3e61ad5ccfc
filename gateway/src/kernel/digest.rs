//! SHA-256, and the text form of random secrets.
//!
//! API keys, session cookies and sign-in links are 256 random bits, so one round of SHA-256 is
//! enough to keep them: there is nothing to guess. Passwords go through argon2 instead.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A SHA-256 digest.
pub type Sha256 = [u8; 32];

/// The SHA-256 digest of the bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Sha256 {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// The SHA-256 digest of bytes that come piece by piece.
pub struct Sha256Stream(digest::Context);

impl Default for Sha256Stream {
    fn default() -> Self {
        Self::new()
    }
}

impl Sha256Stream {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    #[must_use]
    pub fn finish(self) -> Sha256 {
        let mut out = [0; 32];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }
}

/// 256 random bits as 43 characters that are safe in a URL, a header and a cookie.
#[must_use]
pub fn secret_text(bits: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bits)
}
