//! What of a Responses request refers to what a provider keeps: earlier answers, conversations,
//! stored prompts.
//!
//! All callers share the provider's account, so whoever knows an id could go on with what another
//! has said; and what is not in the body can be neither screened nor reserved for. It is refused
//! by its name, with what to send instead.
//!
//! What the gateway itself keeps has been put into the body before it is read here, and what asks
//! for it has been taken out (`response_state`); a body that still has it came by another way.

use std::borrow::Cow;

use serde::Deserialize;

use super::{BACKGROUND, GOVERNED, Governed, INPUT, KEPT};
use crate::wire::WireError;

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
}

/// # Errors
///
/// [`WireError::Unsupported`], naming the field.
pub(super) fn refuse_what_is_kept(picked: &Governed<'_>) -> Result<(), WireError> {
    if let Some(index) = KEPT.into_iter().find(|index| picked.value(*index).is_some()) {
        let name = GOVERNED[index];
        let detail = format!(
            "`{name}` refers to what the provider keeps, which the gateway cannot tell apart by \
             caller; send the earlier items in `input`, with `store: false` and \
             `include: [\"reasoning.encrypted_content\"]` where the model reasons"
        );
        return Err(WireError::unsupported(name, detail));
    }
    if picked.value(BACKGROUND).is_some_and(|raw| raw.get() != "false") {
        return Err(WireError::unsupported(
            "background",
            "`background` needs an answer that is fetched later, which the gateway does not offer; \
             leave it out, and stream a long answer",
        ));
    }
    refuse_references(picked)
}

/// An item without type and role is a reference, too.
fn refuse_references(picked: &Governed<'_>) -> Result<(), WireError> {
    let Some(input) = picked.value(INPUT).filter(|raw| raw.get().starts_with('[')) else {
        return Ok(());
    };
    let items: Vec<Item<'_>> = serde_json::from_str(input.get()).map_err(|error| {
        WireError::invalid("input", format!("`input` must be a text or a list of items: {error}."))
    })?;
    let is_reference = |item: &Item<'_>| {
        item.kind.as_deref().map_or(item.role.is_none(), |kind| kind == "item_reference")
    };
    if let Some(index) = items.iter().position(is_reference) {
        return Err(WireError::unsupported(
            "input",
            format!(
                "item {index} of `input` refers to one that the provider keeps, which the gateway \
                 cannot tell apart by caller; send the item itself"
            ),
        ));
    }
    Ok(())
}
