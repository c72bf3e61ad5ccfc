//! What is said no to, in words.

use shared::{Problem, ProblemCode, id::RequestId};
use uuid::Uuid;

use super::Kind;
use crate::{catalog::Lack, providers::Failure, wire::BatchWork};

/// The longest id that is repeated, in characters.
const ID_LIMIT_CHARACTERS: usize = 64;

/// None, or somebody else's: the same, so that nobody learns which.
pub(super) fn not_found(kind: Kind, id: &str) -> Problem {
    let what = match kind {
        Kind::File => "file",
        Kind::Batch => "batch",
        Kind::MessageBatch => "message batch",
    };
    Problem::new(ProblemCode::NotFound, format!("There is no {what} `{}`.", shown(id)))
}

pub(super) fn no_such_input(id: &str) -> Problem {
    let detail = format!(
        "There is no file `{}`. Upload the requests with `purpose` batch through this gateway, and \
         name the id that it answers.",
        shown(id)
    );
    Problem::new(ProblemCode::NotFound, detail).at("input_file_id")
}

pub(super) fn no_requests(id: &str) -> Problem {
    let detail = format!(
        "The file `{}` was not uploaded with `purpose` batch, so nobody has read its requests. \
         Upload it so.",
        shown(id)
    );
    Problem::new(ProblemCode::InvalidRequest, detail).at("input_file_id")
}

pub(super) fn other_endpoint(of_file: &str) -> Problem {
    let detail = format!("`endpoint` must be {of_file}: the requests of the file are for it.");
    Problem::new(ProblemCode::InvalidRequest, detail).at("endpoint")
}

pub(super) fn unknown_cursor(field: &'static str, kind: Kind) -> Problem {
    let what = not_found(kind, "").detail;
    let what = what.trim_start_matches("There is no ").trim_end_matches(" ``.");
    let detail = format!("`{field}` is the id of no {what} of yours.");
    Problem::new(ProblemCode::InvalidRequest, detail).at(field)
}

pub(super) fn not_ended(id: &str) -> Problem {
    let detail = format!(
        "The message batch `{}` has not ended. Retrieve it until its `processing_status` is ended.",
        shown(id)
    );
    Problem::new(ProblemCode::InvalidRequest, detail)
}

/// What a file of requests has wrong in a line.
pub(super) fn line(number: u64, detail: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemCode::InvalidRequest, format!("Line {number}: {detail}")).at("file")
}

pub(super) fn incapable(model: &str, lack: &Lack) -> String {
    format!(
        "the model `{model}` cannot serve this request: {lack}. Ask for less, or choose another."
    )
}

pub(super) fn another_model(first: &str, other: &str) -> String {
    format!(
        "it asks `{}`, and the first request asks `{}`. All requests of a batch ask one model; make \
         a batch for each.",
        shown(other),
        shown(first)
    )
}

pub(super) fn another_endpoint(first: &str, other: &str) -> String {
    format!("it is for {other}, and the first request is for {first}. Make a file for each.")
}

pub(super) fn nobody_keeps(kind: Kind, model: &str) -> Problem {
    let detail = match kind {
        Kind::MessageBatch => format!(
            "No provider of `{}` has message batches. Choose a model that Anthropic itself serves, \
             or ask one request at a time.",
            shown(model)
        ),
        _ => format!(
            "No provider of `{}` has batches. Choose a model of OpenAI, of Azure OpenAI or of a \
             provider whose surfaces name batches, or ask one request at a time.",
            shown(model)
        ),
    };
    Problem::new(ProblemCode::UnsupportedFeature, detail).at("model")
}

pub(super) fn denied_fields(provider: &str) -> Problem {
    let detail = format!(
        "The configuration lets not all of a message through to {provider} (`betas`), and the \
         requests of a batch cannot be fitted. Ask one request at a time."
    );
    Problem::new(ProblemCode::UnsupportedFeature, detail).at("requests")
}

pub(super) fn no_file_provider(candidates: &[&str]) -> Problem {
    let detail = if candidates.is_empty() {
        "No configured provider has files. An administrator can add one that has: OpenAI, Azure \
         OpenAI, or one whose surfaces name files."
            .to_owned()
    } else {
        format!(
            "Several providers have files ({}). An administrator can say in `files.provider` which \
             one takes those that are for no batch.",
            candidates.join(", ")
        )
    };
    Problem::new(ProblemCode::UnsupportedFeature, detail).at("purpose")
}

/// What a budget has said, and what lowers the most that a batch can cost.
pub(super) fn with_advice(mut problem: Problem, work: &BatchWork) -> Problem {
    if problem.code == ProblemCode::BudgetExceeded {
        let advice = format!(
            " Its {} requests are paid for with the most that they can cost until the batch has \
             ended; a limit of the answer in each of them (such as `max_tokens`), or fewer requests, \
             lower that.",
            work.requests
        );
        problem.detail.push_str(&advice);
    }
    problem
}

pub(super) fn of_failure(failure: &Failure, provider: &str) -> Problem {
    let mut problem = failure.refusal(provider).problem(RequestId::from_uuid(Uuid::nil()));
    problem.request_id.clear(); // the edge knows it
    problem
}

/// The provider has answered with something that is not what was asked for.
pub(super) fn nonsense(provider: &str, what: &str) -> Problem {
    let failure = Failure::Nonsense(format!("something that is no {what}"));
    of_failure(&failure, provider)
}

pub(super) fn bill_not_right_yet() -> Problem {
    let detail = "The batch has ended, and what it has cost is being booked. Try again shortly.";
    Problem::new(ProblemCode::RecordsUnavailable, detail).retry_after(1)
}

pub(super) fn stopping() -> Problem {
    Problem::new(ProblemCode::ShuttingDown, "The gateway stops. Try again shortly.").retry_after(1)
}

fn shown(id: &str) -> String {
    id.chars().filter(|character| !character.is_control()).take(ID_LIMIT_CHARACTERS).collect()
}
