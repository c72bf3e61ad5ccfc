//! Begins a batch: the one request by which a provider is given work for a day.

use bytes::Bytes;
use shared::receipt::{Stage, VerdictKind};
use tokio::time::timeout;

use super::{Failure, Handle, Providers, attempt, endpoints::join, errand};
use crate::{
    call::{Refusal, Surface, Trail},
    catalog::Model,
    routing::Routed,
    wire::{BatchLine, Dialect, Edits, LimitField},
};

/// Why no batch was begun, as far as is known.
#[derive(Debug)]
pub enum NotBegun {
    /// None was.
    Refused(Refusal),
    /// The provider was asked and has not answered in a way that tells.
    Unknown(Refusal),
}

impl Providers {
    /// Writes the intent to the journal, then begins the batch at the provider.
    ///
    /// # Errors
    /// [`NotBegun`].
    pub async fn begin_batch(
        &self,
        routed: &Routed,
        provider: &str,
        trail: &mut Trail,
    ) -> Result<Bytes, NotBegun> {
        let deployment = routed.candidates().iter().find(|it| it.provider == provider);
        let (Some(handle), Some(deployment)) = (self.handles.get(provider), deployment) else {
            let what = format!("{provider} does not serve this model any more");
            return Err(NotBegun::Refused(Refusal::UpstreamFailed(what)));
        };
        // It counts as one request; its tokens are used at the provider's own pace.
        let _place =
            self.place_at(handle, routed, &mut String::new()).await.map_err(|refusal| {
                trail.note(Stage::Route, VerdictKind::Refused, refusal.public_detail());
                NotBegun::Refused(refusal)
            })?;
        trail.provider(provider, &deployment.upstream_model);
        trail.intend(routed.reservation().amount()).await.map_err(|error| {
            tracing::error!(%error, "the journal takes no records");
            NotBegun::Refused(Refusal::RecordsUnavailable)
        })?;
        match self.ask_for_batch(routed, handle).await {
            Ok(body) => {
                let summary = format!("{provider} as {}", deployment.upstream_model);
                trail.note(Stage::Route, VerdictKind::Passed, summary);
                Ok(body)
            }
            Err(failure) => {
                let summary = format!("{provider} {}", failure.summary());
                trail.note(Stage::Route, VerdictKind::Refused, summary);
                let refusal = failure.refusal(provider);
                Err(match failure {
                    Failure::Timeout | Failure::Broken | Failure::Nonsense(_) => {
                        NotBegun::Unknown(refusal)
                    }
                    // Said by what stands before the provider, which may have got it.
                    Failure::Unavailable { status: 502 | 504, .. } => NotBegun::Unknown(refusal),
                    _ => NotBegun::Refused(refusal),
                })
            }
        }
    }

    async fn ask_for_batch(&self, routed: &Routed, handle: &Handle) -> Result<Bytes, Failure> {
        let base = handle.object_base();
        let (url, dialect) = match routed.call().surface {
            Surface::AnthropicBatches => {
                (join(&base, &["v1", "messages", "batches"]), Dialect::AnthropicMessages)
            }
            _ => (join(&base, &["batches"]), Dialect::OpenAiChat),
        };
        let request = handle
            .client()
            .post(url)
            .headers(handle.headers(routed, dialect))
            .body(routed.call().body.clone());
        let answer = async { attempt::whole(errand::good(handle, request).await?).await };
        timeout(self.first_byte_timeout, answer).await.unwrap_or(Err(Failure::Timeout))
    }

    /// What has to change in a request of a batch file for a provider: the name of the model, and
    /// where nothing limits its answer, the limit that is paid for.
    #[must_use]
    pub fn batch_edits<'a>(&self, provider: &str, model: &'a Model, line: &BatchLine) -> Edits<'a> {
        let upstream = model
            .deployments
            .iter()
            .find(|deployment| deployment.provider == provider)
            .map(|deployment| &*deployment.upstream_model)
            .filter(|upstream| *upstream != line.facts.model);
        let dialect = line.endpoint.dialect();
        let field = match dialect {
            Dialect::OpenAiEmbeddings => None,
            Dialect::OpenAiResponses => Some(LimitField::MaxOutputTokens),
            Dialect::OpenAiCompletions => Some(LimitField::MaxTokens),
            _ => self.handles.get(provider).map(|handle| handle.limit_field()),
        };
        let field = field.filter(|_| line.facts.output_limit.is_none());
        Edits {
            model: upstream,
            output_limit: field.map(|field| (field, model.max_output_tokens)),
            include_usage: false,
        }
    }

    /// Whether the configuration lets everything of a message through to this provider, so that
    /// nothing has to be taken out of the requests of a batch.
    #[must_use]
    pub fn takes_messages_as_they_are(&self, provider: &str) -> bool {
        let handle = self.handles.get(provider);
        handle.is_some_and(|handle| handle.hosting(Dialect::AnthropicMessages).is_none())
    }
}
