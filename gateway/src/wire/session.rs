//! How a request names the session that it belongs to.
//!
//! Nobody has a field for it alone; these tell calls of one conversation, agent or end user from
//! those of others.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Names<'a> {
    /// OpenAI's: requests that share a prompt.
    /// <https://platform.openai.com/docs/guides/prompt-caching>
    #[serde(default, borrow)]
    prompt_cache_key: Option<Cow<'a, str>>,
    /// `OpenRouter`'s: requests of one conversation.
    #[serde(default, borrow)]
    session_id: Option<Cow<'a, str>>,
    /// Anthropic's; Claude Code writes its session there.
    #[serde(default, borrow)]
    metadata: Option<Metadata<'a>>,
    /// OpenAI's names of an end user, the newer one first.
    #[serde(default, borrow)]
    safety_identifier: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    user: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
struct Metadata<'a> {
    #[serde(default, borrow)]
    user_id: Option<Cow<'a, str>>,
}

/// The session of a request, in the caller's own words; none where it names none, or not in a text.
#[must_use]
pub fn session_of(body: &[u8]) -> Option<Cow<'_, str>> {
    let names: Names<'_> = serde_json::from_slice(body).ok()?;
    names
        .prompt_cache_key
        .or(names.session_id)
        .or(names.metadata.and_then(|metadata| metadata.user_id))
        .or(names.safety_identifier)
        .or(names.user)
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"model": "m", "prompt_cache_key": "a", "user": "b"}"#, Some("a"))]
    #[case(r#"{"metadata": {"user_id": "user_1_session_2"}}"#, Some("user_1_session_2"))]
    #[case(r#"{"safety_identifier": "s", "user": "u"}"#, Some("s"))]
    #[case(r#"{"session_id": "\u0061"}"#, Some("a"))]
    #[case(r#"{"user": ""}"#, None)]
    #[case(r#"{"user": 7}"#, None)]
    #[case(r#"{"metadata": null, "messages": []}"#, None)]
    #[case("no JSON", None)]
    fn a_session_is_found_where_clients_write_it(
        #[case] body: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(session_of(body.as_bytes()).as_deref(), expected);
    }
}
