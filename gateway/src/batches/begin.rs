//! Begins a batch: one call, paid for with the most that its requests can cost.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use shared::{
    Problem,
    receipt::{Stage, VerdictKind},
};
use tokio::time::sleep;

use super::{
    Batches, Inner, Kind,
    check::{lack_of, most_output_tokens},
    refusal,
    upload::{Intended, id_of},
};
use crate::{
    audit,
    call::{Call, Refusal, Surface, Trail},
    identity::Principal,
    metering::most_input_tokens,
    providers::{Errand, Keeps},
    storage::{
        StorageError,
        tables::provider_objects::{self, ProviderObjectRow},
    },
    wire::{BatchOrder, BatchWork, MessageBatch, WireError},
};

/// How long is waited before each try to keep whose a batch is.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(200), Duration::from_secs(1)];

impl Batches {
    /// Begins a batch, on a trail that the edge has opened; gives the provider's answer.
    ///
    /// # Errors
    /// The [`Problem`] that the client is told; it is recorded already.
    pub async fn begin(&self, call: Call, mut trail: Trail) -> Result<Bytes, Problem> {
        let principal = match self.0.proxy.caller(&call.credential) {
            Ok(principal) => principal,
            Err(refusal) => {
                trail.note(Stage::Auth, VerdictKind::Refused, refusal.public_detail());
                return Err(trail.refuse(&refusal));
            }
        };
        let (intended, body) = match self.0.intend(&principal, &call).await {
            Ok(intended) => intended,
            Err(refusal) => {
                trail.caller(principal.user_id(), principal.team_id(), principal.key_id());
                return Err(trail.refuse(&refusal));
            }
        };
        let batch = Some(Arc::new(intended.work.clone()));
        let call = Call { body, batch, ..call };
        let inner = Arc::clone(&self.0);
        // A client that goes away leaves no batch behind that is nobody's.
        let begin = async move { inner.begin(&principal, call, trail, intended).await };
        self.0.tasks.spawn(begin).await.unwrap_or_else(|_| Err(refusal::stopping()))
    }
}

impl Inner {
    /// What is to be begun, and the body by which.
    async fn intend(
        &self,
        principal: &Principal,
        call: &Call,
    ) -> Result<(Intended, Bytes), Refusal> {
        if call.surface == Surface::AnthropicBatches {
            return self.intend_messages(principal, &call.body);
        }
        let BatchOrder { input_file_id, endpoint } = BatchOrder::read(&call.body)?;
        let user = principal.user_id().uuid();
        let kind = Kind::File.as_str();
        let found = provider_objects::find(&self.database, kind, &input_file_id, user).await;
        let file = found
            .map_err(audit::internal)
            .and_then(|file| file.ok_or_else(|| refusal::no_such_input(&input_file_id)))
            .map_err(Refusal::Edge)?;
        let (Some(model), Some(of_file)) = (file.model, file.endpoint) else {
            return Err(Refusal::Edge(refusal::no_requests(&input_file_id)));
        };
        if of_file != endpoint.path() {
            return Err(Refusal::Edge(refusal::other_endpoint(&of_file)));
        }
        let work = BatchWork {
            model,
            provider: file.provider.clone(),
            requests: file.requests,
            input_tokens: file.input_tokens,
            longest_input_tokens: file.longest_input_tokens,
            output_tokens: file.output_tokens,
        };
        let intended = Intended {
            kind: Kind::Batch,
            provider: file.provider,
            purpose: None,
            endpoint: Some(of_file),
            work,
        };
        Ok((intended, call.body.clone()))
    }

    fn intend_messages(
        &self,
        principal: &Principal,
        body: &Bytes,
    ) -> Result<(Intended, Bytes), Refusal> {
        let batch = MessageBatch::read(body)?;
        let name = batch.requests().next().map(|(facts, _)| facts.model.clone());
        let name = name.unwrap_or_default();
        let model = self.model_for(principal, &name).map_err(Refusal::Edge)?;
        let provider = self
            .keeper_of(&model, Keeps::MessageBatches)
            .ok_or_else(|| Refusal::Edge(refusal::nobody_keeps(Kind::MessageBatch, &model.name)))?;
        let mut work =
            BatchWork { model: name.clone(), provider: provider.clone(), ..BatchWork::default() };
        for (index, (facts, bytes)) in batch.requests().enumerate() {
            if facts.model != name {
                let detail = refusal::another_model(&name, &facts.model);
                let detail = format!("requests[{index}]: {detail}");
                return Err(WireError::invalid("requests", detail).into());
            }
            let needs = |window| batch.needs(body, index, window);
            if let Some(lack) = lack_of(&model, &provider, needs) {
                let detail = refusal::incapable(&model.name, &lack);
                let detail = format!("requests[{index}]: {detail}");
                return Err(WireError::unsupported("requests", detail).into());
            }
            work.add(most_input_tokens(bytes), most_output_tokens(facts, &model));
        }
        if !self.proxy.providers.takes_messages_as_they_are(&provider) {
            return Err(Refusal::Edge(refusal::denied_fields(&provider)));
        }
        let mut deployments = model.deployments.iter();
        let upstream = deployments
            .find(|deployment| deployment.provider == provider)
            .map(|deployment| &deployment.upstream_model)
            .filter(|upstream| **upstream != name);
        let body = upstream.map_or_else(|| body.clone(), |model| batch.rewrite(body, model));
        let kind = Kind::MessageBatch;
        let intended = Intended { kind, provider, purpose: None, endpoint: None, work };
        Ok((intended, body))
    }

    async fn begin(
        self: Arc<Self>,
        principal: &Principal,
        call: Call,
        trail: Trail,
        intended: Intended,
    ) -> Result<Bytes, Problem> {
        let (kind, provider) = (intended.kind, intended.provider.clone());
        let begun = self.proxy.begin_batch(call, trail, &provider).await;
        let begun = begun.map_err(|problem| refusal::with_advice(problem, &intended.work))?;
        let Some(id) = id_of(&begun.body) else {
            // It may have begun, so it stays charged.
            return Err(refusal::nonsense(&provider, "batch").for_request(begun.request_id));
        };
        let mut row = self.row(principal, intended, id, &begun.body);
        row.request_id = Some(begun.request_id.uuid());
        row.reserved_nanos = begun.charged.nanos();
        if let Err(error) = self.keep(&row).await {
            self.abandon(kind, &row).await;
            return Err(audit::internal(error).for_request(begun.request_id));
        }
        let body = begun.body.clone();
        begun.close();
        Ok(body)
    }

    /// Keeps whose something is, if need be with several tries.
    async fn keep(&self, row: &ProviderObjectRow) -> Result<(), StorageError> {
        let mut outcome = Ok(());
        for pause in PAUSES {
            sleep(pause).await;
            outcome = self.add(row).await;
            if outcome.is_ok() || matches!(outcome, Err(StorageError::Conflict(_))) {
                break;
            }
        }
        outcome
    }

    /// Adds an object.
    pub(super) async fn add(&self, row: &ProviderObjectRow) -> Result<(), StorageError> {
        let mut tx = self.database.begin().await?;
        provider_objects::add(&mut tx, row).await?;
        tx.commit().await
    }

    /// Ends a batch that nobody would find again; its call stays charged with what it can cost.
    async fn abandon(&self, kind: Kind, row: &ProviderObjectRow) {
        let errand = match kind {
            Kind::MessageBatch => Errand::CancelMessageBatch(&row.vendor_id),
            _ => Errand::CancelBatch(&row.vendor_id),
        };
        let ended = self.proxy.providers.run(&row.provider, errand, &HeaderMap::new()).await;
        tracing::error!(
            provider = row.provider,
            batch = row.vendor_id,
            is_cancelled = ended.is_ok(),
            "a batch was begun, and whose it is could not be kept"
        );
    }
}
