//! What an owner does with what is kept at a provider: looks at it, reads it, ends it, deletes it.

use bytes::Bytes;
use http::HeaderMap;
use shared::Problem;

use super::{Batches, Inner, Kind, refusal, settle::state_of};
use crate::{
    audit,
    identity::Principal,
    providers::{Contents, Errand, Failure},
    storage::tables::provider_objects::{self, ProviderObjectRow},
};

impl Batches {
    /// What the provider says of it. `headers` are the vendor's of the request, here and below.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's; or what the provider failed with.
    pub async fn retrieve(
        &self,
        principal: &Principal,
        kind: Kind,
        id: &str,
        headers: &HeaderMap,
    ) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, kind, id).await?;
        self.0.run(&row, state_errand(&row), headers).await
    }

    /// Ends a batch before its time.
    ///
    /// # Errors
    /// As [`Batches::retrieve`].
    pub async fn cancel(
        &self,
        principal: &Principal,
        kind: Kind,
        id: &str,
        headers: &HeaderMap,
    ) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, kind, id).await?;
        let errand = match kind {
            Kind::MessageBatch => Errand::CancelMessageBatch(&row.vendor_id),
            _ => Errand::CancelBatch(&row.vendor_id),
        };
        self.0.run(&row, errand, headers).await
    }

    /// Deletes a file, or a message batch that has ended.
    ///
    /// # Errors
    /// As [`Batches::retrieve`].
    pub async fn delete(
        &self,
        principal: &Principal,
        kind: Kind,
        id: &str,
        headers: &HeaderMap,
    ) -> Result<Bytes, Problem> {
        let row = self.0.find(principal, kind, id).await?;
        if row.settled_at.is_none() {
            // What it has cost is known only as long as it is there.
            let body = self.0.run(&row, state_errand(&row), headers).await?;
            if !state_of(&row.kind, &body).is_some_and(|state| state.has_ended) {
                return Err(refusal::not_ended(id));
            }
        }
        let errand = match kind {
            Kind::MessageBatch => Errand::DeleteMessageBatch(&row.vendor_id),
            _ => Errand::DeleteFile(&row.vendor_id),
        };
        let told = self.0.proxy.providers.run(&row.provider, errand, headers).await;
        if matches!(told, Ok(_) | Err(Failure::NotHere { status: 404, .. })) {
            self.0.remove(&row).await?;
        }
        told.map_err(|failure| problem_of(&row, &failure))
    }

    /// What is in a file.
    ///
    /// # Errors
    /// As [`Batches::retrieve`].
    pub async fn content(&self, principal: &Principal, id: &str) -> Result<Contents, Problem> {
        let row = self.0.find(principal, Kind::File, id).await?;
        self.0.read(&row, Errand::FileContent(&row.vendor_id), &HeaderMap::new()).await
    }

    /// What came of the requests of a message batch.
    ///
    /// # Errors
    /// As [`Batches::retrieve`]; or where the batch has not ended.
    pub async fn results(
        &self,
        principal: &Principal,
        id: &str,
        headers: &HeaderMap,
    ) -> Result<Contents, Problem> {
        let row = self.0.find(principal, Kind::MessageBatch, id).await?;
        if row.settled_at.is_none() {
            let body = self.0.run(&row, state_errand(&row), headers).await?;
            if !state_of(&row.kind, &body).is_some_and(|state| state.has_ended) {
                return Err(refusal::not_ended(id));
            }
        }
        self.0.read(&row, Errand::MessageBatchResults(&row.vendor_id), headers).await
    }
}

impl Inner {
    /// The caller's object.
    ///
    /// # Errors
    /// Not found, also where it is somebody else's.
    pub(super) async fn find(
        &self,
        principal: &Principal,
        kind: Kind,
        id: &str,
    ) -> Result<ProviderObjectRow, Problem> {
        let user = principal.user_id().uuid();
        let found = provider_objects::find(&self.database, kind.as_str(), id, user).await;
        found.map_err(audit::internal)?.ok_or_else(|| refusal::not_found(kind, id))
    }

    /// Runs an errand and takes notice of what it tells of a batch.
    pub(super) async fn run(
        &self,
        row: &ProviderObjectRow,
        errand: Errand<'_>,
        headers: &HeaderMap,
    ) -> Result<Bytes, Problem> {
        let told = self.proxy.providers.run(&row.provider, errand, headers).await;
        let body = told.map_err(|failure| problem_of(row, &failure))?;
        self.learn(row, &body).await.map_err(|unsettled| unsettled.problem(&row.provider))?;
        Ok(body)
    }

    async fn read(
        &self,
        row: &ProviderObjectRow,
        errand: Errand<'_>,
        headers: &HeaderMap,
    ) -> Result<Contents, Problem> {
        let told = self.proxy.providers.read(&row.provider, errand, headers).await;
        told.map_err(|failure| problem_of(row, &failure))
    }

    async fn remove(&self, row: &ProviderObjectRow) -> Result<(), Problem> {
        let remove = async {
            let mut tx = self.database.begin().await?;
            provider_objects::remove(&mut tx, row.id).await?;
            tx.commit().await
        };
        remove.await.map_err(audit::internal)
    }
}

fn problem_of(row: &ProviderObjectRow, failure: &Failure) -> Problem {
    match failure {
        Failure::NotHere { status: 404, .. } => refusal::not_found(kind_of(row), &row.vendor_id),
        failure => refusal::of_failure(failure, &row.provider),
    }
}

fn kind_of(row: &ProviderObjectRow) -> Kind {
    let kinds = [Kind::Batch, Kind::MessageBatch];
    kinds.into_iter().find(|kind| kind.as_str() == row.kind).unwrap_or(Kind::File)
}

/// The errand that tells how it stands with something.
pub(super) fn state_errand(row: &ProviderObjectRow) -> Errand<'_> {
    match kind_of(row) {
        Kind::File => Errand::File(&row.vendor_id),
        Kind::Batch => Errand::Batch(&row.vendor_id),
        Kind::MessageBatch => Errand::MessageBatch(&row.vendor_id),
    }
}
