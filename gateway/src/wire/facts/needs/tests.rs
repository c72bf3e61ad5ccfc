use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::wire::ModelPath;

fn needs(dialect: Dialect, body: &Value) -> RequestNeeds {
    let body = body.to_string();
    let facts = match dialect {
        Dialect::Gemini => {
            let path = ModelPath { model: "m".to_owned(), is_streaming: false };
            RequestFacts::read_at(&path, body.as_bytes())
        }
        _ => RequestFacts::read(dialect, body.as_bytes()),
    };
    RequestNeeds::read(dialect, body.as_bytes(), &facts.unwrap(), None)
}

fn chat(more: &Value) -> RequestNeeds {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    needs(Dialect::OpenAiChat, &body)
}

fn shown(dialect: Dialect, body: &Value) -> Vec<Modality> {
    needs(dialect, body).inputs
}

#[test]
fn a_plain_question_needs_an_answer_in_text_and_nothing_else() {
    let explicit = json!({"tools": [], "functions": null, "reasoning_effort": "none",
        "modalities": ["text"], "response_format": {"type": "json_object"}});
    for body in [json!({}), explicit] {
        let found = chat(&body);
        let expected = RequestNeeds {
            prompt_field: "messages",
            outputs: vec![Modality::Text],
            prompt: found.prompt,
            ..RequestNeeds::default()
        };
        assert_eq!(found, expected);
    }
}

#[rstest]
#[case(json!({"tools": [{"type": "function", "function": {"name": "f"}}]}), Some("tools"))]
#[case(json!({"functions": [{"name": "f"}]}), Some("functions"))]
#[case(json!({"tools": [{"type": "web_search_20250305"}]}), None)]
#[case(json!({"tools": [{"type": "web_search"}, {"name": "f", "input_schema": {}}]}), Some("tools"))]
fn tools_are_called_by_the_model_unless_the_provider_searches(
    #[case] body: Value,
    #[case] field: Option<&str>,
) {
    assert_eq!(chat(&body).tools, field);
}

#[rstest]
#[case(json!({"response_format": {"type": "json_schema", "json_schema": {}}}), "response_format")]
#[case(json!({"text": {"format": {"type": "json_schema", "schema": {}}}}), "text")]
#[case(json!({"output_config": {"format": {"type": "json_schema"}}}), "output_config")]
#[case(json!({"output_format": {"type": "json_schema", "schema": {}}}), "output_format")]
fn a_schema_is_asked_for_in_the_words_of_each_api(#[case] body: Value, #[case] field: &str) {
    assert_eq!(chat(&body).schema, Some(field));
}

#[rstest]
#[case(json!({"reasoning_effort": "low"}), Some("reasoning_effort"))]
#[case(json!({"reasoning": {"effort": "high"}}), Some("reasoning"))]
#[case(json!({"reasoning": {"effort": null, "summary": "auto"}}), None)]
#[case(json!({"reasoning": {"max_tokens": 100}}), Some("reasoning"))]
#[case(json!({"thinking": {"type": "enabled", "budget_tokens": 1024}}), Some("thinking"))]
#[case(json!({"thinking": {"type": "disabled"}}), None)]
#[case(json!({"thinking": "often"}), Some("thinking"))]
#[case(json!({"reasoning": 7}), None)]
fn thoughts_are_asked_for_in_the_words_of_each_api(
    #[case] body: Value,
    #[case] field: Option<&str>,
) {
    assert_eq!(chat(&body).reasoning, field);
}

#[test]
fn a_limit_is_a_need_where_the_caller_has_written_it() {
    assert_eq!(
        chat(&json!({"max_tokens": 5, "max_completion_tokens": 9})).output_limit,
        Some(("max_completion_tokens", 9))
    );
    assert_eq!(chat(&json!({})).output_limit, None);
    let completion = json!({"model": "m", "prompt": "so"});
    assert_eq!(needs(Dialect::OpenAiCompletions, &completion).output_limit, None);
}

#[test]
fn pictures_sound_and_documents_are_found_in_messages_and_in_what_tools_have_answered() {
    let user = |content: Value| {
        json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": content}]})
    };
    let openai = user(json!([{"type": "text", "text": "image"},
        {"type": "image_url", "image_url": {"url": "data:"}},
        {"type": "input_audio", "input_audio": {}}, {"type": "image_url"}]));
    assert_eq!(shown(Dialect::OpenAiChat, &openai), [Modality::Image, Modality::Audio]);
    let anthropic = user(json!([{"type": "tool_result", "content": [{"type": "image"}]},
        {"type": "document", "source": {"type": "base64"}}]));
    assert_eq!(
        shown(Dialect::AnthropicMessages, &anthropic),
        [Modality::Image, Modality::Document]
    );
    let responses = json!({"model": "m", "input": [
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image"}]},
        {"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]});
    assert_eq!(shown(Dialect::OpenAiResponses, &responses), [Modality::Image, Modality::Document]);
    let gemini = json!({"contents": [{"parts": [{"text": "a"},
        {"inlineData": {"mimeType": "image/png", "data": ""}},
        {"file_data": {"mime_type": "video/mp4", "file_uri": ""}},
        {"inlineData": {"mimeType": "text/csv", "data": ""}}]}]});
    assert_eq!(shown(Dialect::Gemini, &gemini), [Modality::Image, Modality::Video]);
    let moderated = json!({"input": [{"type": "image_url", "image_url": {"url": ""}}]});
    let moderations = Dialect::Relayed(RelayedApi::Moderations);
    assert_eq!(shown(moderations, &moderated), [Modality::Image]);
}

#[test]
fn what_callers_name_alike_and_documents_that_are_texts_show_nothing() {
    let body = json!({"model": "m", "max_tokens": 9,
        "tools": [{"name": "draw", "input_schema": {"type": "image"}}],
        "messages": [
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "t", "name": "draw", "input": {"type": "image"}}]},
            {"role": "user", "content": [
                {"type": "document", "source": {"type": "text", "data": "type"}}]}]});
    assert_eq!(shown(Dialect::AnthropicMessages, &body), []);
}

#[test]
fn a_document_of_parts_shows_what_its_parts_do() {
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [
        {"type": "document", "source": {"type": "content", "content": [{"type": "image"}]}}]}]});
    assert_eq!(shown(Dialect::AnthropicMessages, &body), [Modality::Image]);
}

#[test]
fn parts_within_parts_are_followed_to_an_end() {
    let mut part = json!({"type": "image"});
    for _ in 0..50 {
        part = json!({"type": "tool_result", "content": [part]});
    }
    let body = json!({"model": "m", "max_tokens": 9, "messages": [{"content": [part]}]});
    assert_eq!(shown(Dialect::AnthropicMessages, &body), []);
}

#[test]
fn what_the_answer_is_to_be_is_asked_for_or_the_nature_of_the_api() {
    let spoken = chat(&json!({"modalities": ["text", "audio"], "audio": {"voice": "alloy"}}));
    assert_eq!(spoken.outputs, [Modality::Text, Modality::Audio]);
    let gemini = json!({"contents": [], "generationConfig": {"responseModalities": ["IMAGE"]}});
    assert_eq!(needs(Dialect::Gemini, &gemini).outputs, [Modality::Image]);
    let drawn = needs(Dialect::Relayed(RelayedApi::ImageGenerations), &json!({"prompt": "a"}));
    assert_eq!(drawn.outputs, [Modality::Image]);
    let embedded = json!({"model": "m", "input": "a", "dimensions": 256});
    let embedded = needs(Dialect::OpenAiEmbeddings, &embedded);
    assert_eq!(
        (&embedded.outputs[..], embedded.dimensions),
        (&[Modality::Embedding][..], Some(256))
    );
}

#[test]
fn googles_requests_are_read_by_either_name_of_each_field() {
    let camel = json!({"contents": [], "tools": [{"functionDeclarations": [{"name": "f"}]}],
        "generationConfig": {"responseJsonSchema": {}, "maxOutputTokens": 7,
            "thinkingConfig": {"thinkingBudget": -1}}});
    let snake = json!({"contents": [], "tools": {"function_declarations": [{"name": "f"}]},
        "generation_config": {"response_schema": {}, "max_output_tokens": 7,
            "thinking_config": {"thinking_level": "high"}}});
    for body in [camel, snake] {
        let found = needs(Dialect::Gemini, &body);
        assert_eq!(found.tools, Some("tools"));
        assert_eq!(found.schema, Some("generationConfig.responseSchema"));
        assert_eq!(found.reasoning, Some("generationConfig.thinkingConfig"));
        assert_eq!(found.output_limit.map(|(_, tokens)| tokens), Some(7));
    }
    let search = json!({"contents": [], "tools": [{"googleSearch": {}}],
        "generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}});
    let found = needs(Dialect::Gemini, &search);
    assert_eq!((found.tools, found.reasoning), (None, None));
}

#[test]
fn a_prompt_is_measured_where_it_may_not_fit_and_a_picture_in_it_is_no_text() {
    let data = format!("data:image/png;base64,{}", "iVBO".repeat(10_000));
    let body = json!({"model": "m", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "four".repeat(800)},
        {"type": "image_url", "image_url": {"url": data}}]}]})
    .to_string();
    let facts = RequestFacts::read(Dialect::OpenAiChat, body.as_bytes()).unwrap();
    let measured =
        RequestNeeds::read(Dialect::OpenAiChat, body.as_bytes(), &facts, Some(8_192)).prompt;
    assert_eq!(measured, PromptLength { least_tokens: 400, likely_tokens: 1_800 });
    let roomy =
        RequestNeeds::read(Dialect::OpenAiChat, body.as_bytes(), &facts, Some(100_000)).prompt;
    assert_eq!(roomy.least_tokens, 0);
    assert!(roomy.likely_tokens > 10_000, "the body's length is enough where everything fits");
}

#[rstest]
#[case(json!("a".repeat(80)), 10)]
#[case(json!(["a".repeat(80), "a".repeat(800), "a"]), 100)]
#[case(json!([1, 2, 3, 4]), 4)]
#[case(json!([[1], [1, 2, 3, 4, 5, 6]]), 6)]
fn texts_for_embeddings_are_each_read_on_their_own(#[case] input: Value, #[case] least: i64) {
    let found = needs(Dialect::OpenAiEmbeddings, &json!({"model": "m", "input": input}));
    assert_eq!(found.prompt.least_tokens, least);
}
