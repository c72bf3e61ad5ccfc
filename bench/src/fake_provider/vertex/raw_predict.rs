//! Anthropic's messages on Vertex AI: the model is in the path, and the version of the API in the
//! body. <https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai>

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::fake_provider::{anthropic, fault::Fault, reply::Prepared, vendor_call::VendorCall};

/// The one of the beginning, which is documented, and the one that Anthropic's SDK sends by now.
const VERSIONS: [&str; 2] = ["vertex-2023-10-16", "2026-10-21"];

#[derive(Debug, Deserialize)]
struct Envelope {
    anthropic_version: Option<Value>,
    model: Option<Value>,
}

/// The answer to a message.
pub(super) fn prepare(model: String, call: &VendorCall<'_>) -> Result<Prepared, Fault> {
    check_version(call.body)?;
    if envelope(call.body)?.model.is_some() {
        return Err(Fault::Invalid("model: Extra inputs are not permitted".to_owned()));
    }
    anthropic::messages::prepare_for(model, call.body, call.serial)
}

/// Refuses a body that does not name a version of the API.
pub(super) fn check_version(body: &[u8]) -> Result<(), Fault> {
    match envelope(body)?.anthropic_version {
        None => Err(Fault::MissingField("anthropic_version")),
        Some(version) if VERSIONS.iter().any(|known| version == *known) => Ok(()),
        Some(_) => {
            let [first, second] = VERSIONS;
            Err(Fault::Invalid(format!(
                "anthropic_version: Input should be '{first}' or '{second}'"
            )))
        }
    }
}

fn envelope(body: &[u8]) -> Result<Envelope, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))
}

/// Whether Anthropic's service says no, and not Google's in front of it.
pub(in crate::fake_provider) fn is_anthropics_own(fault: &Fault) -> bool {
    match fault {
        Fault::NotJson(_) | Fault::MissingField(_) | Fault::Invalid(_) | Fault::Directive(_) => {
            true
        }
        Fault::Wanted { status, .. } => {
            matches!(*status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE)
                || status.as_u16() == 529
        }
        _ => false,
    }
}
