//! `POST /v1/responses`, without what OpenAI keeps: every call brings the whole conversation.
//!
//! Source: openai's `Response` and `ResponseStreamEvent`.

use serde_json::{Value, json};

use super::{CREATED, chat::call_id, responses_request::ResponsesRequest, responses_stream};
use crate::fake_provider::{
    answer::{Answer, Content, ToolCall},
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    reply::{Payload, Prepared},
};

/// The answer to a request's body; `serial` makes its ids.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request = ResponsesRequest::read(body)?;
    let model = request.model.clone().ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    let answer = Answer::to(&request.question(body.len())?, &directives);
    let usage = answer.usage;
    let told = Told { request: &request, answer: &answer, model: &model, serial };
    let payload = if request.is_streaming() {
        Payload::Stream(responses_stream::script(&told, &directives))
    } else {
        Payload::Whole(told.ended(&directives).to_string())
    };
    Ok(Prepared { model, directives, usage, payload })
}

/// An answer and what it repeats of its request.
pub(super) struct Told<'a> {
    request: &'a ResponsesRequest,
    pub(super) answer: &'a Answer,
    model: &'a str,
    serial: u64,
}

impl Told<'_> {
    /// The answer before anything of it is there.
    pub(super) fn begun(&self) -> Value {
        self.response("in_progress", &json!([]), &Value::Null)
    }

    /// The answer when all of it is there.
    pub(super) fn ended(&self, directives: &Directives) -> Value {
        let usage =
            if directives.is_without_usage { Value::Null } else { usage(self.answer.usage) };
        self.response(self.status(), &json!(self.items()), &usage)
    }

    fn status(&self) -> &'static str {
        if self.answer.is_cut_at_limit { "incomplete" } else { "completed" }
    }

    fn response(&self, status: &str, output: &Value, usage: &Value) -> Value {
        let request = self.request;
        let incomplete = match status {
            "incomplete" => json!({ "reason": "max_output_tokens" }),
            _ => Value::Null,
        };
        json!({
            "id": format!("resp_fake{:048x}", self.serial), "object": "response",
            "created_at": CREATED, "status": status, "background": false, "error": null,
            "incomplete_details": incomplete, "instructions": request.instructions,
            "max_output_tokens": request.max_output_tokens, "max_tool_calls": null,
            "model": self.model, "output": output,
            "parallel_tool_calls": request.may_call_several(), "previous_response_id": null,
            "prompt_cache_key": null, "reasoning": { "effort": null, "summary": null },
            "safety_identifier": null, "service_tier": "default",
            "store": request.store.unwrap_or(true), "temperature": 1.0,
            "text": request.told_format(), "tool_choice": request.told_choice(),
            "tools": request.told_tools(), "top_logprobs": 0, "top_p": 1.0,
            "truncation": "disabled", "usage": usage, "user": null,
            "metadata": request.metadata.clone().unwrap_or_else(|| json!({})),
        })
    }

    fn items(&self) -> Vec<Value> {
        match &self.answer.content {
            Content::Text(text) => {
                let part = text_part(text);
                vec![self.message(self.status(), &json!([part]))]
            }
            Content::Calls(calls) => {
                let calls = calls.iter().enumerate();
                calls.map(|(index, call)| self.call(index, call, &call.arguments, true)).collect()
            }
        }
    }

    pub(super) fn message_id(&self) -> String {
        format!("msg_fake{:048x}", self.serial)
    }

    pub(super) fn message(&self, status: &str, content: &Value) -> Value {
        json!({
            "id": self.message_id(), "type": "message", "status": status, "content": content,
            "role": "assistant",
        })
    }

    /// The message as it ends.
    pub(super) fn ended_message(&self, text: &str) -> Value {
        self.message(self.status(), &json!([text_part(text)]))
    }

    pub(super) fn item_id(&self, index: usize) -> String {
        format!("fc_fake{:044x}{index:04x}", self.serial)
    }

    pub(super) fn call(
        &self,
        index: usize,
        call: &ToolCall,
        arguments: &str,
        is_ended: bool,
    ) -> Value {
        json!({
            "id": self.item_id(index), "type": "function_call",
            "status": if is_ended { "completed" } else { "in_progress" },
            "arguments": arguments, "call_id": call_id(self.serial, index), "name": call.name,
        })
    }
}

pub(super) fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text })
}

fn usage(usage: Usage) -> Value {
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
