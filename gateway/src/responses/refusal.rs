//! What is said no to, in words.

use shared::{Problem, ProblemCode};

/// The longest id that is repeated, in characters.
const ID_LIMIT_CHARACTERS: usize = 64;

/// No such answer, or somebody else's: the same, so that nobody learns which.
pub(super) fn not_found(id: &str) -> Problem {
    Problem::new(ProblemCode::NotFound, format!("There is no response `{}`.", shown(id)))
}

pub(super) fn no_previous(id: &str) -> Problem {
    let detail = format!(
        "There is no response `{}` to go on from; it may have been deleted, or is no longer kept. \
         Send the earlier items in `input`.",
        shown(id)
    );
    Problem::new(ProblemCode::InvalidRequest, detail).at("previous_response_id")
}

pub(super) fn previous_has_not_ended(id: &str, status: &str) -> Problem {
    let detail =
        format!("The response `{}` is `{status}`; go on from one that has ended well.", shown(id));
    Problem::new(ProblemCode::InvalidRequest, detail).at("previous_response_id")
}

pub(super) fn history_too_long(limit_bytes: usize) -> Problem {
    let detail = format!(
        "What was said before has more than {limit_bytes} bytes, or too many turns. Send a summary \
         of it in `input` instead of `previous_response_id`."
    );
    Problem::new(ProblemCode::BodyTooLarge, detail).at("previous_response_id")
}

/// No such item, or somebody else's.
pub(super) fn no_item(id: &str) -> Problem {
    let detail = format!(
        "There is no item `{}`; the response that it is of may have been deleted, or is no longer \
         kept. Send the item itself in `input`.",
        shown(id)
    );
    Problem::new(ProblemCode::NotFound, detail).at("input")
}

pub(super) fn items_too_long(limit_bytes: usize) -> Problem {
    let detail = format!(
        "The items that `input` names have more than {limit_bytes} bytes, or are of too many \
         responses. Send a summary of them."
    );
    Problem::new(ProblemCode::BodyTooLarge, detail).at("input")
}

pub(super) fn nothing_is_kept(field: &'static str) -> Problem {
    let detail = format!(
        "`{field}` needs responses that are kept, and this gateway keeps none \
         (`responses.keep_days` is 0). Send the earlier items in `input`, and stream a long answer."
    );
    Problem::new(ProblemCode::UnsupportedFeature, detail).at(field)
}

pub(super) fn not_in_background() -> Problem {
    let detail = "Only a response that was asked for with `background: true` can be cancelled.";
    Problem::new(ProblemCode::InvalidRequest, detail)
}

pub(super) fn nothing_to_follow() -> Problem {
    let detail = "This response is not being written here, or was a while ago, so there is no \
                  stream of it. Retrieve it without `stream`.";
    Problem::new(ProblemCode::InvalidRequest, detail).at("stream")
}

pub(super) fn stopping() -> Problem {
    Problem::new(ProblemCode::ShuttingDown, "The gateway stops. Try again shortly.").retry_after(1)
}

pub(super) fn too_many_at_once() -> Problem {
    let detail = "Too many responses are being written in the background. Try again shortly.";
    Problem::new(ProblemCode::RateLimited, detail).retry_after(1)
}

fn shown(id: &str) -> String {
    id.chars().filter(|character| !character.is_control()).take(ID_LIMIT_CHARACTERS).collect()
}
