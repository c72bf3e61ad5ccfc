//! What a person is told when something in a conversation cannot be done.

use shared::{Problem, ProblemCode};

/// There is no such thing, or it is somebody else's: which of the two is private.
pub(super) fn not_found(what: &str) -> Problem {
    Problem::new(
        ProblemCode::NotFound,
        format!("There is no such {what}, or it is not yours. The list shows what there is."),
    )
}

/// A field is not what it should be.
pub(super) fn invalid(field: &str, detail: impl Into<String>) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, detail).at(field)
}

/// An answer is being written where this would get in its way.
pub(super) fn busy() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "An answer is being written in this conversation. Wait until it is whole or stop it; \
         your text was not sent.",
    )
}

/// The conversation is not what the change was made for any more.
pub(super) fn moved_on() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "The conversation has gone on in another window, so your text was not sent. Look at what \
         is new there and send it again.",
    )
}

/// The answer is being written by another process.
pub(super) fn elsewhere() -> Problem {
    Problem::new(
        ProblemCode::Conflict,
        "Another replica of the gateway writes this answer, and only that one can stop it.",
    )
    .retry_after(1)
}
