//! What was said before: an answer, the one that it goes on from, and so on.

use std::sync::Arc;

use shared::{Problem, ProblemCode};

use super::{Inner, id_of, refusal, text_of};
use crate::{
    identity::Principal,
    wire::{InputItems, carried_items},
};

/// The most turns that are gone on from.
const LONGEST_HISTORY: usize = 1_000;

impl Inner {
    /// The items that come before those of a request for `model`. Instructions are not carried
    /// over, as OpenAI has it.
    ///
    /// # Errors
    /// Where one of the answers is not there, or not the caller's, or there is too much.
    pub(super) async fn history(
        self: &Arc<Self>,
        principal: &Principal,
        last: &str,
        model: &str,
    ) -> Result<InputItems, Problem> {
        let mut items = InputItems::default();
        let mut next = Some(id_of(last).map_err(|_| refusal::no_previous(last))?);
        for _ in 0..LONGEST_HISTORY {
            let Some(id) = next else { return Ok(items) };
            let row = self.find(principal, id).await.map_err(|problem| match problem.code {
                ProblemCode::NotFound => refusal::no_previous(&text_of(id)),
                _ => problem,
            })?;
            if !matches!(row.status.as_str(), "completed" | "incomplete") {
                return Err(refusal::previous_has_not_ended(&text_of(id), &row.status));
            }
            let earlier = carried_items(&row.input, &row.response, row.model == model);
            items.prepend(earlier.map_err(|error| {
                tracing::error!(%error, id = text_of(id), "a kept response cannot be read");
                refusal::no_previous(&text_of(id))
            })?);
            if items.bytes() > self.history_limit_bytes {
                break;
            }
            next = row.previous_id;
        }
        Err(refusal::history_too_long(self.history_limit_bytes))
    }
}
