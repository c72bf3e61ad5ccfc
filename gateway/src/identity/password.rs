//! Passwords of local users: argon2id in PHC form, never on the async threads.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

/// The shortest password that is accepted, in characters.
const MINIMUM_CHARACTERS: usize = 10;
/// The longest, so that hashing cannot be made expensive.
const MAXIMUM_BYTES: usize = 1_024;

/// Why a password is not accepted or could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("the password must have 10 characters or more, and at most 1024 bytes")]
    Length,
    /// The hash could not be made.
    #[error("the password could not be hashed")]
    Hash,
}

/// Hashes a password with a fresh salt.
///
/// # Errors
/// [`PasswordError::Length`] for a password that is too short or too long.
pub async fn hash_password(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < MINIMUM_CHARACTERS || password.len() > MAXIMUM_BYTES {
        return Err(PasswordError::Length);
    }
    let password = password.to_owned();
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    })
    .await
    .map_err(|_| PasswordError::Hash)?
    .map_err(|_| PasswordError::Hash)
}

/// Whether the password is the one behind the hash. Without a hash it takes the same time and
/// says no, so that nobody learns from the clock which users exist.
pub async fn verify_password(password: &str, hash: Option<String>) -> bool {
    if password.len() > MAXIMUM_BYTES {
        return false;
    }
    let password = password.to_owned();
    tokio::task::spawn_blocking(move || {
        let Some(hash) = hash else {
            // The work of a hash, for the clock's sake.
            let _ = Argon2::default().hash_password(password.as_bytes());
            return false;
        };
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .unwrap_or(false)
}
