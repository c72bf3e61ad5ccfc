//! What depends on the generation of a model.
//!
//! From the third one on, a call has an id that its result repeats, and a signature without which
//! the call is refused. Earlier ones refuse the id and match results by their names and order.
//! <https://ai.google.dev/gemini-api/docs/function-calling>
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>

use crate::{kernel::config::ReasoningControl, wire::translate::Target};

const WITH_IDS_AND_SIGNATURES: u32 = 3;

/// Whether calls of the model have ids and signatures.
///
/// A name without a number (`gemini-flash-latest`) is of the newest generation, and a model that
/// takes an effort is of one that does.
pub(super) fn has_ids_and_signatures(target: &Target<'_>) -> bool {
    let name = target.model.rsplit('/').next().unwrap_or_default();
    let is_named_so = name.strip_prefix("gemini-").is_some_and(|version| {
        let generation: String = version.chars().take_while(char::is_ascii_digit).collect();
        generation.parse().map_or(true, |generation: u32| generation >= WITH_IDS_AND_SIGNATURES)
    });
    is_named_so || target.reasoning == Some(ReasoningControl::Effort)
}
