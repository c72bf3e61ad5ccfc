//! The file that a batch is made of: a request in each line.
//!
//! Source: <https://platform.openai.com/docs/guides/batch>. A file with a line that is not valid
//! is not refused: its batch fails.

use std::collections::HashSet;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::beside;
use crate::fake_provider::{
    Provider, azure, batch::Task, endpoint::Billed, fault::Fault, vendor::Vendor,
    vendor_call::VendorCall,
};

/// What is wrong with a file, or with one of its lines.
#[derive(Debug, Clone)]
pub(super) struct Invalid {
    code: &'static str,
    message: String,
    param: Option<&'static str>,
    /// The first is 1.
    line: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Line<'a> {
    custom_id: Option<String>,
    method: Option<String>,
    url: Option<String>,
    #[serde(borrow)]
    body: Option<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
struct Body {
    model: Option<String>,
}

/// What answers the requests of a batch for that endpoint.
pub(super) fn billed(vendor: Vendor, endpoint: &str) -> Result<Billed<'static>, Fault> {
    let billed = match (vendor, endpoint) {
        (Vendor::Azure, "/chat/completions" | "/v1/chat/completions") => {
            Billed::Azure(azure::route::Billed::Chat(None))
        }
        (Vendor::Azure, "/embeddings" | "/v1/embeddings") => {
            Billed::Azure(azure::route::Billed::Embeddings(None))
        }
        (Vendor::OpenAi, "/v1/chat/completions") => Billed::Chat,
        (Vendor::OpenAi, "/v1/embeddings") => Billed::Embeddings,
        (Vendor::OpenAi, "/v1/completions" | "/v1/moderations" | "/v1/images/generations")
            if let Some(call) = beside::Call::at(endpoint) =>
        {
            Billed::Beside(call)
        }
        _ => {
            return Err(Fault::Named {
                status: StatusCode::BAD_REQUEST,
                name: "endpoint",
                message: format!("Invalid value: '{endpoint}'."),
            });
        }
    };
    Ok(billed)
}

/// The requests of a file, and their model; or all that is wrong with it.
pub(super) fn tasks(
    file: &[u8],
    endpoint: &str,
    billed: Billed<'_>,
    provider: &Provider,
    call: &VendorCall<'_>,
) -> Result<(Vec<Task>, String), Vec<Invalid>> {
    let mut seen = Seen::default();
    let (mut tasks, mut invalid) = (Vec::new(), Vec::new());
    let lines = file.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        match seen.checked(line, endpoint) {
            Ok((custom_id, body)) => {
                tasks.push(Task::of(&custom_id, body.get().as_bytes(), billed, provider, call));
            }
            Err(problem) => invalid.push(Invalid { line: Some(index + 1), ..problem }),
        }
    }
    match seen.model {
        _ if !invalid.is_empty() => Err(invalid),
        Some(model) => Ok((tasks, model)),
        None => Err(vec![Invalid {
            code: "empty_file",
            message: "The batch input file is empty. Please ensure that the file contains at \
                least one request."
                .to_owned(),
            param: None,
            line: None,
        }]),
    }
}

/// What the lines so far have named.
#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<String>,
    model: Option<String>,
}

impl Seen {
    fn checked<'a>(
        &mut self,
        line: &'a [u8],
        endpoint: &str,
    ) -> Result<(String, &'a RawValue), Invalid> {
        let line: Line<'a> = serde_json::from_slice(line).map_err(|_| not_json())?;
        let custom_id = line.custom_id.ok_or_else(|| missing("custom_id"))?;
        let method = line.method.ok_or_else(|| missing("method"))?;
        let url = line.url.ok_or_else(|| missing("url"))?;
        let body = line.body.ok_or_else(|| missing("body"))?;
        let parsed: Body = serde_json::from_str(body.get()).map_err(|_| missing("body"))?;
        let model = parsed.model.ok_or_else(|| missing("body.model"))?;
        if method != "POST" {
            let message = format!("The method must be POST, not {method}.");
            return Err(Invalid::of("invalid_method", message, "method"));
        }
        if url != endpoint {
            let message = format!(
                "The URL provided for this request ({url}) does not match the batch's endpoint \
                 ({endpoint})."
            );
            return Err(Invalid::of("mismatched_url", message, "url"));
        }
        if *self.model.get_or_insert_with(|| model.clone()) != model {
            let message = "The model of this request is not that of the requests before it. All \
                           requests of a batch have to be for one model."
                .to_owned();
            return Err(Invalid::of("mismatched_model", message, "body.model"));
        }
        if !self.ids.insert(custom_id.clone()) {
            let message = format!("The custom_id '{custom_id}' is that of an earlier request.");
            return Err(Invalid::of("duplicate_custom_id", message, "custom_id"));
        }
        Ok((custom_id, body))
    }
}

fn not_json() -> Invalid {
    Invalid {
        code: "invalid_json_line",
        message: "This line is not parseable as valid JSON.".to_owned(),
        param: None,
        line: None,
    }
}

fn missing(param: &'static str) -> Invalid {
    let message = format!("Missing required parameter: '{param}'.");
    Invalid::of("missing_required_parameter", message, param)
}

impl Invalid {
    fn of(code: &'static str, message: String, param: &'static str) -> Self {
        Self { code, message, param: Some(param), line: None }
    }

    /// Why a batch fails whose file is in order.
    pub(super) fn for_no_reason_in_the_file() -> Self {
        Self {
            code: "token_limit_exceeded",
            message: "Enqueued token limit reached. Please try again once some in_progress \
                batches have been completed."
                .to_owned(),
            param: None,
            line: None,
        }
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> Value {
        let Self { code, message, param, line } = self;
        json!({ "code": code, "message": message, "param": param, "line": line })
    }
}
