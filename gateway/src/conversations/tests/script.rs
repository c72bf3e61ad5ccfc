//! A model whose every word the test decides.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use serde_json::{Value, json};
use shared::{
    Money, Problem, Timestamp,
    id::{Request, RequestId},
    receipt::{Outcome, Receipt, TokenCounts},
};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    conversations::pipeline::{Answering, Asking, Pipeline},
    identity::Principal,
    kernel::Ids,
};

/// What every answered call costs.
pub(super) const COST: Money = Money::from_nanos(1_234);

/// The pipeline's place; answers in the order in which the test has prepared them.
#[derive(Clone)]
pub(super) struct Script(Arc<Inner>);

struct Inner {
    ids: Ids,
    prepared: Mutex<VecDeque<Prepared>>,
    asked: Mutex<Vec<Value>>,
}

struct Prepared {
    begin: oneshot::Receiver<Result<(), Problem>>,
    words: mpsc::UnboundedReceiver<Bytes>,
    gone: DropGuard,
}

/// The test's end of one answer.
pub(super) struct Model {
    begin: Option<oneshot::Sender<Result<(), Problem>>>,
    words: Option<mpsc::UnboundedSender<Bytes>>,
    gone: CancellationToken,
}

impl Script {
    pub(super) fn new(ids: Ids) -> Self {
        Self(Arc::new(Inner { ids, prepared: Mutex::default(), asked: Mutex::default() }))
    }

    /// Prepares the next answer; nothing is said until the test says it.
    pub(super) fn next_answer(&self) -> Model {
        let (begin, has_begun) = oneshot::channel();
        let (sender, words) = mpsc::unbounded_channel();
        let gone = CancellationToken::new();
        self.0.prepared.lock().unwrap().push_back(Prepared {
            begin: has_begun,
            words,
            gone: gone.clone().drop_guard(),
        });
        Model { begin: Some(begin), words: Some(sender), gone }
    }

    /// Prepares an answer that is whole.
    pub(super) fn will_say(&self, text: &str) {
        let mut model = self.next_answer();
        model.says(text);
        model.finishes();
    }

    /// The bodies of all calls.
    pub(super) fn asked(&self) -> Vec<Value> {
        self.0.asked.lock().unwrap().clone()
    }
}

impl Model {
    pub(super) fn refuses(&mut self, problem: Problem) {
        self.begin.take().unwrap().send(Err(problem)).unwrap();
    }

    pub(super) fn says(&mut self, text: &str) {
        self.sends(&json!({ "choices": [{ "delta": { "content": text } }] }).to_string());
    }

    pub(super) fn finishes(&mut self) {
        self.sends(&json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }).to_string());
        self.sends("[DONE]");
        self.breaks_off();
    }

    /// One event with this data.
    pub(super) fn sends(&mut self, data: &str) {
        if let Some(begin) = self.begin.take() {
            begin.send(Ok(())).ok();
        }
        let event = Bytes::from(format!("data: {data}\n\n"));
        self.words.as_ref().unwrap().send(event).ok();
    }

    /// The stream ends here.
    pub(super) fn breaks_off(&mut self) {
        self.words = None;
    }

    /// Waits until the gateway has let go of the call.
    pub(super) async fn is_let_go(&self) {
        self.gone.cancelled().await;
    }
}

impl Pipeline for Script {
    fn ask(&self, _: &Principal, body: Bytes) -> Asking {
        let request_id = self.0.ids.next::<Request>(Timestamp::from_micros(1));
        self.0.asked.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        let prepared = self.0.prepared.lock().unwrap().pop_front();
        let answer = async move {
            let Prepared { begin, words, gone } = prepared.expect("an answer is prepared");
            begin.await.expect("the test begins or refuses")?;
            let (ended, has_ended) = oneshot::channel();
            let body = UnboundedReceiverStream::new(words)
                // Dropped with the body, however that ends.
                .map(move |bytes| {
                    let _held = (&gone, &ended);
                    bytes
                });
            let receipt = async move {
                has_ended.await.unwrap_or(());
                Some(receipt(request_id, Outcome::Finished, COST))
            };
            Ok(Answering { body: body.boxed(), receipt: receipt.boxed() })
        };
        let without_answer = receipt(request_id, Outcome::Refused, Money::ZERO);
        Asking {
            request_id,
            answer: answer.boxed(),
            receipt_without_answer: async { Some(without_answer) }.boxed(),
        }
    }
}

fn receipt(request_id: RequestId, outcome: Outcome, cost: Money) -> Receipt {
    Receipt {
        request_id,
        started_at: Timestamp::from_micros(1),
        duration_micros: 1,
        outcome,
        model: "demo".to_owned(),
        provider: None,
        tokens: TokenCounts::default(),
        cost,
        is_estimated: false,
        verdicts: Vec::new(),
    }
}
