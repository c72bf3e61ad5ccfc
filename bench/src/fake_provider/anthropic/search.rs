//! The web search of messages: a use and its result before the text, and what the text rests on.
//! What is encrypted is demanded back unchanged.
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool>

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::messages_stream::event;
use crate::fake_provider::{
    fault::Fault,
    script::Script,
    search::{PAGES, Page, QUERY, SAID},
};

/// Whether a request offers the tool.
pub(super) fn is_offered(tools: Option<&Value>) -> bool {
    let kinds = tools.and_then(Value::as_array).into_iter().flatten();
    let mut kinds = kinds.filter_map(|tool| tool["type"].as_str());
    kinds.any(|kind| kind.starts_with("web_search_"))
}

/// The blocks of an answer.
pub(super) fn blocks(serial: u64) -> Vec<Value> {
    let id = format!("srvtoolu_01fake{serial:012x}");
    let found: Vec<Value> = PAGES.iter().map(result).collect();
    let citation = json!({
        "type": "web_search_result_location", "cited_text": PAGES[0].says, "url": PAGES[0].url,
        "title": PAGES[0].title, "encrypted_index": sealed("index", PAGES[0].url),
    });
    vec![
        json!({ "type": "server_tool_use", "id": id, "name": "web_search", "input": { "query": QUERY } }),
        json!({ "type": "web_search_tool_result", "tool_use_id": id, "content": found }),
        json!({ "type": "text", "text": SAID[0] }),
        json!({ "type": "text", "text": SAID[1], "citations": [citation] }),
        json!({ "type": "text", "text": SAID[2] }),
    ]
}

fn result(page: &Page) -> Value {
    json!({
        "type": "web_search_result", "url": page.url, "title": page.title,
        "encrypted_content": sealed("content", page.url), "page_age": null,
    })
}

/// What only the vendor can read.
fn sealed(what: &str, url: &str) -> String {
    STANDARD.encode(format!("{what} of {url} \u{1F512}"))
}

/// The blocks as a stream; a text and an input come in deltas, a result as a whole.
pub(super) fn push(script: &mut Script, first: usize, serial: u64) {
    for (index, block) in blocks(serial).into_iter().enumerate() {
        let index = first + index;
        let (begun, deltas) = in_deltas(block);
        let start = json!({ "index": index, "content_block": begun });
        script.push_fixed(event("content_block_start", start));
        for delta in deltas {
            let delta = json!({ "index": index, "delta": delta });
            script.push_piece(event("content_block_delta", delta));
        }
        script.push_fixed(event("content_block_stop", json!({ "index": index })));
    }
}

fn in_deltas(mut block: Value) -> (Value, Vec<Value>) {
    match block["type"].as_str() {
        Some("server_tool_use") => {
            let input = block["input"].take().to_string();
            block["input"] = json!({});
            let (begin, rest) = input.split_at(input.floor_char_boundary(input.len() / 2));
            let delta = |json: &str| json!({ "type": "input_json_delta", "partial_json": json });
            (block, vec![delta(""), delta(begin), delta(rest)])
        }
        Some("text") => {
            let text = block["text"].take();
            let cited = block["citations"].take();
            let mut deltas: Vec<Value> = cited
                .as_array()
                .into_iter()
                .flatten()
                .map(|citation| json!({ "type": "citations_delta", "citation": citation }))
                .collect();
            deltas.push(json!({ "type": "text_delta", "text": text }));
            let begun = if cited.is_null() {
                json!({ "type": "text", "text": "" })
            } else {
                json!({ "type": "text", "text": "", "citations": [] })
            };
            (begun, deltas)
        }
        _ => (block, Vec::new()),
    }
}

/// # Errors
///
/// What the API says to a search sent back that is not as it came.
pub(super) fn check(messages: &Value) -> Result<(), Fault> {
    let messages = messages.as_array().into_iter().flatten();
    let blocks = messages.filter_map(|message| message["content"].as_array()).flatten();
    for block in blocks {
        match block["type"].as_str() {
            Some("server_tool_use") => {
                let id = block["id"].as_str().unwrap_or_default();
                if !id.starts_with("srvtoolu_") {
                    let said = "String should match pattern '^srvtoolu_[a-zA-Z0-9_]+$'";
                    return Err(Fault::Invalid(format!("messages.content.id: {said}")));
                }
            }
            Some("web_search_tool_result") => {
                let results = block["content"].as_array().into_iter().flatten();
                for result in results {
                    expect(&result["encrypted_content"], "content", &result["url"])?;
                }
            }
            Some("text") => {
                let citations = block["citations"].as_array().into_iter().flatten();
                let of_searches =
                    citations.filter(|citation| citation["type"] == "web_search_result_location");
                for citation in of_searches {
                    expect(&citation["encrypted_index"], "index", &citation["url"])?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn expect(sent: &Value, what: &str, url: &Value) -> Result<(), Fault> {
    if *sent == sealed(what, url.as_str().unwrap_or_default()) {
        return Ok(());
    }
    Err(Fault::Invalid(format!("messages.content: Invalid encrypted_{what} in search result")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_taken_back_only_as_it_came() {
        let mut messages = json!([{ "role": "assistant", "content": blocks(1) }]);
        assert_eq!(check(&messages), Ok(()));
        messages[0]["content"][1]["content"][0]["encrypted_content"] = json!("AAAA");
        assert!(matches!(check(&messages), Err(Fault::Invalid(_))));
    }
}
