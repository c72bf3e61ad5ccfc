//! `/v1/files`
//!
//! Source: openai's `FileObject`, `FileDeleted` and `FileCreateParams`.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::CREATED;
use crate::fake_provider::{
    Provider,
    fault::Fault,
    form::Form,
    kept::{Found, number},
    paging::Paging,
    vendor::Vendor,
    vendor_call::VendorCall,
};

const PURPOSES: [&str; 6] = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];
/// How long a file for batches is kept if its caller does not say.
const BATCH_FILE_SECONDS: u64 = 30 * 24 * 3_600;

/// One of these calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Call<'a> {
    Create,
    List,
    Retrieve(&'a str),
    Delete(&'a str),
    Content(&'a str),
}

/// A file.
#[derive(Debug, Clone)]
pub(in crate::fake_provider) struct File {
    vendor: Vendor,
    pub(super) id: String,
    pub(super) purpose: String,
    name: String,
    pub(super) content: Bytes,
    /// How long it is kept; for ever if it does not say.
    seconds: Option<u64>,
    /// How often its content breaks off on the way.
    cuts: u64,
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
            (&Method::GET, &[id, "content"]) => Self::Content(id),
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
        let mut files = provider.shelf.files();
        let place = |id: &str| {
            let place = files.iter().position(|file| file.vendor == vendor && file.id == id);
            place.ok_or_else(|| not_found(id, "id"))
        };
        let json = match self {
            Self::Create => {
                let file = File::of(vendor, call)?;
                let object = file.object();
                files.push(file);
                object
            }
            Self::List => list(files.iter().filter(|file| file.vendor == vendor), call)?,
            Self::Retrieve(id) => files[place(id)?].object(),
            Self::Delete(id) => {
                let place = place(id)?;
                let file = files.remove(place);
                json!({ "id": file.id, "object": "file", "deleted": true })
            }
            Self::Content(id) => {
                let place = place(id)?;
                return Ok(files[place].read());
            }
        };
        Ok(Found::Page(json.to_string()))
    }
}

/// The file of that id.
pub(super) fn of_id(provider: &Provider, vendor: Vendor, id: &str) -> Result<File, Fault> {
    let files = provider.shelf.files();
    let file = files.iter().find(|file| file.vendor == vendor && file.id == id);
    file.cloned().ok_or_else(|| not_found(id, "input_file_id"))
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension)
}

fn not_found(id: &str, name: &'static str) -> Fault {
    let message = format!("No such File object: {id}");
    Fault::Named { status: StatusCode::NOT_FOUND, name, message }
}

impl File {
    /// The file that a form brings.
    fn of(vendor: Vendor, call: &VendorCall<'_>) -> Result<Self, Fault> {
        let form = Form::read(call)?;
        let purpose = form.text("purpose").ok_or(Fault::MissingField("purpose"))?;
        let part = form.files("file").next().ok_or(Fault::MissingField("file"))?;
        let name = part.file_name.clone().unwrap_or_default();
        if !PURPOSES.contains(&&*purpose) {
            return Err(Fault::Invalid(format!(
                "'{purpose}' is not one of {PURPOSES:?} - 'purpose'"
            )));
        }
        if purpose == "batch" && extension(&name) != Some("jsonl") {
            let message = "Invalid file format for Batch API. Must be .jsonl".to_owned();
            return Err(Fault::Invalid(message));
        }
        let seconds = form.text("expires_after[seconds]").and_then(|seconds| seconds.parse().ok());
        let usual = (purpose == "batch").then_some(BATCH_FILE_SECONDS);
        Ok(Self {
            vendor,
            id: format!("file-{}", number(call, call.serial)),
            purpose,
            name,
            content: part.content.clone(),
            seconds: seconds.or(usual),
            cuts: 0,
        })
    }

    /// The file of what a batch came to, whose content breaks off so many times.
    pub(super) fn of_batch(
        vendor: Vendor,
        id: String,
        name: String,
        content: String,
        cuts: u64,
    ) -> Self {
        let purpose = "batch_output".to_owned();
        Self { vendor, id, purpose, name, content: content.into(), seconds: None, cuts }
    }

    fn object(&self) -> Value {
        json!({
            "object": "file", "id": self.id, "purpose": self.purpose, "filename": self.name,
            "bytes": self.content.len(), "created_at": CREATED,
            "expires_at": self.seconds.map(|seconds| CREATED + seconds),
            "status": "processed", "status_details": Value::Null,
        })
    }

    fn read(&mut self) -> Found {
        let is_cut = self.cuts > 0;
        self.cuts = self.cuts.saturating_sub(1);
        Found::File {
            content_type: "application/octet-stream",
            name: Some(self.name.clone()),
            content: self.content.clone(),
            is_cut,
        }
    }
}

fn list<'a>(
    files: impl DoubleEndedIterator<Item = &'a File>,
    call: &VendorCall<'_>,
) -> Result<Value, Fault> {
    let paging = Paging::of_openai(call, 10_000, 10_000)?;
    let purpose = call.query_value("purpose");
    let is_wanted = |file: &&File| purpose.as_deref().is_none_or(|purpose| file.purpose == purpose);
    let mut objects: Vec<Value> = files.filter(is_wanted).map(File::object).collect();
    if call.query_value("order").as_deref() != Some("asc") {
        objects.reverse();
    }
    Ok(super::list(&paging.page_of(objects)))
}
