//! `POST /v1/completions`, from before there were chats.
//!
//! Source: openai's `Completion` and `CompletionCreateParams`. What looks into the model or back at
//! the prompt (`logprobs`, `echo`, `suffix`) is refused.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{CREATED, chat::FINGERPRINT, embeddings::texts};
use crate::fake_provider::{
    answer::{Answer, Content, Question},
    directives::Directives,
    fault::Fault,
    ledger::Usage,
    reply::{Payload, Prepared},
    script::{Frame, PIECE, Script},
};

/// How long an answer is where nothing is said.
const USUAL_TOKENS: u64 = 16;
/// What is completed where nothing is given.
const NO_PROMPT: &str = "<|endoftext|>";

#[derive(Debug, Deserialize)]
struct CompletionRequest {
    model: Option<String>,
    prompt: Option<Value>,
    max_tokens: Option<u64>,
    n: Option<usize>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    echo: Option<bool>,
    logprobs: Option<u64>,
    suffix: Option<String>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// The answer to a request's body; `serial` makes its id.
pub(super) fn prepare(body: &[u8], serial: u64) -> Result<Prepared, Fault> {
    let request: CompletionRequest =
        serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
    request.check()?;
    let model = request.model.clone().ok_or(Fault::MissingField("model"))?;
    let directives = Directives::of(&model)?;
    let prompts = texts(request.prompt.clone().unwrap_or_else(|| json!(NO_PROMPT)));
    let count = prompts.len() * request.n.unwrap_or(1).max(1);
    let question = Question {
        body_bytes: prompts.iter().map(String::len).sum(),
        output_limit: Some(request.max_tokens.unwrap_or(USUAL_TOKENS)),
        ..Question::default()
    };
    let answer = Answer::to(&question, &directives);
    let times = |tokens: u64| tokens.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
    let usage = Usage {
        output: times(answer.usage.output),
        reasoning: times(answer.usage.reasoning),
        ..answer.usage
    };
    let completion = Completion {
        id: format!("cmpl-fake{serial:016x}"),
        model: &model,
        finish_reason: if answer.is_cut_at_limit { "length" } else { "stop" },
        text: match answer.content {
            Content::Text(text) => text,
            Content::Calls(_) => String::new(),
        },
        count,
        usage: (!directives.is_without_usage).then(|| directives.likeness.usage(usage)),
    };
    let payload = if request.stream.unwrap_or(false) {
        let options = request.stream_options;
        let wants_usage = options.and_then(|options| options.include_usage).unwrap_or(false);
        Payload::Stream(completion.script(&directives, wants_usage))
    } else {
        Payload::Whole(completion.whole())
    };
    Ok(Prepared { model, directives, usage, payload })
}

impl CompletionRequest {
    fn check(&self) -> Result<(), Fault> {
        let asked = [
            ("echo", self.echo.unwrap_or(false)),
            ("logprobs", self.logprobs.is_some()),
            ("suffix", self.suffix.is_some()),
        ];
        match asked.into_iter().find(|(_, is_asked)| *is_asked) {
            Some((field, _)) => {
                Err(Fault::Invalid(format!("This model does not support '{field}'.")))
            }
            None => Ok(()),
        }
    }
}

struct Completion<'a> {
    id: String,
    model: &'a str,
    finish_reason: &'static str,
    text: String,
    count: usize,
    usage: Option<Value>,
}

impl Completion<'_> {
    fn whole(&self) -> String {
        let choices: Vec<Value> = (0..self.count)
            .map(|index| choice(index, &self.text, Some(self.finish_reason)))
            .collect();
        let mut whole = self.around(&json!(choices));
        if let Some(usage) = &self.usage {
            whole["usage"] = usage.clone();
        }
        whole.to_string()
    }

    /// One choice after the other. Where usage is to be told, every chunk has the field.
    fn script(&self, directives: &Directives, wants_usage: bool) -> Script {
        let told = self.usage.as_ref().filter(|_| wants_usage);
        let event = |choices: &Value, usage: &Value| {
            let mut chunk = self.around(choices);
            if told.is_some() {
                chunk["usage"] = usage.clone();
            }
            format!("data: {chunk}\n\n")
        };
        let mut script = Script::default();
        for index in 0..self.count {
            let piece = event(&json!([choice(index, PIECE, None)]), &Value::Null);
            let frame = Frame::around(&piece);
            script.push_run(frame, self.text.clone(), directives.chunks, directives.is_stamped);
            let last = choice(index, "", Some(self.finish_reason));
            script.push_fixed(event(&json!([last]), &Value::Null));
        }
        if let Some(usage) = told {
            script.push_fixed(event(&json!([]), usage));
        }
        script.push_fixed("data: [DONE]\n\n");
        script
    }

    fn around(&self, choices: &Value) -> Value {
        json!({
            "id": self.id, "object": "text_completion", "created": CREATED, "model": self.model,
            "choices": choices, "system_fingerprint": FINGERPRINT,
        })
    }
}

fn choice(index: usize, text: &str, finish_reason: Option<&str>) -> Value {
    json!({ "text": text, "index": index, "logprobs": null, "finish_reason": finish_reason })
}
