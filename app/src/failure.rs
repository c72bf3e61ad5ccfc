//! What a server function answers when it cannot do what was asked.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use shared::{Problem, ProblemCode};

use crate::api::JsonText;

/// A [`Problem`] on its way to a page; one made in the browser if the server did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(pub Problem);

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl FromServerFnError for Failure {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let detail = match error {
            ServerFnErrorErr::Request(_) => {
                "The gateway did not answer. Nothing was changed. Check the connection and try \
                 again."
            }
            ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::MissingArg(_) => {
                "This page and the gateway do not understand each other, probably because the \
                 gateway was updated. Reload the page; what you typed is kept."
            }
            _ => "The gateway could not finish this. Nothing was changed. Try again in a moment.",
        };
        Self(Problem::new(ProblemCode::Internal, detail))
    }
}
