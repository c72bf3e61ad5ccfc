//! How often a provider may search the web for one answer, which has a price of its own.

use serde::Deserialize;
use serde_json::value::RawValue;

/// Taken for a search that is not limited: rarely is more done for one answer. What is done beyond
/// it is billed all the same.
pub(super) const USUAL_MOST: i64 = 10;

/// Any tool; what is not of a search stays unread.
#[derive(Deserialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: Option<String>,
    max_uses: Option<i64>,
}

/// Google's tools are told by the name of a member.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GoogleTool {
    #[serde(alias = "google_search")]
    google_search: Option<serde::de::IgnoredAny>,
    #[serde(alias = "google_search_retrieval")]
    google_search_retrieval: Option<serde::de::IgnoredAny>,
}

/// The most searches of a request: by the limit of each tool, or of all. What is wrong with a tool,
/// the provider says.
pub(super) fn most(
    tools: Option<&RawValue>,
    options: Option<&RawValue>,
    most_calls: Option<&RawValue>,
) -> i64 {
    let by_options = i64::from(options.is_some_and(|raw| raw.get() != "null"));
    let most_calls = most_calls.and_then(|raw| serde_json::from_str::<i64>(raw.get()).ok());
    let searching = search_tools(tools);
    let limits = searching.iter().map(|tool| tool.max_uses.or(most_calls).unwrap_or(USUAL_MOST));
    limits.fold(by_options, |sum, limit| sum.saturating_add(limit.max(0)))
}

fn search_tools(tools: Option<&RawValue>) -> Vec<Tool> {
    let Some(raw) = tools.filter(|raw| raw.get().contains("web_search")) else { return Vec::new() };
    let tools: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let read = tools.into_iter().filter_map(|raw| serde_json::from_str::<Tool>(raw.get()).ok());
    read.filter(|tool| tool.kind.as_deref().is_some_and(is_search)).collect()
}

/// Every vendor versions its own; that of `openrouter` has the vendor before it.
pub(super) fn is_search(kind: &str) -> bool {
    kind.strip_prefix("openrouter:").unwrap_or(kind).starts_with("web_search")
}

/// The same of a request to Google, which knows no limit.
pub(super) fn most_of_google(tools: Option<&RawValue>) -> i64 {
    let Some(raw) = tools.filter(|raw| raw.get().contains("oogle")) else { return 0 };
    let tools = match serde_json::from_str::<Vec<GoogleTool>>(raw.get()) {
        Ok(tools) => tools,
        Err(_) => serde_json::from_str(raw.get()).ok().into_iter().collect(),
    };
    let searches =
        |tool: &GoogleTool| tool.google_search.is_some() || tool.google_search_retrieval.is_some();
    if tools.iter().any(searches) { USUAL_MOST } else { 0 }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[rstest]
    #[case(r#"[{"type":"web_search_20250305","name":"web_search","max_uses":3}]"#, None, 3)]
    #[case(r#"[{"type":"web_search_20250305","name":"web_search"}]"#, None, USUAL_MOST)]
    #[case(r#"[{"type":"web_search"},{"type":"function"}]"#, Some("4"), 4)]
    #[case(r#"[{"type":"openrouter:web_search"}]"#, None, USUAL_MOST)]
    #[case(r#"[{"name":"web_search","input_schema":{}}]"#, None, 0)]
    #[case(r#"[{"type":"web_search","max_uses":-5}]"#, None, 0)]
    #[case(
        r#"[{"type":"web_search","max_uses":9223372036854775807},{"type":"web_search"}]"#,
        None,
        i64::MAX
    )]
    #[case(r#""web_search""#, None, 0)]
    fn tools_are_bounded_by_their_limits(
        #[case] tools: &str,
        #[case] most_calls: Option<&str>,
        #[case] expected: i64,
    ) {
        let most_calls = most_calls.map(raw);
        assert_eq!(most(Some(&raw(tools)), None, most_calls.as_deref()), expected);
    }

    #[test]
    fn a_searching_completion_searches_once() {
        assert_eq!(most(None, Some(&raw("{}")), None), 1);
        assert_eq!(most(None, Some(&raw("null")), None), 0);
    }

    #[rstest]
    #[case(r#"[{"googleSearch":{}}]"#, USUAL_MOST)]
    #[case(r#"{"google_search":{}}"#, USUAL_MOST)]
    #[case(r#"[{"googleMaps":{}}]"#, 0)]
    #[case(r#"[{"functionDeclarations":[{"name":"googleSearch"}]}]"#, 0)]
    fn a_request_to_google_has_the_usual_bound(#[case] tools: &str, #[case] expected: i64) {
        assert_eq!(most_of_google(Some(&raw(tools))), expected);
    }
}
