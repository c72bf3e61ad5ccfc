//! The fields of an object within the body that are not read, told by both names:
//! `generationConfig.speechConfig`.

use serde_json::value::RawValue;

use crate::wire::translate::{ir::Settings, other_fields};

/// Notes the fields of `object` that ask for something and are not in `taken`.
pub(super) fn note(
    object: &'static str,
    raw: &RawValue,
    taken: &[&str],
    hints: &'static [&'static str],
    settings: &mut Settings,
) {
    other_fields::note_within(object, raw, taken, hints, settings);
}
