//! A gateway with every recorded provider, and a client that asks it.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt;
use gateway::{
    Gateway,
    admin::{ADMINISTRATOR_EMAIL, Console},
    call::{Call as Asked, Credential, Surface},
    kernel::{
        Clock, Ids, Secret,
        config::{self, Config},
    },
    wire::{self, Dialect, RelayedApi},
};
use http::HeaderMap;
use serde_json::{Value, json};
use shared::{Problem, id::RequestId, receipt::Receipt};
use tempfile::TempDir;

use super::{
    exchange::{Asks, CASES, Call, Case, Outcome},
    replay::{Arrived, Replay},
};

/// More than there are calls.
const RECORDS: u64 = 1_000;

pub(crate) struct House {
    gateway: Arc<Gateway>,
    config: Config,
    key: Secret,
    replay: Replay,
    _directory: TempDir,
}

/// What has come of a call.
pub(crate) struct Answered {
    pub(crate) request_id: RequestId,
    answer: Result<String, Problem>,
    arrived: Vec<Arrived>,
    missed: Vec<String>,
}

impl House {
    pub(crate) async fn open() -> Self {
        let replay = Replay::start().await;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("gateway.yaml");
        std::fs::write(&file, configuration(&replay.url)).unwrap();
        let mut config = config::load(Some(&file), std::iter::empty()).unwrap();
        config.data.directory = directory.path().join("data");
        let console = Console::open(&config, Clock::system(), Ids::random()).await.unwrap();
        console.first_run().await.unwrap();
        let made = console.keys.create_for_email(ADMINISTRATOR_EMAIL, "recorded").await.unwrap();
        let key = Secret::new(made.secret);
        let opened = Gateway::open(&config, Clock::system(), Ids::random()).await.unwrap();
        Self { gateway: opened.gateway, config, key, replay, _directory: directory }
    }

    /// Asks, and leaves when the answer has begun; `hears` is what the provider is told then.
    pub(crate) async fn ask_and_leave(&self, case: &Case, call: &Call, hears: &str) {
        self.replay.expect(&call.exchanges, &case.tokens);
        let request_id = self.gateway.proxy.next_request_id();
        let answer = self.gateway.proxy.serve(self.asked(case, call, request_id)).await;
        drop(answer.unwrap());
        self.replay.until_asked(hears).await;
    }

    /// Asks, and sees what arrives.
    pub(crate) async fn ask(&self, case: &Case, call: &Call) -> Answered {
        self.replay.expect(&call.exchanges, &case.tokens);
        let request_id = self.gateway.proxy.next_request_id();
        let asked = self.asked(case, call, request_id);
        let answer = match self.gateway.proxy.serve(asked).await {
            Ok(answer) => {
                let chunks: Vec<_> = answer.body.collect().await;
                let bytes: Vec<u8> = chunks.into_iter().flat_map(|chunk| chunk.unwrap()).collect();
                Ok(String::from_utf8(bytes).unwrap())
            }
            Err(problem) => Err(problem),
        };
        let (arrived, missed) = self.replay.seen();
        Answered { request_id, answer, arrived, missed }
    }

    fn asked(&self, case: &Case, call: &Call, request_id: RequestId) -> Asked {
        Asked {
            request_id,
            surface: surface(call.asks),
            credential: Credential::ApiKey(self.key.clone()),
            vendor_headers: HeaderMap::new(),
            path: None,
            body: Bytes::from(body(case, call).to_string()),
            upload: None,
            batch: None,
            received_at: self.gateway.clock.now(),
        }
    }

    /// Stops; every record by its call.
    pub(crate) async fn close(self) -> HashMap<RequestId, Receipt> {
        self.gateway.begin_stop();
        self.gateway.close().await;
        let console = Console::open(&self.config, Clock::system(), Ids::random()).await.unwrap();
        let records = console.calls(None, RECORDS).await.unwrap();
        records.into_iter().map(|record| (record.request_id, record)).collect()
    }
}

/// Each provider under the name of its file, with a model for each name of the vendor's.
fn configuration(server: &str) -> String {
    let (mut providers, mut models) = (json!({}), Vec::new());
    for case in CASES.iter() {
        let config = case.config.to_string().replace("{server}", server);
        let config = config.replace("{host}", server.trim_start_matches("http://"));
        let mut config: Value = serde_json::from_str(&config).unwrap();
        if !case.is_led {
            config["base_url"] = format!("{server}{}", case.path).into();
        }
        providers[&case.name] = config;
        let mut names: Vec<&str> = case.calls.iter().map(|call| upstream(case, call)).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let mut backend = json!({ "provider": case.name, "model": name });
            if let Some(api) = &case.api {
                backend["api"] = api.as_str().into();
            }
            let price = json!({ "input": "1", "output": "1" });
            models.push(json!({
                "name": house_name(case, name), "price": price, "backends": [backend],
            }));
        }
    }
    json!({ "providers": providers, "models": models }).to_string()
}

fn upstream<'a>(case: &'a Case, call: &'a Call) -> &'a str {
    call.model.as_deref().unwrap_or(&case.model)
}

fn house_name(case: &Case, upstream: &str) -> String {
    format!("{}:{upstream}", case.name)
}

const fn surface(asks: Asks) -> Surface {
    match asks {
        Asks::Chat | Asks::Stream => Surface::OpenAiChat,
        Asks::Messages | Asks::MessagesStream => Surface::AnthropicMessages,
        Asks::Embeddings => Surface::OpenAiEmbeddings,
        Asks::Rerank => Surface::Relayed(RelayedApi::Rerank),
        Asks::Images => Surface::Relayed(RelayedApi::ImageGenerations),
    }
}

fn body(case: &Case, call: &Call) -> Value {
    let turns = json!([{ "role": "user", "content": "Say hello." }]);
    let mut body = match call.asks {
        Asks::Chat => json!({ "messages": turns }),
        Asks::Stream => json!({ "messages": turns, "stream": true }),
        Asks::Messages => json!({ "messages": turns, "max_tokens": 64 }),
        Asks::MessagesStream => json!({ "messages": turns, "max_tokens": 64, "stream": true }),
        Asks::Embeddings => json!({ "input": "hello" }),
        Asks::Rerank => json!({ "query": "hello", "documents": ["hello there", "goodbye"] }),
        Asks::Images => json!({ "prompt": "a fox" }),
    };
    body["model"] = house_name(case, upstream(case, call)).into();
    for (name, value) in &call.with {
        body[name] = value.clone();
    }
    body
}

impl Answered {
    /// What is not as it should be.
    pub(crate) fn wrong(&self, case: &Case, call: &Call) -> Vec<String> {
        let mut wrong: Vec<String> =
            self.missed.iter().map(|request| format!("{request} was not asked for")).collect();
        let first = call.exchanges.first().map(|exchange| exchange.request.as_str());
        match self.arrived.iter().find(|arrived| Some(arrived.request.as_str()) == first) {
            Some(arrived) => wrong.extend(wrong_request(arrived, call)),
            None => wrong.push(format!("there arrived {:?}", self.requests())),
        }
        wrong.extend(self.wrong_answer(call));
        let told = match &self.answer {
            Ok(text) => text,
            Err(problem) => &problem.detail,
        };
        if case.secrets().into_iter().any(|secret| told.contains(secret)) {
            wrong.push("the client sees the credential".to_owned());
        }
        wrong
    }

    fn requests(&self) -> Vec<&str> {
        self.arrived.iter().map(|arrived| arrived.request.as_str()).collect()
    }

    fn wrong_answer(&self, call: &Call) -> Vec<String> {
        match (&call.outcome, &self.answer) {
            (Outcome::Answer { says, .. }, Ok(text)) if text.contains(says) => Vec::new(),
            (Outcome::Answer { says, .. }, Ok(text)) => vec![format!("`{says}` is not in {text}")],
            (Outcome::Failure { .. }, Ok(text)) => vec![format!("it does not fail: {text}")],
            (Outcome::Answer { .. }, Err(problem)) => vec![format!("it fails: {problem:?}")],
            (failure @ Outcome::Failure { .. }, Err(problem)) => {
                wrong_failure(failure, problem, surface(call.asks).dialect())
            }
        }
    }
}

fn wrong_failure(expected: &Outcome, problem: &Problem, dialect: Dialect) -> Vec<String> {
    let Outcome::Failure { status, r#type, code, says, retry_after } = expected else {
        return Vec::new();
    };
    let shown: Value = serde_json::from_slice(&wire::render_problem(dialect, problem)).unwrap();
    let error = &shown["error"];
    let mut wrong = Vec::new();
    let told =
        (problem.status, error["type"].as_str(), error["code"].as_str(), problem.retry_after);
    let expected = (*status, Some(r#type.as_str()), code.as_deref(), *retry_after);
    if told != expected {
        wrong.push(format!("{told:?} is not {expected:?}"));
    }
    let message = error["message"].as_str().unwrap_or_default();
    if !message.contains(says) {
        wrong.push(format!("`{says}` is not in `{message}`"));
    }
    wrong
}

fn wrong_request(arrived: &Arrived, call: &Call) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(shows) = &call.shows {
        let (name, value) = shows.split_once(": ").unwrap();
        let shown = arrived.headers.get(name).map_or("", String::as_str);
        if !fits(shown, value) {
            wrong.push(format!("`{name}: {shown}` is not `{shows}`"));
        }
    }
    let body: Value = serde_json::from_str(&arrived.body).unwrap_or_default();
    for (name, value) in &call.sent {
        let pointer = format!("/{}", name.replace('.', "/"));
        if body.pointer(&pointer) != Some(value) {
            wrong.push(format!("`{name}` is not {value} in {body}"));
        }
    }
    let there = call.unsent.iter().filter(|name| body.get(*name).is_some());
    wrong.extend(there.map(|name| format!("`{name}` is in {body}")));
    wrong
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| fits(rest, after)))
        }),
    }
}
