//! Errands: what is asked of a provider about files and batches that callers keep there.
//!
//! None of them asks a model anything or costs anything at the provider, so they need no routed
//! call. There is no other kind: whatever begins work at a model is sent by [`Providers::send`] or
//! [`Providers::begin_batch`]. Whose a file or a batch is has to be found out before.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE};
use reqwest::{Body, RequestBuilder, Response, multipart};
use tokio::time::timeout;
use url::Url;

use super::{Failure, Handle, Providers, attempt, endpoints::join, form};
use crate::{
    call::Upload,
    kernel::config::{ProviderKind, UsageShape},
};

/// What callers may keep at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// Files, as OpenAI has them.
    Files,
    /// Batches, as OpenAI has them.
    Batches,
    /// Message batches, as Anthropic has them.
    MessageBatches,
}

/// One errand; each names the provider's id of what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand<'a> {
    /// What is known of a file.
    File(&'a str),
    /// What is in it.
    FileContent(&'a str),
    /// It is no longer wanted.
    DeleteFile(&'a str),
    /// Where a batch stands.
    Batch(&'a str),
    /// It is to do no more.
    CancelBatch(&'a str),
    /// Where a message batch stands.
    MessageBatch(&'a str),
    /// What came of it.
    MessageBatchResults(&'a str),
    /// It is to do no more.
    CancelMessageBatch(&'a str),
    /// It is no longer wanted.
    DeleteMessageBatch(&'a str),
}

/// A file as it is sent to a provider, where that is not as it came.
pub struct Rewritten {
    /// Its content.
    pub content: BoxStream<'static, std::io::Result<Bytes>>,
    /// How long that is, in bytes.
    pub bytes: u64,
}

/// What a provider keeps, as it comes.
pub struct Contents {
    /// Of which kind it is.
    pub content_type: HeaderValue,
    /// Its bytes; dropping them ends the provider's answer.
    pub bytes: BoxStream<'static, Result<Bytes, Failure>>,
}

impl Errand<'_> {
    fn method(&self) -> Method {
        match self {
            Self::DeleteFile(_) | Self::DeleteMessageBatch(_) => Method::DELETE,
            Self::CancelBatch(_) | Self::CancelMessageBatch(_) => Method::POST,
            _ => Method::GET,
        }
    }

    fn url(&self, base: &Url) -> Url {
        match *self {
            Self::File(id) | Self::DeleteFile(id) => join(base, &["files", id]),
            Self::FileContent(id) => join(base, &["files", id, "content"]),
            Self::Batch(id) => join(base, &["batches", id]),
            Self::CancelBatch(id) => join(base, &["batches", id, "cancel"]),
            Self::MessageBatch(id) | Self::DeleteMessageBatch(id) => message_batch(base, id, None),
            Self::MessageBatchResults(id) => message_batch(base, id, Some("results")),
            Self::CancelMessageBatch(id) => message_batch(base, id, Some("cancel")),
        }
    }
}

fn message_batch(base: &Url, id: &str, of: Option<&str>) -> Url {
    let url = join(base, &["v1", "messages", "batches", id]);
    of.map_or_else(|| url.clone(), |of| join(&url, &[of]))
}

impl Providers {
    /// Whether a provider is configured and callers may keep this there.
    #[must_use]
    pub fn keep(&self, provider: &str, what: Keeps) -> bool {
        self.handle(provider).is_some_and(|handle| handle.keeps(what))
    }

    /// The providers where callers may keep this, by name.
    #[must_use]
    pub fn keepers(&self, what: Keeps) -> Vec<String> {
        let mut names: Vec<String> = self
            .handles
            .load()
            .iter()
            .filter(|(_, handle)| handle.keeps(what))
            .map(|(name, _)| name.clone())
            .collect();
        names.sort_unstable();
        names
    }

    /// How the usage objects of a provider differ from those of its dialect's vendor.
    #[must_use]
    pub fn usage_shape(&self, provider: &str) -> UsageShape {
        self.handle(provider).map(|handle| handle.usage_shape()).unwrap_or_default()
    }

    /// Runs an errand whose answer is JSON. `headers` are the vendor's of the request.
    ///
    /// # Errors
    /// [`Failure`]; what is not there is [`Failure::NotHere`].
    pub async fn run(
        &self,
        provider: &str,
        errand: Errand<'_>,
        headers: &HeaderMap,
    ) -> Result<Bytes, Failure> {
        let handle = self.keeper(provider)?;
        let request = handle.errand(errand, headers);
        self.in_time(async { attempt::whole(good(&handle, request).await?).await }).await
    }

    /// Runs an errand whose answer may be large.
    ///
    /// # Errors
    /// As [`Providers::run`]; a pause that is too long ends the bytes with [`Failure::Timeout`].
    pub async fn read(
        &self,
        provider: &str,
        errand: Errand<'_>,
        headers: &HeaderMap,
    ) -> Result<Contents, Failure> {
        let handle = self.keeper(provider)?;
        let response = self.in_time(good(&handle, handle.errand(errand, headers))).await?;
        let binary = HeaderValue::from_static("application/octet-stream");
        let content_type = response.headers().get(CONTENT_TYPE).cloned().unwrap_or(binary);
        let chunks = response.bytes_stream().map(|chunk| chunk.map_err(|_| Failure::Broken));
        Ok(Contents { content_type, bytes: without_pauses(chunks.boxed(), handle.pause_limit()) })
    }

    /// Brings a form with a file to a provider, the file as it came or as it is `rewritten`.
    ///
    /// # Errors
    /// As [`Providers::run`].
    pub async fn bring(
        &self,
        provider: &str,
        upload: &Upload,
        rewritten: Option<Rewritten>,
    ) -> Result<Bytes, Failure> {
        let handle = self.keeper(provider)?;
        let form = file_form(upload, rewritten)?;
        let request = handle
            .client()
            .post(join(&handle.object_base(), &["files"]))
            .multipart(form)
            .headers(handle.errand_headers(&HeaderMap::new()));
        self.in_time(async { attempt::whole(good(&handle, request).await?).await }).await
    }

    fn keeper(&self, provider: &str) -> Result<Arc<Handle>, Failure> {
        let gone = || Failure::Nonsense("it is no longer configured here".to_owned());
        self.handle(provider).ok_or_else(gone)
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(self.first_byte_timeout, answer).await.unwrap_or(Err(Failure::Timeout))
    }
}

impl Handle {
    /// Whether callers may keep this there.
    pub(super) fn keeps(&self, what: Keeps) -> bool {
        match what {
            Keeps::Files => self.manner().has_files,
            Keeps::Batches => self.manner().has_batches,
            Keeps::MessageBatches => self.kind() == ProviderKind::Anthropic,
        }
    }

    fn errand(&self, errand: Errand<'_>, headers: &HeaderMap) -> RequestBuilder {
        self.client()
            .request(errand.method(), errand.url(&self.object_base()))
            .headers(self.errand_headers(headers))
    }
}

/// A good answer.
pub(super) async fn good(handle: &Handle, request: RequestBuilder) -> Result<Response, Failure> {
    let response = attempt::answer_to(handle, request).await?;
    if response.status().is_success() {
        return Ok(response);
    }
    Err(attempt::refused(handle, response).await)
}

fn without_pauses(
    chunks: BoxStream<'static, Result<Bytes, Failure>>,
    limit: Duration,
) -> BoxStream<'static, Result<Bytes, Failure>> {
    stream::unfold(Some(chunks), move |chunks| async move {
        let mut chunks = chunks?;
        match timeout(limit, chunks.next()).await {
            Ok(Some(Ok(bytes))) => Some((Ok(bytes), Some(chunks))),
            Ok(Some(Err(failure))) => Some((Err(failure), None)),
            Ok(None) => None,
            Err(_) => Some((Err(Failure::Timeout), None)),
        }
    })
    .boxed()
}

fn file_form(
    upload: &Upload,
    mut rewritten: Option<Rewritten>,
) -> Result<multipart::Form, Failure> {
    upload.parts().iter().try_fold(multipart::Form::new(), |form, part| {
        let body = match rewritten.take_if(|_| part.is_file()) {
            Some(Rewritten { content, bytes }) => (Body::wrap_stream(content), bytes),
            None => (Body::wrap_stream(part.content()), part.bytes()),
        };
        Ok(form.part(part.name.clone(), form::outbound(part, body)?))
    })
}
