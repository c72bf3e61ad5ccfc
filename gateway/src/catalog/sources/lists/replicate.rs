//! Replicate's list, in pages: names alone.

use url::Url;

use super::{Form, NextPage, Object};

/// <https://replicate.com/docs/reference/http#models.list>
pub(super) const FORM: Form = Form {
    lists: &["results"],
    name: |fields| Some(format!("{}/{}", fields.text("owner")?, fields.text("name")?)),
    next,
    ..Form::OPENAI
};

/// The next page is told as an address, of which only the cursor is taken: where a list is asked
/// for, no list decides.
fn next(envelope: &Object<'_>) -> Option<NextPage> {
    let url = Url::parse(&envelope.text("next")?).ok()?;
    let cursor = url.query_pairs().find(|(key, _)| key == "cursor")?.1.into_owned();
    Some(NextPage { parameter: "cursor", value: cursor })
}
