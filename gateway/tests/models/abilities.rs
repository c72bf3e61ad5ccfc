//! What a model is known not to be able to do is refused before anything is set aside, by the field
//! that asks for it, and what could is named.

use gateway::{call::Surface, wire::ModelPath};
use serde_json::{Value, json};

use crate::house::House;

const CONFIG: &str = "
providers: { a: { kind: demo }, b: { kind: demo } }
models:
  - name: small
    capabilities: { context_tokens: 1000, max_output_tokens: 100, inputs: [text], outputs: [text], tools: false, schema: false, reasoning: false }
    backends: [ { provider: a } ]
  - name: mixed
    backends:
      - { provider: a, capabilities: { tools: false, context_tokens: 1000 } }
      - { provider: b, capabilities: { inputs: [text] } }
  - { name: large, aliases: [big], capabilities: { context_tokens: 100000, inputs: [text, image], tools: true }, backends: [ { provider: b } ] }
  - { name: unknown, backends: [ { provider: b } ] }
  - { name: secret, teams: [Support], backends: [ { provider: b } ] }
  - { name: vectors, capabilities: { outputs: [embedding], dimensions: 64 }, backends: [ { provider: a } ] }
budgets: [ { level: instance, limit: '0' } ]
";

fn chat(model: &str, more: &Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn refused(house: &House, surface: Surface, body: &Value) -> String {
    let path = (surface == Surface::Gemini)
        .then(|| ModelPath { model: "small".to_owned(), is_streaming: false });
    let problem = house.ask("ada", surface, path, body).await.unwrap_err();
    let field = problem.pointer.unwrap_or_default();
    format!("{} {} {field}: {}", problem.status, problem.code, problem.detail)
}

#[tokio::test]
async fn the_field_the_limit_and_the_models_that_could_are_told_on_every_surface() {
    let house = House::open(CONFIG).await;
    let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {}}}]);
    let picture = json!([{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]}]);
    let long = json!([{"role": "user", "content": "long ".repeat(4_000)}]);
    let schema = json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {}}});
    let mut told = Vec::new();
    for body in [
        chat("small", &json!({"tools": tool})),
        chat("small", &json!({"messages": picture})),
        chat("small", &json!({"messages": long, "max_tokens": 100})),
        chat("small", &json!({"max_completion_tokens": 101})),
        chat("small", &json!({"response_format": schema})),
        chat(
            "small",
            &json!({"modalities": ["text", "audio"], "audio": {"voice": "a", "format": "wav"}}),
        ),
        chat("vectors", &json!({})),
        chat("mixed", &json!({"tools": tool, "messages": picture})),
    ] {
        told.push(refused(&house, Surface::OpenAiChat, &body).await);
    }
    let claude = json!({"model": "small", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}]});
    told.push(refused(&house, Surface::AnthropicMessages, &claude).await);
    let gemini =
        json!({"contents": [{"parts": [{"inlineData": {"mimeType": "audio/wav", "data": ""}}]}]});
    told.push(refused(&house, Surface::Gemini, &gemini).await);
    let responses =
        json!({"model": "small", "input": "hi", "text": {"format": {"type": "json_schema"}}});
    told.push(refused(&house, Surface::OpenAiResponses, &responses).await);
    let embeddings = json!({"model": "vectors", "input": "hi", "dimensions": 65});
    told.push(refused(&house, Surface::OpenAiEmbeddings, &embeddings).await);
    house.gateway.close().await;
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test]
async fn what_one_backend_can_do_and_what_nobody_knows_goes_on_to_the_budgets() {
    let house = House::open(CONFIG).await;
    let tool = json!([{"type": "function", "function": {"name": "f", "parameters": {}}}]);
    for body in [
        chat("mixed", &json!({"tools": tool})),
        chat("unknown", &json!({"tools": tool})),
        chat("small", &json!({"reasoning_effort": "high"})),
        chat("small", &json!({"max_tokens": 100})),
    ] {
        let problem = house.ask("ada", Surface::OpenAiChat, None, &body).await.unwrap_err();
        assert_eq!(problem.code.as_str(), "model_forbidden", "unpriced: {problem}");
    }
    house.gateway.close().await;
}
