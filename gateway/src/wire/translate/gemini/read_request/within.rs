//! The fields of an object within the body that are not read, told by both names:
//! `generationConfig.speechConfig`.

use std::borrow::Cow;

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
    let mut found = Settings::default();
    other_fields::note(raw.get().as_bytes(), taken, hints, &mut found);
    let named = |field: Cow<'static, str>| Cow::Owned(format!("{object}.{field}"));
    settings.demands.extend(found.demands.into_iter().map(named));
    settings.hints.extend(found.hints.into_iter().map(named));
}
