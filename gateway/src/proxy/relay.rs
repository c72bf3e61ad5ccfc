//! Brings an answer to the client: bytes untouched where both sides speak the same dialect,
//! translated where they do not; metered as it passes, settled and recorded at its end.

mod beside;
mod media;
mod stream;

use std::{
    borrow::Cow,
    fmt::Write,
    pin::Pin,
    sync::Arc,
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

use self::{beside::beside, media::Media, stream::Relay};
use super::{
    account::{Account, End, Usage},
    estimate::{Estimates, Said},
};
use crate::{
    call::{Refusal, Trail},
    catalog::Serving,
    kernel::config,
    providers::{Answered, UpstreamBody},
    routing::Routed,
    wire::{self, Dialect, Echo, TranslationContext},
};

static BUDGET_WARNING: HeaderName = HeaderName::from_static("x-helix-budget-warning");
/// How long the answer can be at most, in tokens, where a budget has made it shorter than asked.
static OUTPUT_LIMIT: HeaderName = HeaderName::from_static("x-helix-output-limit");
/// Which model has answered, where that is a fallback of the one that was asked for.
static FALLBACK_MODEL: HeaderName = HeaderName::from_static("x-helix-fallback-model");
/// Which fields of the request the provider was not sent, because it has no like for them.
static DROPPED_FIELDS: HeaderName = HeaderName::from_static("x-helix-dropped-fields");
/// The longest list of them, in bytes: a client may write any number of fields.
const DROPPED_FIELDS_LIMIT_BYTES: usize = 1_024;

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
}

/// The body of an answer, in the client's dialect.
pub enum AnswerBody {
    /// JSON.
    Whole(Bytes),
    /// Server-sent events; dropping it cancels the provider's stream.
    Stream(BoxStream<'static, Bytes>),
    /// Something else; one that breaks off ends in an error, so that nobody takes it for whole.
    Media {
        /// What it is.
        content_type: HeaderValue,
        /// Its bytes; dropping it cancels the provider's answer.
        bytes: BoxStream<'static, Result<Bytes, BrokenOff>>,
    },
}

/// The provider's answer broke off.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the provider's answer broke off")]
pub struct BrokenOff;

impl Stream for AnswerBody {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Stream(stream) => stream.as_mut().poll_next(context).map(|item| item.map(Ok)),
            Self::Media { bytes, .. } => bytes.as_mut().poll_next(context),
        }
    }
}

/// The last stage.
pub(super) fn relay(
    answered: Answered,
    mut trail: Trail,
    settings: &config::Proxy,
    estimates: Arc<Estimates>,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let (routed, reached) = answered.into_parts();
    let inbound = routed.call().surface.dialect();
    let context = TranslationContext {
        model: routed.facts().model.clone(),
        id: routed.call().request_id.to_string(),
        created_at_seconds: now.micros() / 1_000_000,
        echo: (inbound == Dialect::OpenAiResponses && reached.dialect != inbound)
            .then(|| Echo::read(&routed.call().body)),
    };
    let request_id = routed.call().request_id;
    let beside = beside(&routed, reached.serving.price());
    let asked = routed.call().body.clone();
    let asks_for_usage = routed.facts().asks_for_usage;
    let serving = reached.serving;
    let mut headers = budget_headers(&routed);
    headers.extend(trail.standing().into_iter().flat_map(|it| wire::standing_headers(inbound, it)));
    headers.extend(fallback_header(&routed, &serving));
    headers.extend(dropped_fields_header(&reached.dropped_fields));
    let paid_tokens = routed.output_limit().saturating_mul(routed.facts().choices.max(1));
    let set_aside = routed.into_set_aside();
    let attempt = reached.attempt;
    let account = |trail, set_aside| {
        Account::new(trail, set_aside, serving, &asked, beside, paid_tokens, estimates).at(attempt)
    };
    match reached.body {
        UpstreamBody::Whole { body, usage: report } => {
            let translated = if reached.dialect == inbound {
                Ok(body.clone())
            } else if inbound == Dialect::OpenAiEmbeddings {
                wire::translate_embeddings(reached.dialect, &body, &asked, &context.model)
                    .map(Bytes::from)
            } else if reached.dialect == Dialect::ReplicatePictures {
                wire::translate_pictures(&body, &context).map(Bytes::from)
            } else {
                wire::translate_response(reached.dialect, inbound, &body, &context).map(Bytes::from)
            };
            // What was said is found in the client's dialect, whichever the provider's is.
            let said = || Said::Whole(translated.as_ref().unwrap_or(&body).clone());
            let usage = report
                .map_or_else(|| Usage::Unreported { prompt: None, said: said() }, Usage::Reported);
            match translated {
                Ok(bytes) => {
                    let mut account = account(trail, set_aside);
                    let end = End { outcome: Outcome::Finished, status: 200, problem: None };
                    account.close(end, usage);
                    let body = AnswerBody::Whole(bytes);
                    Ok(Answer { request_id, status: StatusCode::OK, headers, body })
                }
                Err(error) => {
                    let what = format!("the answer cannot be told in your dialect: {error}");
                    trail.note(Stage::Route, VerdictKind::Warned, what.clone());
                    let refusal = Refusal::UpstreamFailed(what);
                    let problem = refusal.problem(request_id);
                    let mut account = account(trail, set_aside);
                    let (status, problem_code) = (problem.status, Some(problem.code));
                    let outcome = Outcome::UpstreamFailed;
                    account.close(End { outcome, status, problem: problem_code }, usage);
                    Err(problem)
                }
            }
        }
        UpstreamBody::Media { content_type, first, rest } => {
            let account = account(trail, set_aside);
            let media = Media::new(account, &content_type, settings);
            let body = AnswerBody::Media { content_type, bytes: media.run(first, rest) };
            Ok(Answer { request_id, status: StatusCode::OK, headers, body })
        }
        UpstreamBody::Stream { first, rest } => {
            let account = account(trail, set_aside);
            let relay = Relay::new(
                account,
                inbound,
                reached.dialect,
                reached.usage_shape,
                context,
                asks_for_usage,
                settings,
            );
            let body = relay.run(first, rest);
            let body = AnswerBody::Stream(body);
            Ok(Answer { request_id, status: StatusCode::OK, headers, body })
        }
    }
}

fn budget_headers(routed: &Routed) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(value) = routed.warning().and_then(|warning| HeaderValue::from_str(warning).ok()) {
        headers.insert(BUDGET_WARNING.clone(), value);
    }
    if routed.is_shortened() {
        headers.insert(OUTPUT_LIMIT.clone(), routed.output_limit().into());
    }
    headers
}

fn fallback_header(routed: &Routed, serving: &Serving) -> Option<(HeaderName, HeaderValue)> {
    let model = serving.model();
    let is_other = !Arc::ptr_eq(model, routed.model());
    let name = HeaderValue::from_str(&model.name).ok().filter(|_| is_other)?;
    Some((FALLBACK_MODEL.clone(), name))
}

fn dropped_fields_header(fields: &[Cow<'static, str>]) -> Option<(HeaderName, HeaderValue)> {
    let (first, others) = fields.split_first()?;
    let mut list = first.to_string();
    for (named, field) in (1..).zip(others) {
        if list.len() + field.len() > DROPPED_FIELDS_LIMIT_BYTES {
            let _ = write!(list, ", and {} more", fields.len() - named);
            break;
        }
        let _ = write!(list, ", {field}");
    }
    Some((DROPPED_FIELDS.clone(), HeaderValue::from_str(&list).ok()?))
}
