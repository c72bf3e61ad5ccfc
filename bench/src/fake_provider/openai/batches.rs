//! `/v1/batches`
//!
//! Source: openai's `Batch`, `BatchError` and `BatchCreateParams`.

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    CREATED,
    batch_file::{self, Invalid},
    batch_results,
    files::{self, File},
};
use crate::fake_provider::{
    Provider,
    batch::{Batch, End},
    fault::Fault,
    kept::{Found, number},
    ledger::Usage,
    paging::Paging,
    vendor::Vendor,
    vendor_call::VendorCall,
};

const DAY_SECONDS: u64 = 24 * 3_600;

/// One of these calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Call<'a> {
    Create,
    List,
    Retrieve(&'a str),
    Cancel(&'a str),
}

/// A batch that is kept.
#[derive(Debug)]
pub(in crate::fake_provider) struct Kept {
    vendor: Vendor,
    id: String,
    asked: CreateRequest,
    model: Option<String>,
    batch: Batch,
    /// What is wrong with its file, for which nothing of it is done.
    invalid: Vec<Invalid>,
    output_file_id: Option<String>,
    error_file_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct CreateRequest {
    input_file_id: Option<String>,
    endpoint: Option<String>,
    completion_window: Option<String>,
    metadata: Option<Value>,
}

impl<'a> Call<'a> {
    /// The call at what is left of a path.
    pub(in crate::fake_provider) fn at(method: &Method, rest: &[&'a str]) -> Option<Self> {
        Some(match (method, rest) {
            (&Method::POST, &[]) => Self::Create,
            (&Method::GET, &[]) => Self::List,
            (_, &[""]) => return None,
            (&Method::GET, &[id]) => Self::Retrieve(id),
            (&Method::POST, &[id, "cancel"]) => Self::Cancel(id),
            _ => return None,
        })
    }

    /// What is found.
    pub(in crate::fake_provider) fn find(
        self,
        provider: &Provider,
        vendor: Vendor,
        call: &VendorCall<'_>,
    ) -> Result<Found, Fault> {
        let mut batches = provider.shelf.batches();
        let place = |id: &str| {
            let place = batches.iter().position(|kept| kept.vendor == vendor && kept.id == id);
            place.ok_or_else(|| Fault::Named {
                status: StatusCode::NOT_FOUND,
                name: "",
                message: format!("No batch found with id '{id}'."),
            })
        };
        let json = match self {
            Self::Create => {
                let kept = Kept::of(provider, vendor, call)?;
                let object = kept.object();
                batches.push(kept);
                object
            }
            Self::List => {
                let ours = batches.iter().rev().filter(|kept| kept.vendor == vendor);
                let page =
                    Paging::of_openai(call, 20, 100)?.page_of(ours.map(Kept::object).collect());
                super::list(&page)
            }
            Self::Retrieve(id) => {
                let place = place(id)?;
                batches[place].move_on(provider, call)
            }
            Self::Cancel(id) => {
                let place = place(id)?;
                batches[place].cancel()?
            }
        };
        Ok(Found::Page(json.to_string()))
    }
}

impl CreateRequest {
    fn read(call: &VendorCall<'_>) -> Result<Self, Fault> {
        let request: Self =
            serde_json::from_slice(call.body).map_err(|error| Fault::NotJson(error.to_string()))?;
        match request.completion_window.as_deref() {
            None => Err(Fault::MissingField("completion_window")),
            Some("24h") => Ok(request),
            Some(other) => Err(Fault::Named {
                status: StatusCode::BAD_REQUEST,
                name: "completion_window",
                message: format!("Invalid value: '{other}'. Supported values are: '24h'."),
            }),
        }
    }
}

impl Kept {
    fn of(provider: &Provider, vendor: Vendor, call: &VendorCall<'_>) -> Result<Self, Fault> {
        let asked = CreateRequest::read(call)?;
        let file_id = asked.input_file_id.as_deref().ok_or(Fault::MissingField("input_file_id"))?;
        let endpoint = asked.endpoint.as_deref().ok_or(Fault::MissingField("endpoint"))?;
        let billed = batch_file::billed(vendor, endpoint)?;
        let file = files::of_id(provider, vendor, file_id)?;
        if file.purpose != "batch" {
            return Err(Fault::Named {
                status: StatusCode::BAD_REQUEST,
                name: "input_file_id",
                message: format!("File {file_id} has the purpose '{}', not 'batch'.", file.purpose),
            });
        }
        let (tasks, model, invalid) =
            match batch_file::tasks(&file.content, endpoint, billed, provider, call) {
                Ok((tasks, model)) => (tasks, Some(model), Vec::new()),
                Err(invalid) => (Vec::new(), None, invalid),
            };
        let batch = Batch::of(tasks);
        if let Some(refusal) = batch.refusal() {
            return Err(refusal);
        }
        Ok(Self {
            vendor,
            id: format!("batch_{}", number(call, call.serial)),
            asked,
            model,
            batch,
            invalid,
            output_file_id: None,
            error_file_id: None,
        })
    }

    /// It is asked for. Where that ends it, there are files with what it came to.
    fn move_on(&mut self, provider: &Provider, call: &VendorCall<'_>) -> Value {
        if self.batch.move_on(&provider.ledger) && self.end() != Some(End::Failed) {
            let (output, errors) = batch_results::files(&self.batch, self.vendor, &self.id);
            self.output_file_id = self.keep("output", output, provider, call);
            self.error_file_id = self.keep("error", errors, provider, call);
        }
        self.object()
    }

    /// Nothing is kept where there are no lines.
    fn keep(
        &self,
        kind: &str,
        lines: String,
        provider: &Provider,
        call: &VendorCall<'_>,
    ) -> Option<String> {
        if lines.is_empty() {
            return None;
        }
        let id = format!("file-{}", number(call, provider.next_serial()));
        let name = format!("{}_{kind}.jsonl", self.id);
        let file = File::of_batch(self.vendor, id.clone(), name, lines, self.batch.cuts());
        provider.shelf.files().push(file);
        Some(id)
    }

    fn cancel(&mut self) -> Result<Value, Fault> {
        if self.batch.cancel() {
            return Ok(self.object());
        }
        Err(Fault::Named {
            status: StatusCode::CONFLICT,
            name: "",
            message: format!("Cannot cancel a batch with status '{}'.", self.status()),
        })
    }

    /// A file that is not valid ends the batch as soon as it is looked at.
    fn end(&self) -> Option<End> {
        self.batch.end().map(|end| if self.invalid.is_empty() { end } else { End::Failed })
    }

    fn status(&self) -> &'static str {
        match self.end() {
            Some(End::Completed) => "completed",
            Some(End::Expired) => "expired",
            Some(End::Cancelled) => "cancelled",
            Some(End::Failed) => "failed",
            None if self.batch.is_cancelled() => "cancelling",
            None if self.batch.is_new() => "validating",
            None => "in_progress",
        }
    }

    fn object(&self) -> Value {
        let end = self.end();
        let is_begun = !self.batch.is_new() && end != Some(End::Failed);
        let at = |is_past: bool, seconds: u64| is_past.then_some(CREATED + seconds);
        let counts = self.batch.counts();
        let total = if is_begun { self.batch.len() } else { 0 };
        json!({
            "id": self.id, "object": "batch", "endpoint": self.asked.endpoint, "model": self.model,
            "errors": self.errors(), "input_file_id": self.asked.input_file_id,
            "completion_window": self.asked.completion_window, "status": self.status(),
            "output_file_id": self.output_file_id, "error_file_id": self.error_file_id,
            "created_at": CREATED, "in_progress_at": at(is_begun, 1),
            "expires_at": CREATED + DAY_SECONDS,
            "finalizing_at": at(matches!(end, Some(End::Completed | End::Expired)), 60),
            "completed_at": at(end == Some(End::Completed), 61),
            "failed_at": at(end == Some(End::Failed), 1),
            "expired_at": at(end == Some(End::Expired), DAY_SECONDS),
            "cancelling_at": at(self.batch.is_cancelled() || end == Some(End::Cancelled), 30),
            "cancelled_at": at(end == Some(End::Cancelled), 60),
            "request_counts": {
                "total": total, "completed": counts.done,
                "failed": if is_begun { counts.errored + counts.expired + counts.cancelled } else { 0 },
            },
            "usage": usage(self.batch.usage()), "metadata": self.asked.metadata,
        })
    }

    fn errors(&self) -> Option<Value> {
        (self.end() == Some(End::Failed)).then(|| {
            let invalid: Vec<Value> = if self.invalid.is_empty() {
                vec![Invalid::for_no_reason_in_the_file().shown()]
            } else {
                self.invalid.iter().map(Invalid::shown).collect()
            };
            json!({ "object": "list", "data": invalid })
        })
    }
}

fn usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input, "input_tokens_details": { "cached_tokens": usage.cached },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.input + usage.output,
    })
}
