use serde_json::json;

use super::*;
use crate::wire::LimitField;

fn line(url: &str, body: &serde_json::Value) -> Bytes {
    // Unusual whitespace and an unknown field, which have to stay as they are.
    let text = format!(
        "{{ \"custom_id\":\"a\",\t\"x\": 1.0e0, \"method\": \"POST\", \"url\": \"{url}\",  \
         \"body\" : {body} }}"
    );
    Bytes::from(text)
}

#[test]
fn a_line_names_its_endpoint_and_its_model_and_only_the_model_is_changed() {
    let body = json!({ "model": "m", "max_tokens": 5, "messages": [] });
    let written = line("/v1/chat/completions", &body);
    let read = BatchLine::read(&written).unwrap();
    assert_eq!(read.endpoint, BatchEndpoint::ChatCompletions);
    assert_eq!((&*read.facts.model, read.facts.output_limit), ("m", Some(5)));
    assert_eq!(read.body_bytes(), body.to_string().len());
    let edits = Edits { model: Some("upstream-\"m\""), ..Edits::default() };
    let expected = String::from_utf8_lossy(&written).replace("\"m\"", r#""upstream-\"m\"""#);
    assert_eq!(read.rewrite(&written, &edits), expected);
    assert_eq!(read.rewrite(&written, &Edits::default()), written);
}

#[test]
fn a_line_without_a_limit_gets_the_one_that_is_paid_for() {
    let written = line("/v1/responses", &json!({ "input": "hello", "model": "m" }));
    let read = BatchLine::read(&written).unwrap();
    let edits = Edits { output_limit: Some((LimitField::MaxOutputTokens, 64)), ..Edits::default() };
    let rewritten = read.rewrite(&written, &edits);
    let read = BatchLine::read(&rewritten).unwrap();
    assert_eq!(read.facts.output_limit, Some(64));
}

#[test]
fn azure_names_the_endpoint_without_its_version() {
    let written = line("/embeddings", &json!({ "model": "m", "input": "a" }));
    assert_eq!(BatchLine::read(&written).unwrap().endpoint, BatchEndpoint::Embeddings);
}

#[test]
fn a_line_that_can_be_read_in_two_ways_or_not_at_all_is_refused_by_its_field() {
    let message = |line: &str| BatchLine::read(line.as_bytes()).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            message("no"),
            message("{}"),
            message(r#"{"url":"/v1/images/generations","body":{}}"#),
            message(r#"{"url":"/v1/chat/completions"}"#),
            message(r#"{"url":"/v1/chat/completions","body":{"model":"m"}}"#),
            message(r#"{"url":"/v1/chat/completions","body":{"messages":[]}}"#),
            message(r#"{"url":"/v1/embeddings","url":"/v1/embeddings","body":{}}"#),
            message(r#"{"url":"/v1/embeddings","body":{},"Body":{"model":"dear"}}"#),
        ]
        .join("\n")
    );
}

#[test]
fn an_order_names_its_file_and_its_endpoint() {
    let order = br#"{"input_file_id":"file-1","endpoint":"/v1/responses","metadata":{"a":"b"}}"#;
    let read = BatchOrder::read(order).unwrap();
    assert_eq!((&*read.input_file_id, read.endpoint), ("file-1", BatchEndpoint::Responses));
    let message = |order: &str| BatchOrder::read(order.as_bytes()).unwrap_err().to_string();
    assert_eq!(message(r#"{"endpoint":"/v1/responses"}"#), "`input_file_id` is missing.");
    assert!(message(r#"{"input_file_id":"f","endpoint":"/v1/rerank"}"#).contains("must be one of"));
    assert!(message(r#"{"input_file_id":"f","input_file_id":"g"}"#).contains("there twice"));
}

#[test]
fn every_request_of_a_message_batch_asks_the_providers_model_and_nothing_else_changes() {
    let body = Bytes::from_static(
        br#"{ "requests": [ {"custom_id":"a", "params": { "model" : "m","max_tokens":7,"messages":[]}},
        {"params":{"max_tokens":1e1,"messages":[{"role":"user","content":"\"model\":\"m\""}],"model":"m"},"custom_id":"b"}
        ], "x":1 }"#,
    );
    let batch = MessageBatch::read(&body);
    assert!(batch.is_err(), "a limit that is no whole number");
    let body = Bytes::from(String::from_utf8_lossy(&body).replace("1e1", "10"));
    let batch = MessageBatch::read(&body).unwrap();
    let limits: Vec<_> = batch.requests().map(|(facts, _)| facts.output_limit).collect();
    assert_eq!(limits, [Some(7), Some(10)]);
    let rewritten = batch.rewrite(&body, "claude");
    let text = String::from_utf8_lossy(&body);
    let expected = text
        .replace(r#""model" : "m""#, r#""model" : "claude""#)
        .replace(r#"],"model":"m"}"#, r#"],"model":"claude"}"#);
    assert_eq!(rewritten, expected);
}

#[test]
fn a_message_batch_says_which_request_is_at_fault() {
    let message = |body: &str| MessageBatch::read(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(message("{}"), "`requests` must be a list of one request or more.");
    assert_eq!(
        message(r#"{"requests":[{"params":{"model":"m","messages":[]}}]}"#),
        "requests[0]: `max_tokens` is missing; say how long the answer may be."
    );
}

#[test]
fn what_requests_can_use_is_added_up_and_the_longest_is_kept() {
    let mut work = BatchWork { model: "m".to_owned(), ..BatchWork::default() };
    work.add(10, 5);
    work.add(7, i64::MAX);
    let expected = (2, 17, 10, i64::MAX);
    assert_eq!(
        (work.requests, work.input_tokens, work.longest_input_tokens, work.output_tokens),
        expected
    );
}
