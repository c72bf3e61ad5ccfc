//! `POST /v1/responses`
//!
//! Source: openai's `Response`, `ResponseCreateParams` and `ResponseStreamEvent`. Nothing is kept:
//! what goes on from an earlier response is refused, as OpenAI refuses ids that it does not know.

use serde_json::{Value, json};

use super::{
    CREATED,
    responses_items::{Output, response_id},
    responses_request::ResponsesRequest,
    responses_stream,
};
use crate::fake_provider::{
    answer::Answer,
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    reply::{Payload, Prepared},
};

/// The answer to a request's body; `serial` makes its ids.
pub(in crate::fake_provider) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request = ResponsesRequest::read(body)?;
    let model = request.model()?;
    let directives = Directives::of(&model)?;
    request.check()?;
    let mut answer = Answer::to(&request.question(body.len()), &directives);
    if request.offers_search() && directives.searches {
        answer.usage.units.searches = 1;
    }
    let usage = answer.usage;
    let output = Output::of(&request, &answer, serial);
    let frame = ResponseFrame {
        request: &request,
        model: &model,
        serial,
        usage: (!directives.is_without_usage).then_some(usage),
        is_cut_at_limit: answer.is_cut_at_limit,
    };
    let payload = if request.is_streaming() {
        Payload::Stream(responses_stream::script(&frame, &output, &directives))
    } else {
        Payload::Whole(frame.ended(&output.items()).to_string())
    };
    Ok(Prepared { model, directives, usage, payload })
}

/// The object around the items, which a stream sends as it begins and as it ends.
#[derive(Debug)]
pub(super) struct ResponseFrame<'a> {
    request: &'a ResponsesRequest,
    model: &'a str,
    serial: u64,
    usage: Option<Usage>,
    is_cut_at_limit: bool,
}

impl ResponseFrame<'_> {
    /// The response before its first item.
    pub(super) fn begun(&self) -> Value {
        self.around("in_progress", &json!([]), &Value::Null)
    }

    /// The response with all of its items.
    pub(super) fn ended(&self, items: &[Value]) -> Value {
        let status = if self.is_cut_at_limit { "incomplete" } else { "completed" };
        let mut ended = self.around(status, &json!(items), &self.usage.map_or(Value::Null, told));
        if self.is_cut_at_limit {
            ended["incomplete_details"] = json!({ "reason": "max_output_tokens" });
        } else {
            ended["completed_at"] = json!(CREATED);
        }
        ended
    }

    /// The event that ends a stream is named after how the response did.
    pub(super) fn last_event(&self) -> &'static str {
        if self.is_cut_at_limit { "response.incomplete" } else { "response.completed" }
    }

    fn around(&self, status: &str, output: &Value, usage: &Value) -> Value {
        let request = self.request;
        let or = |field: &str, usual: Value| match request.field(field) {
            Value::Null => usual,
            given => given.clone(),
        };
        json!({
            "id": response_id(self.serial), "object": "response", "created_at": CREATED,
            "status": status, "background": false, "completed_at": null, "error": null,
            "incomplete_details": null, "instructions": request.field("instructions"),
            "max_output_tokens": request.field("max_output_tokens"), "max_tool_calls": null,
            "model": self.model, "output": output,
            "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
            "previous_response_id": null, "prompt_cache_key": request.field("prompt_cache_key"),
            "reasoning": or("reasoning", json!({ "effort": null, "summary": null })),
            "safety_identifier": null, "service_tier": "default",
            "store": or("store", json!(true)), "temperature": or("temperature", json!(1.0)),
            "text": or("text", json!({ "format": { "type": "text" }, "verbosity": "medium" })),
            "tool_choice": or("tool_choice", json!("auto")), "tools": request.told_tools(),
            "top_logprobs": 0, "top_p": or("top_p", json!(1.0)), "truncation": "disabled",
            "usage": usage, "user": null, "metadata": or("metadata", json!({})),
        })
    }
}

/// `usage`, whose totals include their details.
fn told(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cached, "cache_write_tokens": usage.cache_write,
        },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.input + usage.output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(more: &Value) -> Vec<u8> {
        let mut body = json!({
            "model": "fake@chunks=3,input_tokens=9,output_tokens=4", "input": "use the tool",
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body.to_string().into_bytes()
    }

    fn events(body: &[u8]) -> Vec<Value> {
        let Payload::Stream(mut script) = prepare(body, 1).unwrap().payload else {
            panic!("it is a stream");
        };
        std::iter::from_fn(|| script.next_event(|| 42))
            .flat_map(|event| {
                let text = String::from_utf8(event.bytes.to_vec()).unwrap();
                let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
                data.map(|data| serde_json::from_str(data).unwrap()).collect::<Vec<Value>>()
            })
            .collect()
    }

    fn whole(body: &[u8]) -> Value {
        let Payload::Whole(json) = prepare(body, 1).unwrap().payload else {
            panic!("it is whole");
        };
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_stream_ends_with_the_answer_that_its_pieces_make() {
        let streamed = body(&json!({ "stream": true }));
        let events = events(&streamed);
        let numbers: Vec<_> =
            events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
        let pieces = events.iter().filter(|event| event["type"] == "response.output_text.delta");
        let text: String = pieces.map(|event| event["delta"].as_str().unwrap()).collect();
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed");
        assert_eq!(last["response"]["output"][0]["content"][0]["text"], json!(text));
        assert_eq!(last["response"]["usage"]["output_tokens"], 4);
        assert_eq!(last["response"], whole(&body(&json!({}))));
    }

    #[test]
    fn a_call_is_an_item_of_its_own() {
        let tool = json!({ "type": "function", "name": "look", "parameters": {
            "type": "object", "properties": { "at": { "type": "string" } } } });
        let asked = json!({ "tools": [tool], "stream": true });
        let events = events(&body(&asked));
        let done =
            events.iter().find(|event| event["type"] == "response.output_item.done").unwrap();
        assert_eq!(done["item"]["arguments"], r#"{"at":"example at"}"#);
        let last = &events.last().unwrap()["response"];
        assert_eq!(last["output"][0], done["item"]);
        assert_eq!(last["tools"][0]["strict"], true);
    }

    #[test]
    fn an_answer_that_stops_at_the_limit_is_incomplete() {
        let answer = whole(&body(&json!({ "max_output_tokens": 2 })));
        assert_eq!(answer["status"], "incomplete");
        assert_eq!(answer["incomplete_details"]["reason"], "max_output_tokens");
    }
}
