//! `:countTokens`, which costs nothing.

use serde_json::{Value, json};

use super::{
    conversation, message, request_fields::COUNT_TOKENS, service::Service, usage::text_tokens,
};
use crate::fake_provider::{answer::tokens_in, directives::Directives, fault::Fault};

/// How many tokens a request would have.
pub(super) fn count(model: &str, body: &[u8], service: Service) -> Result<String, Fault> {
    let request = message::read(body, &COUNT_TOKENS, service)?;
    let directives = Directives::of(model)?;
    let whole = &request["generateContentRequest"];
    if whole.is_object() && request["contents"].is_array() {
        return Err(Fault::Invalid(
            "contents and generate_content_request are mutually exclusive.".to_owned(),
        ));
    }
    let contents = request["contents"].as_array().or_else(|| whole["contents"].as_array());
    let contents = contents.map(Vec::as_slice).unwrap_or_default();
    conversation::check(contents, service)?;
    let tokens = directives.input_tokens.unwrap_or_else(|| tokens_in(body.len()));
    let mut answer = json!({
        "totalTokens": tokens, "promptTokensDetails": text_tokens(tokens),
    });
    if service == Service::Vertex {
        answer["totalBillableCharacters"] = billable_characters(contents);
    }
    Ok(answer.to_string())
}

/// White space is not counted.
fn billable_characters(contents: &[Value]) -> Value {
    let texts = conversation::texts(contents);
    json!(texts.chars().filter(|letter| !letter.is_whitespace()).count())
}
