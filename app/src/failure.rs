//! What a server function answers when it cannot do what was asked.

use bytes::Bytes;
use leptos::server_fn::{
    ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};
use shared::Problem;

use crate::wire::{self, Unreadable, fields_cross};

/// What a page says of a [`Problem`]; made in the browser if the gateway did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened, what was kept and what to do next.
    pub detail: String,
    /// The id of the request in every log and record; empty where there is none.
    pub request_id: String,
}

fields_cross!(Failure { detail, request_id });

impl Failure {
    /// A failure that no request is behind.
    pub(crate) fn new(detail: &str) -> Self {
        Self { detail: detail.to_owned(), request_id: String::new() }
    }

    /// The gateway could not be reached.
    pub(crate) fn no_answer() -> Self {
        Self::new(
            "The gateway did not answer. Nothing was changed. Check the connection and try again.",
        )
    }

    /// What came is not what this page expects.
    pub(crate) fn unreadable() -> Self {
        Self::new(
            "This page and the gateway do not understand each other, probably because the gateway \
             was updated. Reload the page; what you typed is kept.",
        )
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { detail: problem.detail, request_id: problem.request_id }
    }
}

impl FromServerFnError for Failure {
    type Encoder = FailureLine;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::no_answer(),
            ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::MissingArg(_) => {
                Self::unreadable()
            }
            _ => Self::new(
                "The gateway could not finish this. Nothing was changed. Try again in a moment.",
            ),
        }
    }
}

/// How a failure travels: as one line.
pub struct FailureLine;

impl ContentType for FailureLine {
    const CONTENT_TYPE: &'static str = "text/plain; charset=utf-8";
}

impl FormatType for FailureLine {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<Failure> for FailureLine {
    type Error = Unreadable;

    fn encode(failure: &Failure) -> Result<Bytes, Unreadable> {
        Ok(Bytes::from(wire::written(failure)))
    }
}

impl Decodes<Failure> for FailureLine {
    type Error = Unreadable;

    fn decode(line: Bytes) -> Result<Failure, Unreadable> {
        str::from_utf8(&line).ok().and_then(wire::read).ok_or(Unreadable)
    }
}
