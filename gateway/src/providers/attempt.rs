//! One attempt at one backend: the request in its dialect, and its answer up to the first byte.

use std::{borrow::Cow, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use reqwest::{RequestBuilder, Response};
use tokio::time::timeout;

use super::{
    Failure, Handle, bedrock, demo,
    error_body::{ErrorBody, retry_delay_seconds},
    form::form_of,
    handle::Asked,
    rate_limits, replicate, retry_after,
    send::UpstreamBody,
};
use crate::{
    call::Refusal,
    catalog::Deployment,
    kernel::config::UnsupportedFields,
    routing::{Attempt, Routed},
    wire::{
        self, Dialect, Edits, FittedBody, Framing, LimitField, Reframer, Target, TranslatedRequest,
        WireError,
    },
};

/// The largest answer that is read whole, in bytes.
const WHOLE_ANSWER_LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// The largest error body that is looked at, in bytes.
const ERROR_LIMIT_BYTES: usize = 64 * 1024;
const MESSAGE_LIMIT_CHARACTERS: usize = 2_000;

/// What a backend is sent.
pub(super) struct OutboundBody {
    pub(super) body: Bytes,
    /// Fields that asked for something and are not in the body, because the provider does not take
    /// them.
    pub(super) dropped_fields: Vec<Cow<'static, str>>,
}

/// The body that this backend is sent.
pub(super) fn body_for(
    routed: &Routed,
    handle: &Handle,
    deployment: &Deployment,
    dialect: Dialect,
) -> Result<OutboundBody, Refusal> {
    let call = routed.call();
    let inbound = call.surface.dialect();
    let is_bounded = !routed.reservation().amount().is_zero();
    let facts = routed.facts();
    let limit_field = handle.limit_field();
    let model = handle.model_in_body(&deployment.upstream_model);
    if inbound != dialect {
        let target = Target {
            dialect,
            model,
            output_limit: Some(routed.output_limit()),
            limit_field,
            reasoning: deployment.reasoning,
            unsupported_fields: handle.unsupported_fields(),
            is_streaming: facts.is_streaming,
        };
        let translated = wire::translate_request(inbound, &call.body, &target)?;
        let TranslatedRequest { body, mut dropped_fields } = translated;
        let body = Bytes::from(body);
        let Some(fitted) = fitted(handle, dialect, &body)? else {
            return Ok(OutboundBody { body, dropped_fields });
        };
        dropped_fields.extend(fitted.dropped_fields);
        return Ok(OutboundBody { body: fitted.body, dropped_fields });
    }
    let needs_limit = matches!(
        dialect,
        Dialect::OpenAiChat
            | Dialect::OpenAiCompletions
            | Dialect::OpenAiResponses
            | Dialect::Gemini
    );
    let wants_limit = is_bounded && (needs_limit || routed.is_shortened());
    let limit_field = match dialect {
        Dialect::OpenAiResponses => LimitField::MaxOutputTokens,
        Dialect::OpenAiCompletions => LimitField::MaxTokens,
        Dialect::Gemini => LimitField::GenerationConfig,
        _ => limit_field,
    };
    if call.upload.is_some() {
        return Ok(OutboundBody { body: Bytes::new(), dropped_fields: Vec::new() });
    }
    let edits = Edits {
        model: (model != facts.model).then_some(model),
        output_limit: wants_limit.then(|| (limit_field, routed.output_limit())),
        include_usage: matches!(dialect, Dialect::OpenAiChat | Dialect::OpenAiCompletions)
            && facts.is_streaming
            && handle.is_asked_for_stream_usage(),
    };
    if let Some(body) = handle.relayed_body(dialect, &call.body)? {
        return Ok(OutboundBody { body, dropped_fields: Vec::new() });
    }
    let Some(fitted) = fitted(handle, dialect, &call.body)? else {
        let body = wire::rewrite(dialect, &call.body, facts, &edits);
        return Ok(OutboundBody { body, dropped_fields: Vec::new() });
    };
    // Where fields have gone, the others stand elsewhere.
    let facts = call.facts_of(&fitted.body)?;
    Ok(OutboundBody { body: wire::rewrite(dialect, &fitted.body, &facts, &edits), ..fitted })
}

/// The body as the provider takes it; none where it does as it is, which costs nothing where the
/// provider takes every field. The rules are of chat completions and embeddings.
fn fitted(
    handle: &Handle,
    dialect: Dialect,
    body: &Bytes,
) -> Result<Option<OutboundBody>, Refusal> {
    let has_rules = !matches!(dialect, Dialect::OpenAiResponses | Dialect::Relayed(_));
    let rules = handle.field_rules().filter(|_| has_rules);
    let Some(rules) = rules else { return Ok(None) };
    let is_dropping = handle.unsupported_fields() == UnsupportedFields::Drop;
    let FittedBody { body: fitted, dropped } = rules.fit(body, handle.title(), is_dropping)?;
    if fitted.as_ptr() == body.as_ptr() && fitted.len() == body.len() {
        return Ok(None);
    }
    let dropped_fields = dropped.into_iter().map(Cow::Borrowed).collect();
    Ok(Some(OutboundBody { body: fitted, dropped_fields }))
}

/// Asks one backend; gives its answer from the first byte on.
pub(super) async fn ask(
    routed: &Routed,
    handle: &Handle,
    asked: &Asked<'_>,
    attempt: &Attempt,
    body: Bytes,
    first_byte_timeout: Duration,
) -> Result<UpstreamBody, Failure> {
    let Asked { dialect, is_streaming, .. } = *asked;
    if handle.is_demo() {
        return Ok(demo::answer(dialect, &body, is_streaming));
    }
    let request = handle.client().post(handle.url(asked));
    let mut headers = handle.headers(routed, dialect);
    headers.extend(handle.headers_of(&body));
    let is_prediction = matches!(dialect, Dialect::Replicate | Dialect::ReplicatePictures);
    headers.extend(is_prediction.then(|| replicate::header(is_streaming)).flatten());
    let request = match &routed.call().upload {
        Some(upload) => {
            headers.remove(CONTENT_TYPE); // the form's own names what is between its parts
            request.multipart(form_of(upload, asked.model)?).headers(headers)
        }
        None => request.headers(headers).body(body),
    };
    let answer = async {
        let response = answer_to(handle, request).await?;
        attempt.told(&rate_limits::told(response.headers()));
        if !response.status().is_success() {
            return Err(Box::pin(refused(handle, response)).await);
        }
        if is_prediction {
            return Box::pin(replicate::follow(handle, dialect, response, is_streaming)).await;
        }
        let framing = handle.framing(dialect);
        let is_relayed = matches!(dialect, Dialect::Relayed(_));
        // Whisper answers whole, whatever it is asked.
        let may_be_whole =
            is_relayed && !has_content_type(response.headers(), framing.media_type());
        if is_streaming && !may_be_whole {
            first_of_stream(response, framing).await
        } else if is_relayed {
            whole_or_media(handle, dialect, response).await
        } else {
            // Where the headers of an answer say what its body does not.
            let is_told = dialect == Dialect::BedrockEmbeddings;
            let tokens = is_told.then(|| bedrock::input_tokens(response.headers())).flatten();
            let body = said_to_be_json(response).await?;
            let body = match tokens {
                Some(tokens) => wire::with_input_tokens(body, tokens),
                None => body,
            };
            let usage = wire::usage_of_response(dialect, handle.usage_shape(), &body);
            // Whatever has told its usage was read to its end for it.
            if !is_text(&body) || (usage.is_none() && !is_json(&body)) {
                return Err(not_whole());
            }
            Ok(UpstreamBody::Whole { body, usage })
        }
    };
    timeout(first_byte_timeout, answer).await.unwrap_or(Err(Failure::Timeout))
}

/// What the provider answers to a request with the credential. A token that it does not take is
/// replaced, once: it may have been revoked before its time.
pub(super) async fn answer_to(
    handle: &Handle,
    request: RequestBuilder,
) -> Result<Response, Failure> {
    let again = handle.may_renew().then(|| request.try_clone()).flatten();
    let request = handle.opened(request).await?;
    let shown = request.headers().get(AUTHORIZATION).cloned();
    let execute = |request| handle.client().execute(request);
    let response = execute(request).await.map_err(|error| classify(&error))?;
    match again {
        Some(again) if response.status() == StatusCode::UNAUTHORIZED => {
            handle.forget(shown.as_ref());
            let again = handle.opened(again).await?;
            execute(again).await.map_err(|error| classify(&error))
        }
        _ => Ok(response),
    }
}

pub(super) fn classify(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Broken
    }
}

pub(super) async fn first_of_stream(
    response: Response,
    framing: Framing,
) -> Result<UpstreamBody, Failure> {
    let media_type = framing.media_type();
    if !has_content_type(response.headers(), media_type) {
        return Err(Failure::Nonsense(format!("a body that is not {media_type}")));
    }
    let mut rest: BoxStream<'static, _> =
        response.bytes_stream().map(|chunk| chunk.map_err(|error| classify(&error))).boxed();
    if let Some(reframer) = framing.reframer() {
        rest = reframed(rest, reframer);
    }
    match rest.next().await {
        Some(Ok(first)) => Ok(UpstreamBody::Stream { first, rest }),
        Some(Err(failure)) => Err(failure),
        None => Err(Failure::Nonsense("an empty stream".to_owned())),
    }
}

/// The stream as server-sent events.
fn reframed(
    frames: BoxStream<'static, Result<Bytes, Failure>>,
    reframer: Reframer,
) -> BoxStream<'static, Result<Bytes, Failure>> {
    let broken = |error: WireError| Failure::Nonsense(error.to_string());
    stream::unfold((Some(frames), reframer), move |(frames, mut reframer)| async move {
        let mut frames = frames?;
        loop {
            let (events, is_last) = match frames.next().await {
                Some(Ok(bytes)) => (reframer.push(&bytes).map_err(broken), false),
                Some(Err(failure)) => (Err(failure), true),
                None => (reframer.finish().map_err(broken), true),
            };
            let is_last = is_last || events.is_err();
            if events.as_ref().is_ok_and(Bytes::is_empty) {
                if is_last {
                    return None;
                }
                continue;
            }
            return Some((events, ((!is_last).then_some(frames), reframer)));
        }
    })
    .boxed()
}

/// JSON, or whatever the API answers with otherwise: sound, or a text with its times.
async fn whole_or_media(
    handle: &Handle,
    dialect: Dialect,
    response: Response,
) -> Result<UpstreamBody, Failure> {
    if has_content_type(response.headers(), "application/json") {
        let body = whole(response).await?;
        return Ok(UpstreamBody::whole(dialect, handle.usage_shape(), body));
    }
    let Some(content_type) = response.headers().get(CONTENT_TYPE).cloned() else {
        return Err(Failure::Nonsense("a body of no kind".to_owned()));
    };
    if has_content_type(response.headers(), "text/html") {
        return Err(Failure::Nonsense("a page".to_owned()));
    }
    let mut rest: BoxStream<'static, _> =
        response.bytes_stream().map(|chunk| chunk.map_err(|error| classify(&error))).boxed();
    let first = rest.next().await.unwrap_or_else(|| Ok(Bytes::new()))?;
    Ok(UpstreamBody::Media { content_type, first, rest })
}

/// A whole answer in JSON.
pub(super) async fn whole(response: Response) -> Result<Bytes, Failure> {
    let body = said_to_be_json(response).await?;
    if is_json(&body) { Ok(body) } else { Err(not_whole()) }
}

/// A whole answer that its headers say is JSON.
async fn said_to_be_json(response: Response) -> Result<Bytes, Failure> {
    if !has_content_type(response.headers(), "application/json") {
        return Err(Failure::Nonsense("a body that is not JSON".to_owned()));
    }
    read(response, WHOLE_ANSWER_LIMIT_BYTES).await
}

/// Whether it is JSON to its end: a first and a last brace do not make an answer.
fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<&serde_json::value::RawValue>(body).is_ok()
}

fn is_text(body: &[u8]) -> bool {
    std::str::from_utf8(body).is_ok()
}

fn not_whole() -> Failure {
    Failure::Nonsense("a body that is not whole JSON".to_owned())
}

fn has_content_type(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with(expected))
}

async fn read(mut response: Response, limit: usize) -> Result<Bytes, Failure> {
    let mut collected: Option<BytesMut> = None;
    let mut first = Bytes::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
        let length = collected.as_ref().map_or(first.len(), BytesMut::len) + chunk.len();
        if length > limit {
            return Err(Failure::Nonsense(format!("more than {limit} bytes")));
        }
        match &mut collected {
            Some(all) => all.extend_from_slice(&chunk),
            None if first.is_empty() => first = chunk,
            None => {
                let mut all = BytesMut::with_capacity(length * 2);
                all.extend_from_slice(&first);
                all.extend_from_slice(&chunk);
                collected = Some(all);
            }
        }
    }
    Ok(collected.map_or(first, BytesMut::freeze))
}

pub(super) async fn refused(handle: &Handle, response: Response) -> Failure {
    let status = response.status();
    let headers = response.headers().clone();
    let body = read(response, ERROR_LIMIT_BYTES).await.unwrap_or_default();
    let retry_after = retry_after::seconds(&headers).or_else(|| retry_delay_seconds(&body));
    let told = ErrorBody::of(&headers, &body);
    let message = told.message.as_ref().map_or_else(
        || format!("The provider answered with status {status} and no usable message."),
        // Cut only behind the scrubbing: half a secret would not be found.
        |message| handle.scrub(message).chars().take(MESSAGE_LIMIT_CHARACTERS).collect(),
    );
    Failure::of_answer(told.status_or(status), &told.words, message, retry_after)
}
