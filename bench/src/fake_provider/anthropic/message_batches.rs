//! `/v1/messages/batches`
//!
//! Source: anthropic's `MessageBatch`, `MessageBatchIndividualResponse` and `BatchCreateParams`.

use std::{collections::HashSet, fmt::Write};

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::errors;
use crate::fake_provider::{
    Provider,
    batch::{Answered, Batch, End, Outcome, Task},
    endpoint::Billed,
    fault::Fault,
    kept::{Found, number},
    paging::Paging,
    vendor_call::VendorCall,
};

/// The longest id that a caller may give a request.
const CUSTOM_ID_CHARACTERS: usize = 64;

/// One of these calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Call<'a> {
    Create,
    List,
    Retrieve(&'a str),
    Cancel(&'a str),
    Delete(&'a str),
    Results(&'a str),
}

/// A batch that is kept.
#[derive(Debug)]
pub(in crate::fake_provider) struct Kept {
    id: String,
    batch: Batch,
}

#[derive(Debug, Deserialize)]
struct CreateRequest<'a> {
    #[serde(borrow)]
    requests: Option<Vec<Request<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Request<'a> {
    custom_id: Option<String>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

impl<'a> Call<'a> {
    /// The call at what is left of a path.
    pub(in crate::fake_provider) fn at(method: &Method, rest: &[&'a str]) -> Option<Self> {
        Some(match (method, rest) {
            (&Method::POST, &[]) => Self::Create,
            (&Method::GET, &[]) => Self::List,
            (_, &[""]) => return None,
            (&Method::GET, &[id]) => Self::Retrieve(id),
            (&Method::DELETE, &[id]) => Self::Delete(id),
            (&Method::POST, &[id, "cancel"]) => Self::Cancel(id),
            (&Method::GET, &[id, "results"]) => Self::Results(id),
            _ => return None,
        })
    }

    /// What is found.
    pub(in crate::fake_provider) fn find(
        self,
        provider: &Provider,
        call: &VendorCall<'_>,
    ) -> Result<Found, Fault> {
        if call.header("anthropic-version").is_none() {
            return Err(Fault::MissingVersion);
        }
        let mut batches = provider.shelf.message_batches();
        let place = |id: &str| {
            let place = batches.iter().position(|kept| kept.id == id);
            place.ok_or_else(|| not_found(format!("Message Batch {id} not found.")))
        };
        let host = call.header("host").unwrap_or_default();
        let json = match self {
            Self::Create => {
                let kept = Kept::of(provider, call)?;
                let object = kept.object(host);
                batches.push(kept);
                object
            }
            Self::List => {
                let objects = batches.iter().rev().map(|kept| kept.object(host)).collect();
                list(&Paging::of_anthropic(call)?, objects)
            }
            Self::Retrieve(id) => {
                let place = place(id)?;
                let kept = &mut batches[place];
                kept.batch.move_on(&provider.ledger);
                kept.object(host)
            }
            Self::Cancel(id) => {
                let place = place(id)?;
                let kept = &mut batches[place];
                if !kept.batch.cancel() {
                    let message = format!("Message Batch {id} has already ended.");
                    return Err(Fault::Invalid(message));
                }
                kept.object(host)
            }
            Self::Delete(id) => {
                let place = place(id)?;
                if batches[place].batch.end().is_none() {
                    let message = "In progress batches cannot be deleted. Consider canceling the \
                                   batch instead.";
                    return Err(Fault::Invalid(message.to_owned()));
                }
                let kept = batches.remove(place);
                json!({ "id": kept.id, "type": "message_batch_deleted" })
            }
            Self::Results(id) => {
                let place = place(id)?;
                return batches[place].results();
            }
        };
        Ok(Found::Page(json.to_string()))
    }
}

fn not_found(message: String) -> Fault {
    Fault::Named { status: StatusCode::NOT_FOUND, name: "not_found_error", message }
}

fn list(paging: &Paging, objects: Vec<Value>) -> Value {
    let page = paging.page_of(objects);
    let (first, last) = page.ends();
    json!({ "data": page.objects, "has_more": page.has_more, "first_id": first, "last_id": last })
}

impl CreateRequest<'_> {
    /// What is wrong with the list. What is wrong with one of its requests is told as its result.
    fn check(requests: &[Request<'_>]) -> Result<(), Fault> {
        if requests.is_empty() {
            let message = "requests: List should have at least 1 item after validation, not 0";
            return Err(Fault::Invalid(message.to_owned()));
        }
        let mut seen = HashSet::new();
        for (index, request) in requests.iter().enumerate() {
            let invalid = |field: &str, why: &str| {
                Err(Fault::Invalid(format!("requests.{index}.{field}: {why}")))
            };
            let Some(id) = request.custom_id.as_deref() else {
                return invalid("custom_id", "Field required");
            };
            if request.params.is_none() {
                return invalid("params", "Field required");
            }
            if id.len() > CUSTOM_ID_CHARACTERS {
                return invalid("custom_id", "String should have at most 64 characters");
            }
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            if id.is_empty() || !id.bytes().all(is_plain) {
                let why = "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
                return invalid("custom_id", why);
            }
            if !seen.insert(id) {
                return Err(Fault::Invalid(format!(
                    "requests: custom_id's must be unique within a batch. Duplicate custom_id \
                     found: {id}"
                )));
            }
        }
        Ok(())
    }
}

impl Kept {
    fn of(provider: &Provider, call: &VendorCall<'_>) -> Result<Self, Fault> {
        let request: CreateRequest<'_> =
            serde_json::from_slice(call.body).map_err(|error| Fault::NotJson(error.to_string()))?;
        let requests = request.requests.ok_or(Fault::MissingField("requests"))?;
        CreateRequest::check(&requests)?;
        let task = |request: &Request<'_>| {
            let params = request.params.map_or("", RawValue::get).as_bytes();
            let custom_id = request.custom_id.as_deref().unwrap_or_default();
            Task::of(custom_id, params, Billed::Messages, provider, call)
        };
        let batch = Batch::of(requests.iter().map(task).collect());
        match batch.refusal() {
            Some(refusal) => Err(refusal),
            None => Ok(Self { id: format!("msgbatch_01{}", number(call, call.serial)), batch }),
        }
    }

    fn object(&self, host: &str) -> Value {
        let has_ended = self.batch.end().is_some();
        let is_cancelled = self.batch.is_cancelled() || self.batch.end() == Some(End::Cancelled);
        let counts = self.batch.counts();
        let processing = if has_ended { 0 } else { self.batch.len() };
        let url = format!("http://{host}/v1/messages/batches/{}/results", self.id);
        json!({
            "id": self.id, "type": "message_batch",
            "processing_status": match self.batch.end() {
                Some(_) => "ended",
                None if is_cancelled => "canceling",
                None => "in_progress",
            },
            "request_counts": {
                "processing": processing, "succeeded": counts.done, "errored": counts.errored,
                "canceled": counts.cancelled, "expired": counts.expired,
            },
            "ended_at": has_ended.then_some("2025-11-13T02:14:20.123456+00:00"),
            "created_at": "2025-11-13T02:13:20.123456+00:00",
            "expires_at": "2025-11-14T02:13:20.123456+00:00",
            "archived_at": Value::Null,
            "cancel_initiated_at": is_cancelled.then_some("2025-11-13T02:13:50.123456+00:00"),
            "results_url": has_ended.then_some(url),
        })
    }

    fn results(&mut self) -> Result<Found, Fault> {
        if self.batch.end().is_none() {
            return Err(not_found(format!("Message Batch {} has no available results.", self.id)));
        }
        let is_cut = self.batch.cuts_results();
        let lines = self.batch.results().fold(String::new(), |mut lines, (custom_id, outcome)| {
            let line = json!({ "custom_id": custom_id, "result": result(outcome) });
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "{line}");
            lines
        });
        let content = lines.into();
        Ok(Found::File { content_type: "application/x-jsonl", name: None, content, is_cut })
    }
}

fn result(outcome: Outcome<'_>) -> Value {
    match outcome {
        Outcome::Done(answered) => json!({ "type": "succeeded", "message": message(answered) }),
        Outcome::Errored(fault) => {
            let mut error = errors::body(&fault, "");
            error["request_id"] = Value::Null;
            json!({ "type": "errored", "error": error })
        }
        Outcome::Expired => json!({ "type": "expired" }),
        Outcome::Cancelled => json!({ "type": "canceled" }),
    }
}

/// The message, which tells that it was answered in a batch.
fn message(answered: &Answered) -> Value {
    let mut message: Value = serde_json::from_str(&answered.body).unwrap_or_default();
    if let Some(usage) = message.get_mut("usage") {
        usage["service_tier"] = json!("batch");
    }
    message
}
