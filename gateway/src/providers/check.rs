//! The operator's check of a configured provider: is it there, does it take the credential?
//!
//! What it asks costs nothing, unless one call is wanted. It goes past the pipeline: no caller
//! asks, no budget pays and no record is kept, so it belongs on the command line alone.

use std::time::{Duration, Instant};

use http::header::CONTENT_TYPE;
use reqwest::{Request, RequestBuilder};
use serde_json::Value;
use url::Url;

use super::{
    Failure, Handle, ProviderError, endpoints::base_url, error_body::ErrorBody, handle::Asked,
    least_call::least_call, manner::has_responses,
};
use crate::{
    kernel::{
        Clock,
        config::{ModelList, PresetSurface, Provider, ProviderKind, Proxy},
    },
    wire::Dialect,
};

/// A list of models can have a thousand entries with a page of text each.
const ANSWER_LIMIT_BYTES: usize = 16 * 1024 * 1024;
const MESSAGE_LIMIT_CHARACTERS: usize = 500;

/// The name of an endpoint of SageMaker's that nobody has.
const NO_ENDPOINT: &str = "no-such-endpoint";
/// What Amazon says to a key that it knows and that may not do this.
const UNPERMITTED: &str = "is not authorized to perform";

/// What a check has found.
#[derive(Debug)]
pub struct Check {
    /// Where the provider is, without what may be secret in the address.
    pub address: Url,
    /// The list of models; none where the provider gives none.
    pub list: Option<CheckedList>,
    /// Whether anything is sent that opens the provider.
    pub sends_credential: bool,
    /// The one call, where it was wanted.
    pub call: Option<CheckedCall>,
}

/// What asking for the models has shown.
#[derive(Debug)]
pub struct CheckedList {
    /// Until the whole answer was there.
    pub latency: Duration,
    /// What came.
    pub answer: Result<ListAnswer, Failed>,
    /// Whether this answer proves the credential: some lists are for everyone.
    pub is_proof: bool,
}

/// A list of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListAnswer {
    /// The status.
    pub status: u16,
    /// How many models are listed; none where the answer is no list.
    pub models: Option<usize>,
}

/// What the one call has shown.
#[derive(Debug)]
pub struct CheckedCall {
    /// Until the whole answer was there.
    pub latency: Duration,
    /// The status of a good answer.
    pub answer: Result<u16, Failed>,
}

/// Why an answer is not a good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What it means.
    pub failure: Failure,
    /// The provider's words, or the system's, without secrets.
    pub message: Option<String>,
}

/// Checks a provider; `call` names a model that is to write one token, which is billed.
///
/// # Errors
/// [`ProviderError`], where the configuration of the provider cannot be used.
pub async fn check(
    name: &str,
    provider: &Provider,
    settings: &Proxy,
    call: Option<&str>,
    clock: &Clock,
) -> Result<Check, ProviderError> {
    let handle = Handle::new(name, provider, settings, clock)?;
    let timeout = Duration::from_millis(settings.first_byte_timeout_ms);
    let list = match model_list(provider.kind) {
        ModelList::None if provider.kind == ProviderKind::SageMaker => {
            Some(knock(&handle, timeout).await)
        }
        ModelList::None => None,
        models => Some(list(&handle, models, timeout).await),
    };
    let call = match call {
        Some(model) => Some(one_call(&handle, model, timeout).await),
        None => None,
    };
    let sends_credential = handle.has_credential();
    Ok(Check { address: shown(handle.address()), list, sends_credential, call })
}

pub(super) fn model_list(kind: ProviderKind) -> ModelList {
    match kind {
        ProviderKind::Openai
        | ProviderKind::Anthropic
        | ProviderKind::Gemini
        | ProviderKind::Bedrock
        | ProviderKind::Azure
        | ProviderKind::Cohere
        | ProviderKind::WorkersAi
        | ProviderKind::Replicate
        | ProviderKind::Vertex
        | ProviderKind::GitHubCopilot => ModelList::Keyed,
        ProviderKind::Ollama => ModelList::Open,
        ProviderKind::SageMaker | ProviderKind::Demo => ModelList::None,
        ProviderKind::Preset(preset) => preset.models,
    }
}

/// Where a provider is, without what may be secret in the address; none for one inside the gateway.
#[must_use]
pub fn address_of(provider: &Provider) -> Option<Url> {
    let is_inside = provider.kind == ProviderKind::Demo;
    base_url("", provider).ok().filter(|_| !is_inside).map(shown)
}

/// A URL without user, password and query.
fn shown(mut url: Url) -> Url {
    // Neither fails for a URL that a request can be sent to.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url
}

/// What can be asked of a provider.
#[must_use]
pub fn surfaces_of(provider: &Provider) -> Vec<&'static str> {
    const OF_COMPATIBLE: [PresetSurface; 2] = [PresetSurface::Chat, PresetSurface::Embeddings];
    const OF_REPLICATE: [PresetSurface; 2] = [PresetSurface::Chat, PresetSurface::Images];
    match provider.kind {
        ProviderKind::Anthropic => return vec!["messages"],
        ProviderKind::Replicate => return OF_REPLICATE.map(PresetSurface::as_str).to_vec(),
        ProviderKind::Openai
        | ProviderKind::Azure
        | ProviderKind::Demo
        | ProviderKind::GitHubCopilot
        | ProviderKind::Preset(_) => {}
        ProviderKind::Gemini
        | ProviderKind::Vertex
        | ProviderKind::Bedrock
        | ProviderKind::SageMaker
        | ProviderKind::Cohere
        | ProviderKind::Ollama
        | ProviderKind::WorkersAi => return OF_COMPATIBLE.map(PresetSurface::as_str).to_vec(),
    }
    let known = provider.kind.preset().map_or(&OF_COMPATIBLE[..], |preset| &preset.surfaces);
    let responses = PresetSurface::Responses;
    let others = known.iter().filter(|surface| **surface != responses);
    let has_responses = has_responses(provider, base_url("", provider).ok().as_ref());
    others.chain(has_responses.then_some(&responses)).map(|surface| surface.as_str()).collect()
}

async fn list(handle: &Handle, models: ModelList, timeout: Duration) -> CheckedList {
    let began = Instant::now();
    let answer = ask(handle, get(handle, handle.models_url()), timeout).await;
    let latency = began.elapsed();
    let mut list = CheckedList {
        latency,
        answer: answer.map(|(status, body)| ListAnswer { status, models: count_of(&body) }),
        is_proof: models == ModelList::Keyed,
    };
    if list.answer.is_err() {
        return list;
    }
    if let Some(url) = handle.credential_check_url() {
        list.is_proof = true;
        if let Err(failed) = ask(handle, get(handle, url), timeout).await {
            list.answer = Err(failed);
        }
    } else if handle.kind() == ProviderKind::GitHubCopilot {
        // A token was handed out for it, which also told where the list is.
        list.is_proof = true;
    } else if list.is_proof && handle.has_credential() {
        list.is_proof = is_closed_to_strangers(handle, timeout).await;
    }
    list
}

/// Asks for an endpoint that is not there: Amazon looks at the signature first, then at what it
/// permits, and at the endpoint last, so that either answer of the two proves the key.
async fn knock(handle: &Handle, timeout: Duration) -> CheckedList {
    let began = Instant::now();
    let asked = Asked { dialect: Dialect::OpenAiChat, model: NO_ENDPOINT, is_streaming: false };
    let request = handle
        .client()
        .post(handle.url(&asked))
        .headers(handle.list_headers())
        .header(CONTENT_TYPE, "application/json")
        .body("{}");
    let answer = match ask(handle, request, timeout).await {
        Ok((status, _)) => Ok(status),
        Err(failed) => failed.proof_of_key().ok_or(failed),
    };
    CheckedList {
        latency: began.elapsed(),
        answer: answer.map(|status| ListAnswer { status, models: None }),
        is_proof: true,
    }
}

/// Whether the list is refused without the credential: what everyone gets proves nothing.
async fn is_closed_to_strangers(handle: &Handle, timeout: Duration) -> bool {
    let request = handle.client().get(handle.models_url()).headers(handle.stranger_headers());
    let request = request.build().map_err(|_| Failed::of(Failure::Broken));
    match answer_to(handle, async { request }, timeout).await {
        Ok(_) => false,
        Err(failed) => {
            !matches!(failed.failure, Failure::Connect | Failure::Timeout | Failure::Broken)
        }
    }
}

pub(super) fn get(handle: &Handle, url: Url) -> RequestBuilder {
    handle.client().get(url).headers(handle.list_headers())
}

/// How many models are listed: most lists are in `data`, some are bare.
fn count_of(body: &[u8]) -> Option<usize> {
    const LISTS: [&str; 6] =
        ["data", "models", "modelSummaries", "publisherModels", "result", "results"];
    let body: Value = serde_json::from_slice(body).ok()?;
    let list = LISTS.iter().find_map(|name| body.get(name)).unwrap_or(&body);
    list.as_array().map(Vec::len)
}

async fn one_call(handle: &Handle, model: &str, timeout: Duration) -> CheckedCall {
    let began = Instant::now();
    let answer = match least_call(handle, model) {
        Ok((dialect, body)) => {
            let request = handle
                .client()
                .post(handle.url(&Asked { dialect, model, is_streaming: false }))
                .headers(handle.check_headers(dialect))
                .header(CONTENT_TYPE, "application/json")
                .body(body);
            ask(handle, request, timeout).await.map(|(status, _)| status)
        }
        Err(failure) => Err(Failed::of(failure)),
    };
    CheckedCall { latency: began.elapsed(), answer }
}

/// The status and the body of a good answer to a request with the credential.
pub(super) async fn ask(
    handle: &Handle,
    request: RequestBuilder,
    timeout: Duration,
) -> Result<(u16, Vec<u8>), Failed> {
    let opened = async { handle.opened(request).await.map_err(Failed::of) };
    answer_to(handle, opened, timeout).await
}

/// The status and the body of a good answer.
async fn answer_to(
    handle: &Handle,
    request: impl Future<Output = Result<Request, Failed>>,
    timeout: Duration,
) -> Result<(u16, Vec<u8>), Failed> {
    let answer = async {
        let sent = handle.client().execute(request.await?).await;
        let mut response = sent.map_err(|error| unanswered(handle, &error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| unanswered(handle, &error))?
        {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_LIMIT_BYTES {
                return Err(Failed::of(Failure::Nonsense("an answer without end".to_owned())));
            }
        }
        if status.is_success() {
            return Ok((status.as_u16(), body));
        }
        let told = ErrorBody::of(&headers, &body);
        let cut = |text: String| text.chars().take(MESSAGE_LIMIT_CHARACTERS).collect();
        let status = told.status_or(status);
        let message = told.message.map(|message| cut(handle.scrub(&message)));
        let failure = Failure::of_answer(status, &told.words, String::new(), None);
        Err(Failed { failure, message })
    };
    let late = || Err(Failed::of(Failure::Timeout));
    tokio::time::timeout(timeout, answer).await.unwrap_or_else(|_| late())
}

/// The innermost cause says most: that a name is unknown, a connection refused, a certificate bad.
fn unanswered(handle: &Handle, error: &reqwest::Error) -> Failed {
    let failure = if error.is_connect() {
        Failure::Connect
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Broken
    };
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Failed { failure, message: Some(handle.scrub(&cause.to_string())) }
}

impl Failed {
    /// The status of an answer that only the holder of a key that is known is given.
    fn proof_of_key(&self) -> Option<u16> {
        let is_unpermitted =
            self.message.as_ref().is_some_and(|message| message.contains(UNPERMITTED));
        match self.failure {
            Failure::Refused { status, .. } | Failure::NotHere { status, .. } => Some(status),
            Failure::Credential(status) if is_unpermitted => Some(status),
            _ => None,
        }
    }

    const fn of(failure: Failure) -> Self {
        Self { failure, message: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_may_be_secret_in_it() {
        let url = Url::parse("https://user:word@example.com/v1?key=secret").unwrap();
        assert_eq!(shown(url).as_str(), "https://example.com/v1");
        assert_eq!(address_of(&Provider::new(ProviderKind::Demo)), None);
    }

    #[test]
    fn a_key_is_proved_by_what_only_its_holder_is_told() {
        let failed = |failure, message: &str| Failed { failure, message: Some(message.to_owned()) };
        let refused = Failure::Refused { status: 400, message: String::new() };
        assert_eq!(failed(refused, "Endpoint not found.").proof_of_key(), Some(400));
        let unpermitted = "User: arn:aws:iam::1:user/a is not authorized to perform: sagemaker:x";
        assert_eq!(failed(Failure::Credential(403), unpermitted).proof_of_key(), Some(403));
        assert_eq!(failed(Failure::Credential(403), "The token is invalid.").proof_of_key(), None);
        assert_eq!(failed(Failure::Timeout, "").proof_of_key(), None);
    }

    #[test]
    fn models_are_counted_in_every_form_of_a_list() {
        assert_eq!(count_of(br#"{"object":"list","data":[{"id":"a"},{"id":"b"}]}"#), Some(2));
        assert_eq!(count_of(br#"[{"id":"a"}]"#), Some(1));
        assert_eq!(count_of(br#"{"models":[{"name":"a"}],"next_page_token":"t"}"#), Some(1));
        assert_eq!(count_of(br#"{"result":[{"name":"a"},{"name":"b"}],"success":true}"#), Some(2));
        assert_eq!(count_of(br#"{"publisherModels":[{"name":"a"}]}"#), Some(1));
        assert_eq!(count_of(b"<html>"), None);
    }
}
