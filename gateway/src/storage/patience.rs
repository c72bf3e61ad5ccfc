//! How long an answer of the database is waited for.
//!
//! A database that is gone without a word (its machine has lost power, a network is cut) leaves
//! connections on which nothing ever comes. The system gives them up after a quarter of an hour;
//! that is too long for everything that is done again and again on whichever connection works. A file
//! of SQLite is waited for as long as it takes.

use std::{future::Future, time::Duration};

use tokio::time::timeout;

use super::StorageError;

/// Longer than PostgreSQL is given for a statement, so that it is the one to complain.
const PATIENCE: Duration = Duration::from_secs(75);

/// The answer, unless it takes too long.
pub(super) fn in_time<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, StorageError>> {
    within(PATIENCE, answer)
}

fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, StorageError>> {
    // What waits for it would hold all of it twice: an answer's future is some kilobytes.
    let answer = Box::pin(answer);
    async move {
        match timeout(patience, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(StorageError::Late(patience)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn what_never_answers_is_given_up() {
        let outcome = within(Duration::from_millis(1), pending::<Result<(), _>>()).await;
        assert!(matches!(outcome, Err(StorageError::Late(_))));
        assert!(in_time(async { Ok(()) }).await.is_ok());
    }
}
