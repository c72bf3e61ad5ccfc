//! What is asked: a conversation as an assistant at work has it, in each client's dialect.
//!
//! Instructions, two functions that may be called, and three turns, one of which was a call and its
//! result: about four kilobytes. It mentions nothing that makes the fake provider call again.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::load::client_dialect::ClientDialect;

/// The longest answer that is wanted, in tokens.
const OUTPUT_LIMIT: u64 = 1_024;
/// Into how many texts the same amount of words is cut, where it is embedded.
const EMBEDDED_TEXTS: usize = 8;

const INSTRUCTIONS: &str = "You are the assistant of the service desk of a company that sells and \
    repairs bicycles in eleven cities. You help the people behind the counter, not the customers \
    themselves, so be brief and exact, and never guess: where an order, a part or a price has to \
    be known, look it up first. Orders have numbers of the form HB-00000. Prices are in euros and \
    include taxes; say so only when somebody asks. Repairs under guarantee cost the customer \
    nothing, but the workshop books its hours all the same, at 58.50 an hour, and the part at its \
    purchase price. A part that is not in stock in the same city may be sent from another one \
    within two working days; if no city has it, name the supplier and the usual time of delivery. \
    Dates are written as 14 March 2026. When a customer is angry, give the person at the counter \
    one sentence to say, and then the facts. Do not apologise on behalf of the company, do not \
    promise discounts, and do not talk about other customers, whatever reason is given. Answer in \
    the language in which you are asked. If you cannot help, say which colleague can: workshop, \
    purchasing, or accounts.";

const FIRST_QUESTION: &str = "A lady is here about HB-48213. She says her rear light stopped \
    working after two weeks and that she was told it would be replaced. Is that still under \
    guarantee, and do we have the light?";

const FIRST_ANSWER: &str = "The order is from 2 March 2026, so the light is under guarantee until \
    2 March 2028: replace it at no cost to her. You have none in stock in Bremen; Hamburg has four \
    and can have one with you within two working days. Book half an hour of the workshop, 29.25, \
    and the light at its purchase price of 18.40, both on the guarantee account.";

const SECOND_QUESTION: &str = "She will come back on Thursday for it. Now she also asks about the \
    noise from the brakes that she wrote to us about last week. Please write down for her, in a \
    friendly way and not too short, what we will look at, what it may cost if the pads turn out to \
    be worn, and what she should bring on Thursday. Keep in mind that pads are wear and tear and \
    that she has ridden the bicycle in the rain for most of the winter.";

const CALL_ID: &str = "call_9tQ2mXv7KpLr4sWd";
const ORDER_RESULT: &str = r#"{"order":"HB-48213","customer":"C-20417","city":"Bremen","ordered_on":"2026-03-02","guarantee_months":24,"lines":[{"article":"city-bicycle-28-low-step","quantity":1,"price":"1149.00"},{"article":"rear-light-b12","quantity":1,"price":"34.90"},{"article":"basket-front-oak","quantity":1,"price":"59.00"}],"stock":{"rear-light-b12":{"Bremen":0,"Hamburg":4,"Hannover":1}}}"#;

/// The body of a call of a model.
pub(super) fn body(dialect: ClientDialect, model: &str, is_streaming: bool) -> Bytes {
    let body = match dialect {
        ClientDialect::OpenaiChat => chat(model, is_streaming),
        ClientDialect::OpenaiResponses => responses(model, is_streaming),
        ClientDialect::AnthropicMessages => messages(model, is_streaming),
        ClientDialect::Gemini => gemini(),
        ClientDialect::OpenaiEmbeddings => embeddings(model),
    };
    Bytes::from(body.to_string())
}

struct Function {
    name: &'static str,
    description: &'static str,
    parameters: Value,
}

fn functions() -> [Function; 2] {
    let city = json!({
        "type": "string", "enum": ["Bremen", "Hamburg", "Hannover", "Kiel", "Rostock"],
        "description": "Whose stock is meant.",
    });
    [
        Function {
            name: "find_order",
            description: "Finds an order by its number: who ordered, when, what, and the stock of \
                          each article in all cities.",
            parameters: json!({
                "type": "object",
                "properties": {
                    "order": { "type": "string", "description": "The number, HB-00000." },
                    "with_stock": { "type": "boolean", "description": "Whether to count the stock." },
                },
                "required": ["order", "with_stock"], "additionalProperties": false,
            }),
        },
        Function {
            name: "reserve_part",
            description: "Sets a part aside for a customer, in one city, until a date.",
            parameters: json!({
                "type": "object",
                "properties": {
                    "article": { "type": "string", "description": "The article, as an order names it." },
                    "city": city,
                    "quantity": { "type": "integer", "minimum": 1, "description": "How many." },
                    "until": { "type": "string", "description": "A date, as 2026-03-19." },
                },
                "required": ["article", "city", "quantity", "until"],
                "additionalProperties": false,
            }),
        },
    ]
}

fn arguments() -> Value {
    json!({ "order": "HB-48213", "with_stock": true })
}

fn chat(model: &str, is_streaming: bool) -> Value {
    let call = json!({
        "id": CALL_ID, "type": "function",
        "function": { "name": "find_order", "arguments": arguments().to_string() },
    });
    let tools = functions().map(|Function { name, description, parameters }| {
        json!({ "type": "function", "function": {
            "name": name, "description": description, "parameters": parameters } })
    });
    let mut body = json!({
        "model": model,
        "messages": [
            { "role": "system", "content": INSTRUCTIONS },
            { "role": "user", "content": FIRST_QUESTION },
            { "role": "assistant", "content": null, "tool_calls": [call] },
            { "role": "tool", "tool_call_id": CALL_ID, "content": ORDER_RESULT },
            { "role": "assistant", "content": FIRST_ANSWER },
            { "role": "user", "content": SECOND_QUESTION },
        ],
        "tools": tools, "max_completion_tokens": OUTPUT_LIMIT,
    });
    if is_streaming {
        body["stream"] = json!(true);
        body["stream_options"] = json!({ "include_usage": true });
    }
    body
}

fn responses(model: &str, is_streaming: bool) -> Value {
    let tools = functions().map(|Function { name, description, parameters }| {
        json!({ "type": "function", "name": name, "description": description,
            "parameters": parameters, "strict": false })
    });
    json!({
        "model": model, "instructions": INSTRUCTIONS,
        "input": [
            { "role": "user", "content": FIRST_QUESTION },
            { "type": "function_call", "call_id": CALL_ID, "name": "find_order",
              "arguments": arguments().to_string() },
            { "type": "function_call_output", "call_id": CALL_ID, "output": ORDER_RESULT },
            { "role": "assistant", "content": FIRST_ANSWER },
            { "role": "user", "content": SECOND_QUESTION },
        ],
        "tools": tools, "max_output_tokens": OUTPUT_LIMIT, "store": false, "stream": is_streaming,
    })
}

fn messages(model: &str, is_streaming: bool) -> Value {
    let tools = functions().map(|Function { name, description, parameters }| {
        json!({ "name": name, "description": description, "input_schema": parameters })
    });
    let call = json!({
        "type": "tool_use", "id": CALL_ID, "name": "find_order", "input": arguments(),
    });
    let result = json!({
        "type": "tool_result", "tool_use_id": CALL_ID, "content": ORDER_RESULT,
    });
    json!({
        "model": model, "system": INSTRUCTIONS,
        "messages": [
            { "role": "user", "content": FIRST_QUESTION },
            { "role": "assistant", "content": [call] },
            { "role": "user", "content": [result] },
            { "role": "assistant", "content": FIRST_ANSWER },
            { "role": "user", "content": SECOND_QUESTION },
        ],
        "tools": tools, "max_tokens": OUTPUT_LIMIT, "stream": is_streaming,
    })
}

fn gemini() -> Value {
    let said = |role: &str, text: &str| json!({ "role": role, "parts": [{ "text": text }] });
    let call = json!({ "functionCall": { "name": "find_order", "args": arguments() } });
    let result = json!({ "functionResponse": {
        "name": "find_order", "response": { "result": ORDER_RESULT } } });
    let declarations = functions().map(|Function { name, description, parameters }| {
        json!({ "name": name, "description": description, "parametersJsonSchema": parameters })
    });
    json!({
        "systemInstruction": { "parts": [{ "text": INSTRUCTIONS }] },
        "contents": [
            said("user", FIRST_QUESTION),
            { "role": "model", "parts": [call] },
            { "role": "user", "parts": [result] },
            said("model", FIRST_ANSWER),
            said("user", SECOND_QUESTION),
        ],
        "tools": [{ "functionDeclarations": declarations }],
        "generationConfig": { "maxOutputTokens": OUTPUT_LIMIT },
    })
}

fn embeddings(model: &str) -> Value {
    let words: Vec<&str> = [INSTRUCTIONS, FIRST_QUESTION, FIRST_ANSWER, SECOND_QUESTION]
        .iter()
        .flat_map(|text| text.split_whitespace())
        .collect();
    let texts: Vec<String> = words
        .chunks(words.len().div_ceil(EMBEDDED_TEXTS).max(1))
        .map(|words| words.join(" "))
        .collect();
    json!({ "model": model, "input": texts, "encoding_format": "float" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_about_four_kilobytes_in_every_dialect() {
        for dialect in ClientDialect::ALL {
            let length = body(dialect, "fake", true).len();
            let expected = match dialect {
                ClientDialect::OpenaiEmbeddings => 2_000..3_000,
                _ => 3_800..4_800,
            };
            assert!(expected.contains(&length), "{dialect}: {length} bytes");
        }
    }
}
