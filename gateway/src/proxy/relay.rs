//! Brings an answer to the client: bytes untouched where both sides speak the same dialect,
//! translated where they do not; metered as it passes, settled and recorded at its end.

mod stream;

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{Stream, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use shared::{
    Problem, Timestamp,
    id::RequestId,
    receipt::{Outcome, Stage, VerdictKind},
};

use self::stream::Relay;
use super::account::{Account, Observed};
use crate::{
    call::{ReceiptHandle, Refusal, Trail},
    kernel::config,
    providers::{Answered, UpstreamBody},
    wire::{self, TranslationContext},
};

static BUDGET_WARNING: HeaderName = HeaderName::from_static("x-helix-budget-warning");

/// What the client gets.
pub struct Answer {
    /// The call's id.
    pub request_id: RequestId,
    /// The status; failures are [`Problem`]s instead.
    pub status: StatusCode,
    /// Headers of the gateway's own; content type and length come with the body.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
    receipt: ReceiptHandle,
}

impl Answer {
    /// The receipt, once the body has ended or was dropped; and the rest of the answer.
    #[must_use]
    pub fn into_parts(self) -> (AnswerBody, ReceiptHandle) {
        (self.body, self.receipt)
    }
}

/// The body of an answer, in the client's dialect.
pub enum AnswerBody {
    /// JSON.
    Whole(Bytes),
    /// Server-sent events; dropping it cancels the provider's stream.
    Stream(BoxStream<'static, Bytes>),
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Stream(stream) => stream.as_mut().poll_next(context).map(|item| item.map(Ok)),
        }
    }
}

/// The last stage.
pub(super) fn relay(
    answered: Answered,
    mut trail: Trail,
    settings: &config::Proxy,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let (routed, reached) = answered.into_parts();
    let inbound = routed.call().surface.dialect();
    let context = TranslationContext {
        model: routed.facts().model.clone(),
        id: routed.call().request_id.to_string(),
        created_at_seconds: now.micros() / 1_000_000,
    };
    let request_id = routed.call().request_id;
    let request_bytes = routed.call().body.len();
    let asks_for_usage = routed.facts().asks_for_usage;
    let model = routed.model().clone();
    let headers = warning_header(routed.warning());
    let reservation = routed.into_reservation();
    match reached.body {
        UpstreamBody::Whole(body) => {
            let report = wire::usage_of_response(reached.dialect, &body);
            let observed = Observed { report, prompt: None, answer_bytes: body.len() as u64 };
            let translated = if reached.dialect == inbound {
                Ok(body.clone())
            } else {
                wire::translate_response(reached.dialect, inbound, &body, &context).map(Bytes::from)
            };
            let receipt = trail.receipt();
            match translated {
                Ok(bytes) => {
                    let mut account = Account::new(trail, reservation, model, request_bytes);
                    account.close(Outcome::Finished, 200, None, &observed);
                    let body = AnswerBody::Whole(bytes);
                    Ok(Answer { request_id, status: StatusCode::OK, headers, body, receipt })
                }
                Err(error) => {
                    let what = format!("the answer cannot be told in your dialect: {error}");
                    trail.note(Stage::Route, VerdictKind::Warned, what.clone());
                    let refusal = Refusal::UpstreamFailed(what);
                    let problem = refusal.problem(request_id);
                    let mut account = Account::new(trail, reservation, model, request_bytes);
                    let status = problem.status;
                    account.close(Outcome::UpstreamFailed, status, Some(problem.code), &observed);
                    Err(problem)
                }
            }
        }
        UpstreamBody::Stream { first, rest } => {
            let receipt = trail.receipt();
            let account = Account::new(trail, reservation, model, request_bytes);
            let body =
                Relay::new(account, inbound, reached.dialect, context, asks_for_usage, settings)
                    .run(first, rest);
            let body = AnswerBody::Stream(body);
            Ok(Answer { request_id, status: StatusCode::OK, headers, body, receipt })
        }
    }
}

fn warning_header(warning: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(value) = warning.and_then(|warning| HeaderValue::from_str(warning).ok()) {
        headers.insert(BUDGET_WARNING.clone(), value);
    }
    headers
}
