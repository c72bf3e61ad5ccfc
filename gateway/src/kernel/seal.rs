//! Seals what the database has to keep and nobody may read there: AES-256-GCM under a master key
//! that the database has not.
//!
//! A sealed text is one byte of version, eight of the key's id, twelve of nonce, then the
//! ciphertext with its tag. What it is for is authenticated with it, so that a text which is
//! copied to another object does not open there.

mod master_key;
mod source;

use std::fmt;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};

pub use self::{
    master_key::{KeyId, MasterKey, MasterKeyError},
    source::{Keys, MasterKeyUnavailable},
};
use super::Secret;

const VERSION: u8 = 1;
const ID_BYTES: usize = 8;
const HEAD_BYTES: usize = 1 + ID_BYTES + NONCE_LEN;

/// The master key, and those before it by which texts may still be sealed.
pub struct KeyRing {
    current: MasterKey,
    previous: Vec<MasterKey>,
}

/// Why a sealed text does not open. Neither says anything of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is sealed by a key that is not on the ring.
    #[error("it is sealed by the master key {sealed_by}, and this gateway has {present}")]
    OtherKey {
        /// The key that it was sealed by.
        sealed_by: KeyId,
        /// The keys on the ring.
        present: String,
    },
    /// It was changed, cut, or sealed for something else.
    #[error("it is damaged, or was sealed for something else")]
    Damaged,
    /// The random numbers or the memory for it are not to be had.
    #[error("it cannot be sealed at the moment")]
    Unavailable,
}

impl KeyRing {
    /// A ring of the key that seals, and of those that only open.
    #[must_use]
    pub const fn new(current: MasterKey, previous: Vec<MasterKey>) -> Self {
        Self { current, previous }
    }

    /// The key that seals.
    #[must_use]
    pub const fn current(&self) -> KeyId {
        self.current.id()
    }

    /// Seals a text for a purpose, such as `provider/openai`.
    ///
    /// # Errors
    /// [`SealError::Unavailable`].
    pub fn seal(&self, purpose: &str, text: &Secret) -> Result<Vec<u8>, SealError> {
        let mut sealed = text.expose().as_bytes().to_vec();
        let nonce = self
            .current
            .key()
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut sealed)
            .map_err(|_| SealError::Unavailable)?;
        let mut whole = Vec::with_capacity(HEAD_BYTES + sealed.len());
        whole.push(VERSION);
        whole.extend_from_slice(self.current.id().bytes());
        whole.extend_from_slice(nonce.as_ref());
        whole.extend_from_slice(&sealed);
        Ok(whole)
    }

    /// Opens a text that was sealed for this purpose.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Secret, SealError> {
        let (sealed_by, nonce, text) = parts(sealed).ok_or(SealError::Damaged)?;
        let key = self.find(sealed_by).ok_or_else(|| SealError::OtherKey {
            sealed_by,
            present: self.ids().map(|id| id.to_string()).collect::<Vec<_>>().join(", "),
        })?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Damaged)?;
        let mut text = text.to_vec();
        let opened = key
            .key()
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| SealError::Damaged)?
            .len();
        text.truncate(opened);
        String::from_utf8(text).map(Secret::new).map_err(|_| SealError::Damaged)
    }

    fn ids(&self) -> impl Iterator<Item = KeyId> {
        std::iter::once(&self.current).chain(&self.previous).map(MasterKey::id)
    }

    fn find(&self, id: KeyId) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(&self.previous).find(|key| key.id() == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.ids()).finish()
    }
}

/// The key that a text is sealed by; none where it is no sealed text.
#[must_use]
pub fn sealed_by(sealed: &[u8]) -> Option<KeyId> {
    parts(sealed).map(|(id, ..)| id)
}

fn parts(sealed: &[u8]) -> Option<(KeyId, &[u8], &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_first_chunk::<ID_BYTES>()?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    (*version == VERSION).then_some((KeyId::from_bytes(*id), nonce, text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey::parse(&Secret::new(hex(byte))).unwrap()
    }

    fn hex(byte: u8) -> String {
        format!("{byte:02x}").repeat(32)
    }

    fn ring(current: u8, previous: &[u8]) -> KeyRing {
        KeyRing::new(key(current), previous.iter().map(|byte| key(*byte)).collect())
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_for_the_same_purpose_alone(text in ".*", purpose in ".*") {
            let ring = ring(1, &[]);
            let sealed = ring.seal(&purpose, &Secret::new(text.clone())).unwrap();
            let opened = ring.open(&purpose, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), text);
            let elsewhere = ring.open(&format!("{purpose}/"), &sealed);
            prop_assert!(matches!(elsewhere, Err(SealError::Damaged)));
        }

        #[test]
        fn a_changed_or_cut_text_does_not_open(
            at in any::<prop::sample::Index>(),
            bit in 0_u8..8,
            length in any::<prop::sample::Index>(),
        ) {
            let ring = ring(1, &[]);
            let sealed = ring.seal("provider/a", &Secret::new("sk-canary")).unwrap();
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(ring.open("provider/a", &changed).is_err());
            let cut = &sealed[..length.index(sealed.len())];
            prop_assert!(ring.open("provider/a", cut).is_err());
        }
    }

    #[test]
    fn the_same_text_is_never_sealed_to_the_same_bytes_and_is_not_in_them() {
        let ring = ring(1, &[]);
        let text = Secret::new("sk-canary");
        let (one, other) = (ring.seal("a", &text).unwrap(), ring.seal("a", &text).unwrap());
        assert_ne!(one, other);
        assert!(!one.windows(9).any(|window| window == b"sk-canary"));
    }

    #[test]
    fn a_former_key_opens_and_the_new_one_seals() {
        let old = ring(1, &[]).seal("a", &Secret::new("sk-canary")).unwrap();
        let both = ring(2, &[1]);
        assert_eq!(both.open("a", &old).unwrap().expose(), "sk-canary");
        let new = both.seal("a", &Secret::new("sk-canary")).unwrap();
        assert_eq!(sealed_by(&new), Some(both.current()));
        assert_ne!(sealed_by(&new), sealed_by(&old));
        let error = ring(1, &[]).open("a", &new).unwrap_err();
        assert_eq!(
            error,
            SealError::OtherKey { sealed_by: key(2).id(), present: key(1).id().to_string() }
        );
    }

    #[test]
    fn neither_the_ring_nor_its_errors_show_a_key() {
        let shown = format!("{:?}", ring(0xab, &[0xcd]));
        assert!(!shown.contains("abab") && !shown.contains("cdcd"), "{shown}");
    }
}
