//! One master key: 256 random bits, and a name for it that says nothing of them.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use crate::kernel::{Secret, digest::sha256};

pub(super) const KEY_BYTES: usize = 32;
/// Keeps the id apart from whatever else may ever be hashed of a key.
const ID_DOMAIN: &[u8] = b"helix master key id\0";

/// By which a master key is told from another: the beginning of a SHA-256 digest, in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; super::ID_BYTES]);

/// A master key; printing it gives its id.
pub struct MasterKey {
    id: KeyId,
    key: RandomizedNonceKey,
}

/// Why a text is no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// It is neither of the two forms.
    #[error(
        "expected 32 random bytes in base64 or hexadecimal; `openssl rand -base64 32` makes them"
    )]
    Form,
    /// It has the right form and another length.
    #[error("expected 32 bytes, found {0}; `openssl rand -base64 32` makes them")]
    Length(usize),
}

impl MasterKey {
    /// The key that a text stands for: 32 bytes in base64 (either alphabet) or hexadecimal.
    ///
    /// # Errors
    /// [`MasterKeyError`], which shows nothing of the text.
    pub fn parse(text: &Secret) -> Result<Self, MasterKeyError> {
        let text = text.expose().trim();
        let bytes = hexadecimal(text)
            .or_else(|| STANDARD.decode(text).ok())
            .or_else(|| STANDARD_NO_PAD.decode(text).ok())
            .or_else(|| URL_SAFE_NO_PAD.decode(text).ok())
            .ok_or(MasterKeyError::Form)?;
        if bytes.len() != KEY_BYTES {
            return Err(MasterKeyError::Length(bytes.len()));
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes)
            .map_err(|_| MasterKeyError::Length(bytes.len()))?;
        Ok(Self { id: KeyId::of(&bytes), key })
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    pub(super) const fn key(&self) -> &RandomizedNonceKey {
        &self.key
    }
}

impl KeyId {
    fn of(key: &[u8]) -> Self {
        let mut id = [0; super::ID_BYTES];
        id.copy_from_slice(&sha256(&[ID_DOMAIN, key].concat())[..super::ID_BYTES]);
        Self(id)
    }

    pub(super) const fn from_bytes(bytes: [u8; super::ID_BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) const fn bytes(&self) -> &[u8; super::ID_BYTES] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// 64 hexadecimal digits are base64, too: of 48 bytes that nobody means.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    #[case("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    #[case(" 000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n")]
    fn one_key_has_one_id_however_it_is_written(#[case] text: &str) {
        let bytes: Vec<u8> = (0..32).collect();
        assert_eq!(MasterKey::parse(&Secret::new(text)).unwrap().id(), KeyId::of(&bytes));
    }

    #[rstest]
    #[case("a password of some words!", MasterKeyError::Form)]
    #[case("AAEC", MasterKeyError::Length(3))]
    #[case("", MasterKeyError::Length(0))]
    fn what_is_no_key_is_refused(#[case] text: &str, #[case] expected: MasterKeyError) {
        assert_eq!(MasterKey::parse(&Secret::new(text)).err(), Some(expected));
    }
}
