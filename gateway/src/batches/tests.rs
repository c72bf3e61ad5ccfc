//! Batches through the whole engine, against a provider that answers as it is told to.

mod provider;

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use http::HeaderMap;
use serde_json::json;
use shared::{Money, Problem, ProblemCode, Role};

use self::provider::StubProvider;
use super::{Kind, Listing};
use crate::{
    Gateway,
    admin::NewUser,
    audit::Actor,
    budgets::Budgets,
    call::{Call, Credential, Surface, Upload},
    identity::Principal,
    kernel::{Clock, Ids, Secret, config::Config},
};

const MESSAGES: &str = "POST /v1/messages/batches";
const STATE: &str = "GET /v1/messages/batches/msgbatch_1";
const RESULTS: &str = "GET /v1/messages/batches/msgbatch_1/results";
const RUNNING: &str = r#"{"id":"msgbatch_1","processing_status":"in_progress","results_url":null}"#;
const ENDED: &str =
    r#"{"id":"msgbatch_1","processing_status":"ended","results_url":"https://a.example/r"}"#;
const HALF_DONE: &str = concat!(
    r#"{"custom_id":"b","result":{"type":"errored","error":{}}}"#,
    "\n",
    r#"{"custom_id":"a","result":{"type":"succeeded","message":{"usage":{"input_tokens":10,"output_tokens":4}}}}"#,
    "\n"
);

/// A gateway with a hard budget, and two people.
struct House {
    gateway: Arc<Gateway>,
    provider: StubProvider,
    directory: tempfile::TempDir,
    keys: [Secret; 2],
}

fn config(url: &str, directory: &Path, limit: &str) -> Config {
    let provider =
        |kind: &str, base: String| json!({ "kind": kind, "base_url": base, "api_key": "sk" });
    let model = |name: &str, upstream: &str, provider: &str| {
        json!({
            "name": name,
            "price": { "input": "1", "output": "5" },
            "max_output_tokens": 50,
            "backends": [{ "provider": provider, "model": upstream }],
        })
    };
    let mut config = Config::default();
    config.data.directory = directory.to_owned();
    config.providers = serde_json::from_value(json!({
        "anthropic": provider("anthropic", url.to_owned()),
        "openai": provider("openai", format!("{url}/v1")),
    }))
    .unwrap();
    config.models = serde_json::from_value(json!([
        model("claude", "claude-upstream", "anthropic"),
        model("gpt", "gpt-upstream", "openai"),
        {
            "name": "either",
            "aliases": ["any"],
            "price": { "input": "100", "output": "100" },
            "backends": [
                { "provider": "openai" },
                {
                    "provider": "anthropic",
                    "price": [{ "input": "1", "output": "5" }, { "from": "2999-01-01", "input": "9" }],
                    "capabilities": { "tools": false },
                },
            ],
        },
    ]))
    .unwrap();
    config.budgets =
        serde_json::from_value(json!([{ "level": "instance", "limit": limit }])).unwrap();
    config
}

async fn open(url: &str, directory: &Path, limit: &str) -> Arc<Gateway> {
    let config = config(url, directory, limit);
    Gateway::open(&config, Clock::system(), Ids::random()).await.unwrap().gateway
}

impl House {
    async fn new(limit: &str) -> Self {
        let provider = StubProvider::start().await;
        let directory = tempfile::tempdir().unwrap();
        let gateway = open(&provider.url, directory.path(), limit).await;
        let mut keys = Vec::new();
        for email in ["ada@example.org", "bob@example.org"] {
            let user = NewUser {
                email: email.to_owned(),
                name: email.to_owned(),
                team: "team".to_owned(),
                role: Role::Member,
                password: None,
            };
            gateway.users.add(&Actor::command_line(), user).await.unwrap();
            let key = gateway.keys.create_for_email(email, "key").await.unwrap();
            keys.push(Secret::new(key.secret));
        }
        let keys = keys.try_into().unwrap();
        Self { gateway, provider, directory, keys }
    }

    /// The same house after its gateway has stopped and another one has started.
    async fn after_a_restart(self, limit: &str) -> Self {
        let Self { gateway, provider, directory, keys } = self;
        gateway.close().await;
        drop(gateway); // and with it the lock of its journal
        let gateway = open(&provider.url, directory.path(), limit).await;
        Self { gateway, provider, directory, keys }
    }

    fn person(&self, number: usize) -> Principal {
        let credential = Credential::ApiKey(self.keys[number].clone());
        self.gateway.proxy.caller(&credential).unwrap()
    }

    async fn begin(&self, surface: Surface, body: String) -> Result<Bytes, Problem> {
        let proxy = &self.gateway.proxy;
        let request_id = proxy.next_request_id();
        let call = Call {
            request_id,
            surface,
            credential: Credential::ApiKey(self.keys[0].clone()),
            vendor_headers: HeaderMap::new(),
            path: None,
            body: body.into(),
            upload: None,
            batch: None,
            received_at: self.gateway.clock.now(),
        };
        self.gateway.batches.begin(call, proxy.trail(request_id, surface)).await
    }

    async fn begin_messages(&self) -> Result<Bytes, Problem> {
        self.begin(Surface::AnthropicBatches, two_messages()).await
    }

    /// Comes back when the books say that so much is spent, corrections included. The ledger has a
    /// call a moment after its end.
    async fn spends(&self, expected: Money) {
        let config = config(&self.provider.url, self.directory.path(), "1");
        let (database, clock) = (&self.gateway.database, &self.gateway.clock);
        let mut spent = Money::ZERO;
        for _ in 0..200 {
            let budgets = Budgets::for_viewing(&config, database, clock.clone()).await.unwrap();
            spent = budgets.statuses().remove(0).spent;
            if spent == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("${spent} is spent, not ${expected}");
    }

    async fn retrieve(&self, number: usize) -> Result<Bytes, Problem> {
        let principal = self.person(number);
        let batches = &self.gateway.batches;
        batches.retrieve(&principal, Kind::MessageBatch, "msgbatch_1", &HeaderMap::new()).await
    }

    async fn upload(&self, purpose: &str, file: &str) -> Result<Bytes, Problem> {
        let form = format!(
            "--line\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
             --line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\
             Content-Type: application/jsonl\r\n\r\n{file}\r\n--line--\r\n"
        );
        let chunks = stream::iter([Ok::<_, std::convert::Infallible>(Bytes::from(form))]);
        let directory = self.directory.path();
        let upload = Upload::read(chunks, "line".to_owned(), 1_000_000, directory).await.unwrap();
        self.gateway.batches.upload(&self.person(0), Arc::new(upload)).await
    }
}

fn two_messages() -> String {
    let params = json!({ "model": "claude", "max_tokens": 100, "messages": [] });
    let requests = ["a", "b"].map(|custom_id| json!({ "custom_id": custom_id, "params": params }));
    json!({ "requests": requests }).to_string()
}

/// The most that both of them can cost: $1 per million bytes and $5 per million tokens.
fn most() -> Money {
    let params = json!({ "model": "claude", "max_tokens": 100, "messages": [] }).to_string();
    let input = i64::try_from(params.len()).unwrap() + 64;
    Money::from_nanos(2 * (input * 1_000 + 100 * 5_000) + 2 * 6)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_costs_what_it_costs_at_its_provider_whatever_its_model_is_asked_by() {
    let house = House::new("1").await;
    house.provider.answers(MESSAGES, 200, RUNNING);
    let body = two_messages().replace("claude", "any");
    house.begin(Surface::AnthropicBatches, body.clone()).await.unwrap();
    assert_eq!(house.provider.asked(MESSAGES), [body.replace("any", "either")]);
    let shorter = i64::try_from("claude".len() - "any".len()).unwrap();
    house.spends(most() - Money::from_nanos(2 * shorter * 1_000)).await;
    house.provider.answers(STATE, 200, ENDED);
    house.provider.answers(RESULTS, 200, HALF_DONE);
    house.retrieve(0).await.unwrap();
    house.spends(COST).await;
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_provider_of_a_batch_cannot_serve_is_found_before_it_is_begun() {
    let house = House::new("1").await;
    let message = |more: &str| {
        format!(r#"{{"params":{{"model":"any","max_tokens":9,"messages":[]{more}}}}}"#)
    };
    let tool = r#","tools":[{"name":"f","input_schema":{}}]"#;
    let body = format!(r#"{{"requests":[{},{}]}}"#, message(""), message(tool));
    let problem = house.begin(Surface::AnthropicBatches, body).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::UnsupportedFeature);
    assert!(problem.detail.starts_with("requests[1]: the model `either` cannot"), "{problem}");
    assert!(house.provider.asked(MESSAGES).is_empty());
    house.gateway.close().await;
}

/// Ten tokens in and four out.
const COST: Money = Money::from_nanos(10 * 1_000 + 4 * 5_000);

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_charged_with_the_most_and_then_once_with_what_it_has_cost() {
    let house = House::new("1").await;
    house.provider.answers(MESSAGES, 200, RUNNING);
    house.provider.answers(STATE, 200, RUNNING);
    let begun = house.begin_messages().await.unwrap();
    assert_eq!(begun, RUNNING);
    let sent = house.provider.asked(MESSAGES).remove(0);
    assert_eq!(sent, two_messages().replace("claude", "claude-upstream"));
    assert_eq!(house.retrieve(0).await.unwrap(), RUNNING);
    house.spends(most()).await;

    house.provider.answers(STATE, 200, ENDED);
    house.provider.answers(RESULTS, 200, HALF_DONE);
    let (one, two, watched) =
        tokio::join!(house.retrieve(0), house.retrieve(0), house.gateway.batches.watch_once());
    watched.unwrap();
    assert_eq!((one.unwrap(), two.unwrap()), (Bytes::from(ENDED), Bytes::from(ENDED)));
    assert_eq!(house.provider.asked(RESULTS).len(), 1, "they are read once");
    house.spends(COST).await;
    house.gateway.batches.watch_once().await.unwrap();
    house.spends(COST).await;

    let principal = house.person(0);
    let batches = &house.gateway.batches;
    let results = batches.results(&principal, "msgbatch_1", &HeaderMap::new()).await.unwrap();
    let bytes: Vec<Bytes> = results.bytes.try_collect().await.unwrap();
    assert_eq!(bytes.concat(), HALF_DONE.as_bytes());
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_nobody_comes_back_for_is_put_right_after_a_restart() {
    let house = House::new("1").await;
    house.provider.answers(MESSAGES, 200, RUNNING);
    house.begin_messages().await.unwrap();
    let house = house.after_a_restart("1").await;
    house.spends(most()).await;
    house.provider.answers(STATE, 503, "{}");
    house.gateway.batches.watch_once().await.unwrap();
    house.spends(most()).await;
    house.provider.answers(STATE, 200, ENDED);
    house.provider.answers(RESULTS, 200, HALF_DONE);
    house.gateway.batches.watch_once().await.unwrap();
    house.spends(COST).await;
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_a_budget_does_not_cover_is_refused_and_told_what_helps() {
    let house = House::new("0.001").await;
    let problem = house.begin_messages().await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::BudgetExceeded);
    assert!(problem.detail.contains(&format!("may cost up to ${}", most())), "{problem}");
    assert!(problem.detail.contains("a limit of the answer in each of them"), "{problem}");
    assert!(house.provider.asked(MESSAGES).is_empty());
    house.spends(Money::ZERO).await;
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_a_provider_refuses_costs_nothing_and_one_that_is_in_doubt_costs_the_most() {
    let house = House::new("1").await;
    house.provider.answers(MESSAGES, 400, r#"{"error":{"message":"no"}}"#);
    let problem = house.begin_messages().await.unwrap_err();
    assert_eq!((problem.status, &*problem.detail), (400, "no"));
    house.spends(Money::ZERO).await;
    house.provider.answers(MESSAGES, 200, "half an answ");
    let problem = house.begin_messages().await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::UpstreamFailed);
    house.spends(most()).await;
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_somebody_elses_does_not_exist() {
    let house = House::new("1").await;
    house.provider.answers(MESSAGES, 200, RUNNING);
    house.provider.answers(STATE, 200, RUNNING);
    house.begin_messages().await.unwrap();
    let problem = house.retrieve(1).await.unwrap_err();
    let (stranger, headers) = (house.person(1), HeaderMap::new());
    let kind = Kind::MessageBatch;
    let none = house.gateway.batches.retrieve(&stranger, kind, "msgbatch_9", &headers).await;
    let none = none.unwrap_err();
    assert_eq!(problem.detail.replace("msgbatch_1", "msgbatch_9"), none.detail);
    assert_eq!((problem.code, none.code), (ProblemCode::NotFound, ProblemCode::NotFound));
    let listing = Listing { limit: 10, ..Listing::default() };
    let shown = async |number| {
        let principal = house.person(number);
        let batches = &house.gateway.batches;
        let listed = batches.list_message_batches(&principal, &listing, "http://gw").await;
        String::from_utf8(listed.unwrap().to_vec()).unwrap()
    };
    let empty = r#"{"data":[],"first_id":null,"last_id":null,"has_more":false}"#;
    assert_eq!(shown(1).await, empty);
    assert!(shown(0).await.contains(RUNNING));
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_requests_is_checked_line_by_line_and_its_batch_is_paid_by_its_results() {
    let house = House::new("1").await;
    let request = |model: &str, more: &str| {
        format!(
            r#"{{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{{"model":"{model}","messages":[]{more}}}}}"#
        )
    };
    let limited = request("gpt", r#","max_tokens":7"#);
    for (second, wrong) in [
        ("{}".to_owned(), "Line 2: `url` is missing"),
        (request("claude", ""), "Line 2: it asks `claude`"),
        (request("gpt", ",\"n\":0"), "Line 2: `n` must be at least 1"),
    ] {
        let problem = house.upload("batch", &format!("{limited}\n{second}")).await.unwrap_err();
        assert!(problem.detail.starts_with(wrong), "{problem}");
    }
    let problem = house.upload("batch", &request("claude", "")).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::UnsupportedFeature);
    let problem = house.upload("batch", &request("nobody", "")).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::ModelNotFound);
    assert!(house.provider.asked("POST /v1/files").is_empty());

    house.provider.answers("POST /v1/files", 200, r#"{"id":"file-1","object":"file"}"#);
    house.upload("batch", &format!("{limited}\n\n{}", request("gpt", ""))).await.unwrap();
    let sent = house.provider.asked("POST /v1/files").remove(0);
    let expected = format!(
        "\r\n\r\n{}\n\n{}\r\n--",
        limited.replace("gpt", "gpt-upstream"),
        request("gpt-upstream", "").replace("{\"model\"", "{\"max_tokens\":50,\"model\"")
    );
    assert!(sent.contains(&expected), "{sent}");

    let validating = r#"{"id":"batch_1","status":"validating"}"#;
    house.provider.answers("POST /v1/batches", 200, validating);
    let order = |file: &str| {
        json!({ "input_file_id": file, "endpoint": "/v1/chat/completions" }).to_string()
    };
    let problem = house.begin(Surface::OpenAiBatches, order("file-2")).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::NotFound);
    house.begin(Surface::OpenAiBatches, order("file-1")).await.unwrap();
    let ended = r#"{"id":"batch_1","status":"expired","output_file_id":"file-3"}"#;
    let output = r#"{"id":"file-3","object":"file","purpose":"batch_output"}"#;
    let usage = r#"{"response":{"status_code":200,"body":{"usage":{"prompt_tokens":10,"completion_tokens":4}}}}"#;
    let principal = house.person(0);
    let batches = &house.gateway.batches;
    assert!(batches.content(&principal, "file-3").await.is_err(), "its bill is not right yet");
    house.provider.answers("GET /v1/batches/batch_1", 200, ended);
    house.provider.answers("GET /v1/files/file-3", 200, output);
    house.provider.answers("GET /v1/files/file-3/content", 200, usage);
    batches.watch_once().await.unwrap();
    house.spends(COST).await;
    let content = batches.content(&principal, "file-3").await.unwrap();
    let bytes: Vec<Bytes> = content.bytes.try_collect().await.unwrap();
    assert_eq!(bytes.concat(), usage.as_bytes());
    let stranger = batches.content(&house.person(1), "file-3").await;
    assert!(stranger.is_err_and(|problem| problem.code == ProblemCode::NotFound));
    house.gateway.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_tell_its_usage_keeps_its_share_of_what_was_set_aside() {
    let house = House::new("1").await;
    house.provider.answers(MESSAGES, 200, RUNNING);
    house.provider.answers(STATE, 200, ENDED);
    house.begin_messages().await.unwrap();
    let silent = r#"{"custom_id":"a","result":{"type":"succeeded","message":{}}}"#;
    house.provider.answers(RESULTS, 200, silent);
    house.retrieve(0).await.unwrap();
    house.spends(Money::from_nanos(most().nanos() / 2)).await;
    house.gateway.close().await;
}
