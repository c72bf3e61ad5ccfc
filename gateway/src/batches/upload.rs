//! Brings a caller's file to a provider.

use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use shared::{Problem, ProblemCode};

use super::{Batches, Inner, Kind, check::Checked, refusal};
use crate::{
    audit,
    call::{Part, Upload},
    identity::Principal,
    providers::Keeps,
    storage::tables::provider_objects::ProviderObjectRow,
    wire::BatchWork,
};

/// For which purpose a file has requests.
const BATCH: &str = "batch";

/// What is known of an object before its provider has it.
pub(super) struct Intended {
    pub(super) kind: Kind,
    pub(super) provider: String,
    pub(super) purpose: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) work: BatchWork,
}

impl Batches {
    /// Brings a file to a provider and gives the provider's answer.
    ///
    /// # Errors
    /// The [`Problem`] that the client is told.
    pub async fn upload(
        &self,
        principal: &Principal,
        upload: Arc<Upload>,
    ) -> Result<Bytes, Problem> {
        let purpose = purpose_of(&upload)?;
        let file = file_of(&upload)?;
        let checked = match &*purpose {
            BATCH => Some(self.0.check(principal, file).await?),
            _ => None,
        };
        let provider = match &checked {
            Some(checked) => checked.provider.clone(),
            None => self.0.files_provider()?,
        };
        let intended = Intended {
            kind: Kind::File,
            provider,
            purpose: Some(purpose),
            endpoint: checked.as_ref().map(|checked| checked.endpoint.path().to_owned()),
            work: checked.as_ref().map(|checked| checked.work.clone()).unwrap_or_default(),
        };
        let (inner, principal) = (Arc::clone(&self.0), principal.clone());
        // A client that goes away leaves no file behind that is nobody's.
        let bring = async move { inner.bring(&principal, &upload, checked, intended).await };
        self.0.tasks.spawn(bring).await.unwrap_or_else(|_| Err(refusal::stopping()))
    }
}

impl Inner {
    async fn bring(
        self: Arc<Self>,
        principal: &Principal,
        upload: &Upload,
        checked: Option<Checked>,
        intended: Intended,
    ) -> Result<Bytes, Problem> {
        let rewritten = match &checked {
            Some(checked) => Some(self.rewritten(file_of(upload)?, checked)),
            None => None,
        };
        let provider = intended.provider.clone();
        let brought = self.proxy.providers.bring(&provider, upload, rewritten).await;
        let body = brought.map_err(|failure| refusal::of_failure(&failure, &provider))?;
        let id = id_of(&body).ok_or_else(|| refusal::nonsense(&provider, "file"))?;
        let mut row = self.row(principal, intended, id, &body);
        row.settled_at = Some(row.created_at);
        self.add(&row).await.map_err(audit::internal)?;
        Ok(body)
    }

    /// The row of something that the provider has now.
    pub(super) fn row(
        &self,
        principal: &Principal,
        intended: Intended,
        vendor_id: String,
        body: &[u8],
    ) -> ProviderObjectRow {
        let Intended { kind, provider, purpose, endpoint, work } = intended;
        let now = self.clock.now();
        ProviderObjectRow {
            id: self.ids.next::<shared::id::ProviderObject>(now).uuid(),
            kind: kind.as_str().to_owned(),
            provider,
            vendor_id,
            user_id: principal.user_id().uuid(),
            team_id: principal.team_id().uuid(),
            key_id: principal.key_id().map(shared::Id::uuid),
            purpose,
            model: (work.requests > 0).then_some(work.model),
            endpoint,
            requests: work.requests,
            input_tokens: work.input_tokens,
            longest_input_tokens: work.longest_input_tokens,
            output_tokens: work.output_tokens,
            request_id: None,
            reserved_nanos: 0,
            body: String::from_utf8_lossy(body).into_owned(),
            created_at: now.micros(),
            settled_at: None,
        }
    }

    /// Where files go that are for no batch.
    fn files_provider(&self) -> Result<String, Problem> {
        let candidates = self.proxy.providers.keepers(Keeps::Files);
        match (&self.files_provider, &candidates[..]) {
            (Some(provider), _) => Ok(provider.clone()),
            (None, [only]) => Ok(only.clone()),
            (None, candidates) => Err(refusal::no_file_provider(candidates)),
        }
    }
}

/// The id that a provider has given to a file.
pub(super) fn id_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Object {
        id: String,
    }
    let Object { id } = serde_json::from_slice(body).ok()?;
    let is_id = !id.is_empty() && id.len() <= 255 && !id.contains(char::is_control);
    is_id.then_some(id)
}

fn purpose_of(upload: &Upload) -> Result<String, Problem> {
    #[derive(Deserialize)]
    struct Fields {
        purpose: String,
    }
    let fields = serde_json::from_slice(&upload.fields());
    let Fields { purpose } = fields.map_err(|_| {
        let detail = "`purpose` has to be in the form once; it says what the file is for, such as \
                      batch.";
        Problem::new(ProblemCode::InvalidRequest, detail).at("purpose")
    })?;
    if purpose.is_empty() || purpose.len() > 64 || purpose.contains(char::is_control) {
        let detail = "`purpose` must have 1 to 64 bytes, none of them a control.";
        return Err(Problem::new(ProblemCode::InvalidRequest, detail).at("purpose"));
    }
    Ok(purpose)
}

fn file_of(upload: &Upload) -> Result<&Part, Problem> {
    let mut files = upload.parts().iter().filter(|part| part.is_file());
    match (files.next(), files.next()) {
        (Some(file), None) if file.name == "file" => Ok(file),
        _ => {
            let detail = "The form must have one file, in the field `file`.";
            Err(Problem::new(ProblemCode::InvalidRequest, detail).at("file"))
        }
    }
}
